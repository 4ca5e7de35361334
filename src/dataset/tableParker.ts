import * as arrow from "apache-arrow";
import type { Batch, BytesBatch, RowsBatch } from "../core/batch.ts";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import type { JsonObject } from "../core/json.ts";
import type { ParkedTable } from "../core/part.ts";
import { isBytes } from "./arrowTypes.ts";
import { bytesColumn, type Column, numberColumn } from "./columns.ts";
import { bytesOf } from "./growing.ts";
import type { Home } from "./home.ts";
import { orNeverAgain, type Parker } from "./parker.ts";
import { openPartFile, type PartFile } from "./partFile.ts";
import { fromColumns, timeColumn } from "./timeColumns.ts";

const CHUNK_BYTES = 1 << 20;
const CHUNK_ROWS_MAX = 1 << 16;
/** One stream may run this far ahead of the others of its table. */
const AHEAD_BYTES_MAX = 1 << 28;

interface StreamColumns {
  readonly stream: string;
  rows: number;
  pending: number;
  readonly time: Column<Batch>;
  readonly columns: readonly Column<Batch>[];
}

/** Parks streams that share their times as one table. */
export function openTableParker(home: Home, schema: EpisodeSchema, streams: readonly string[]): Parker<ParkedTable> {
  const all = streams.map((stream) => streamColumns(stream, featureOf(schema, stream)));
  const byName = new Map(all.map((each) => [each.stream, each]));
  const lead = all[0]!;
  const chunkRows = chunkRowsOf(streams.map((stream) => schema.features[stream]!));
  let file: PartFile | undefined;
  let rows = 0;
  let bytes = 0;

  const ready = (atEnd: boolean): number => {
    const least = Math.min(...all.map((each) => each.pending), chunkRows);
    if (atEnd || least === chunkRows) return least;
    return least > 0 && pendingBytes(all) >= CHUNK_BYTES ? least : 0;
  };
  const drain = orNeverAgain((atEnd: boolean) => {
    for (let count = ready(atEnd); count > 0; count = ready(atEnd)) {
      file ??= openPartFile(home, schemaOf(all));
      const data = takeRows(all, count, rows);
      for (const each of data) bytes += contentBytes(each);
      rows += count;
      file.write(data, count);
    }
  });
  return {
    count: (stream) => byName.get(stream)!.rows,
    append(stream, batch, start) {
      const each = byName.get(stream)!;
      const end = batch.time.length;
      for (const column of [each.time, ...each.columns]) column.append(batch, start, end);
      each.rows += end - start;
      each.pending += end - start;
      if (ready(false) === 0) limitAhead(all);
      else drain(false);
    },
    async finish() {
      drain(true);
      const longer = all.find((each) => each.rows !== lead.rows);
      if (longer) throw unequal(lead, longer);
      file ??= openPartFile(home, schemaOf(all));
      const content = all.map((each) => Object.assign({}, ...each.columns.map((column) => column.digest())) as JsonObject);
      const key = digest({ form: "table 1", rows, ...lead.time.digest(), streams: content });
      await file.finish(key);
      return { key, rows, bytes, streams: all.map((each) => each.stream) };
    },
    async abort() {
      await file?.abort();
    },
  };
}

function streamColumns(stream: string, feature: Feature): StreamColumns {
  const values = isBytes(feature) ? bytesColumn(stream, feature) : numberColumn(stream, feature);
  const time = timeColumn<Batch>("time", (batch) => batch.time);
  return { stream, rows: 0, pending: 0, time, columns: [checked(stream, feature, values), fromColumns(stream)] };
}

/** Refuses a batch of another kind than the schema promised. */
function checked(stream: string, feature: Feature, column: Column<RowsBatch> | Column<BytesBatch>): Column<Batch> {
  const kind = isBytes(feature) ? "bytes" : "rows";
  const typed = column as Column<Batch>;
  return {
    ...typed,
    get pendingBytes() {
      return typed.pendingBytes;
    },
    append(batch, start, end) {
      if (batch.kind !== kind) {
        throw new TendonError("plugin-failed", `is declared ${feature.dtype}, but its batches are ${batch.kind}`, {
          place: { stream },
        });
      }
      typed.append(batch, start, end);
    },
  };
}

