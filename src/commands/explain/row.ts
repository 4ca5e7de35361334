import type { BytesBatch, NumberArray, RowsBatch } from "../../core/batch.ts";
import { type Feature, width } from "../../core/feature.ts";
import type { Json } from "../../core/json.ts";
import type { ParkedPackets, Part, PartReader } from "../../core/part.ts";
import { NO_TIME } from "../../core/time.ts";
import type { ExplainedFeature } from "./types.ts";

/** A text longer than this is cut: an opaque message may be megabytes. */
const TEXT_BYTES_MAX = 4096;

/** One feature of a row, before it is known where it came from. */
export type RowFeature = Omit<ExplainedFeature, "through" | "inputs"> & { readonly timeNs: string };

/** Reads one row of a part: every stream of its tables that share the rows, and every camera. */
export async function readRow(
  reader: PartReader,
  part: Part,
  row: number,
  features: { readonly [stream: string]: Feature },
): Promise<RowFeature[]> {
  const found: RowFeature[] = [];
  const table = part.tables.rows ?? Object.values(part.tables)[0];
  if (table) found.push(...(await tableRow(reader, table.key, row, features)));
  for (const [stream, parked] of Object.entries(part.packets)) {
    const frame = await frameRow(reader, parked, { stream, row, feature: features[stream] });
    if (frame) found.push(frame);
  }
  const order = Object.keys(features);
  return found.sort((a, b) => order.indexOf(a.stream) - order.indexOf(b.stream));
}

async function tableRow(
  reader: PartReader,
  key: string,
  row: number,
  features: { readonly [stream: string]: Feature },
): Promise<RowFeature[]> {
  let before = 0;
  for await (const chunk of reader.table(key)) {
    const rows = chunk.values().next().value?.time.length ?? 0;
    if (row >= before + rows) {
      before += rows;
      continue;
    }
    return [...chunk].flatMap(([stream, batch]) => {
      const feature = features[stream];
      return feature ? [cell(stream, feature, batch, row - before)] : [];
    });
  }
  return [];
}

function cell(stream: string, feature: Feature, batch: RowsBatch | BytesBatch, row: number): RowFeature {
  const common = { stream, feature: told(feature), timeNs: batch.time[row]!.toString(), ...fromOf(batch, row) };
  if (batch.kind === "bytes") {
    const missing = batch.valid?.[row] === 0;
    return { ...common, value: missing ? null : bytesValue(batch, row, feature) };
  }
  const count = width(feature);
  const valid = Array.from({ length: count }, (_, column) => isValid(batch, row, { column, count }));
  const values = Array.from({ length: count }, (_, column) =>
    valid[column] ? numberJson(batch.values, row * count + column, feature) : null,
  );
  const missing = valid.flatMap((there, column) => (there ? [] : [feature.names?.[column] ?? column]));
  return {
    ...common,
    value: feature.shape.length === 0 ? values[0]! : values,
    ...(missing.length > 0 && { missing }),
  };
}

/** A mask has one bit a sample, or one a number of it. */
function isValid({ valid, time }: RowsBatch, row: number, { column, count }: { column: number; count: number }): boolean {
  if (!valid) return true;
  return valid[valid.length === time.length ? row : row * count + column] !== 0;
}

function numberJson(values: NumberArray, at: number, { dtype }: Feature): Json {
  const value = values[at]!;
  if (typeof value === "bigint") return value <= 2n ** 53n && value >= -(2n ** 53n) ? Number(value) : value.toString();
  if (dtype === "bool") return value !== 0;
  return Number.isFinite(value) ? value : String(value);
}

function bytesValue({ bytes, offsets }: BytesBatch, row: number, { dtype }: Feature): Json {
  const own = bytes.subarray(Number(offsets[row]), Number(offsets[row + 1]));
  if (dtype !== "text") return `${own.length} bytes`;
  const text = new TextDecoder().decode(own.subarray(0, TEXT_BYTES_MAX));
  return own.length > TEXT_BYTES_MAX ? `${text}…` : text;
}

function fromOf({ from, time }: RowsBatch | BytesBatch, row: number): Pick<ExplainedFeature, "from"> {
  // Without times of its own a sample is a copy of the recording's, at the row's time.
  const first = from ? from.first[row]! : time[row]!;
  const last = from?.last ? from.last[row]! : first;
  if (first === NO_TIME) return {};
  return { from: { firstNs: first.toString(), lastNs: last.toString() } };
}

/** The packet that is shown as the row's picture: row i is the i-th in the order of presentation. */
async function frameRow(
  reader: PartReader,
  parked: ParkedPackets,
  { stream, row, feature }: { readonly stream: string; readonly row: number; readonly feature: Feature | undefined },
): Promise<RowFeature | undefined> {
  if (!feature) return undefined;
  const frames: { time: bigint; from: bigint; key: boolean }[] = [];
  for await (const { time, from, key } of reader.packets(parked.key)) {
    for (let at = 0; at < time.length; at++) {
      frames.push({ time: time[at]!, from: from?.first[at] ?? time[at]!, key: key[at] === 1 });
    }
  }
  const frame = frames.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))[row];
  if (!frame) return undefined;
  const encoding = parked.encoding === "as recorded" ? "as recorded" : `${parked.encoding.codec} again`;
  const from = frame.from.toString();
  return {
    stream,
    feature: told(feature),
    value: null,
    timeNs: frame.time.toString(),
    picture: { codec: parked.codec, encoding, key: frame.key },
    ...(frame.from !== NO_TIME && { from: { firstNs: from, lastNs: from } }),
  };
}

function told({ dtype, shape, unit, names }: Feature): ExplainedFeature["feature"] {
  return { dtype, shape, ...(unit !== undefined && { unit }), ...(names && { names }) };
}