function featureOf(schema: EpisodeSchema, stream: string): Feature {
  const feature = schema.features[stream];
  if (feature && feature.dtype !== "video") return feature;
  const problem = feature ? "is video, which is no column of a table" : "is not in the episode's schema";
  throw new TendonError("internal", problem, { place: { stream } });
}

function schemaOf(all: readonly StreamColumns[]): arrow.Schema {
  const columns = all.flatMap((each) => each.columns.flatMap((column) => column.fields()));
  return new arrow.Schema([...all[0]!.time.fields(), ...columns]);
}

/** Takes the next rows of every column, once their times are seen to agree. `before` rows were taken already. */
function takeRows(all: readonly StreamColumns[], count: number, before: number): arrow.Data[] {
  const lead = all[0]!;
  const times = all.map((each) => each.time.take(count)[0]!);
  for (let index = 1; index < all.length; index++) {
    const row = firstDifference(times[0]!.values as BigInt64Array, times[index]!.values as BigInt64Array);
    if (row >= 0) throw different(lead.stream, all[index]!.stream, before + row, times[0]!, times[index]!, row);
  }
  for (const each of all) each.pending -= count;
  return [times[0]!, ...all.flatMap((each) => each.columns.flatMap((column) => column.take(count)))];
}

function firstDifference(a: BigInt64Array, b: BigInt64Array): number {
  if (Buffer.compare(bytesOf(a), bytesOf(b)) === 0) return -1;
  return a.findIndex((time, row) => time !== b[row]);
}

/** What was recorded, without Arrow's padding: the same wherever and however it is parked. */
function contentBytes(data: arrow.Data): number {
  if (data.children[0]) return contentBytes(data.children[0]);
  if (data.valueOffsets) return 8 * data.length + Number((data.valueOffsets as unknown as BigInt64Array)[data.length]);
  return data.length * (data.values as Uint8Array).BYTES_PER_ELEMENT;
}

function chunkRowsOf(features: readonly Feature[]): number {
  let rowBytes = 8;
  for (const feature of features) {
    rowBytes += 24;
    if (!isBytes(feature)) rowBytes += 8 * feature.shape.reduce<number>((count, size) => count * Number(size), 1);
  }
  return Math.max(1, Math.min(CHUNK_ROWS_MAX, Math.floor(CHUNK_BYTES / rowBytes)));
}

function pendingBytes(all: readonly StreamColumns[]): number {
  let sum = 0;
  for (const each of all) for (const column of each.columns) sum += column.pendingBytes;
  return sum;
}

function limitAhead(all: readonly StreamColumns[]): void {
  if (pendingBytes(all) <= AHEAD_BYTES_MAX) return;
  const [least, most] = [...all].sort((a, b) => a.rows - b.rows).filter((_, index) => index === 0 || index === all.length - 1);
  const message = `runs too far ahead of ${least!.stream} (${most?.rows} rows against ${least!.rows}); one table takes them together`;
  throw new TendonError("bad-data", message, { place: { stream: (most ?? least)!.stream } });
}

function unequal(a: StreamColumns, b: StreamColumns): TendonError {
  const message = `has ${b.rows} samples where ${a.stream} has ${a.rows}; streams of one table must have the same times`;
  return new TendonError("bad-data", message, { place: { stream: b.stream } });
}

function different(
  first: string,
  second: string,
  row: number,
  expected: arrow.Data,
  got: arrow.Data,
  index: number,
): TendonError {
  const [wanted, found] = [expected, got].map((times) => (times.values as BigInt64Array)[index]);
  const message = `has time ${found} ns at row ${row} where ${first} has ${wanted} ns; streams of one table must have the same times (is \`align\` missing?)`;
  return new TendonError("bad-data", message, { place: { stream: second } });
}
