import { type Batch, type BytesBatch, numbers, type PacketsBatch, type RowsBatch } from "../../../core/batch.ts";
import { TendonError } from "../../../core/errors.ts";
import { type NumberDtype, width } from "../../../core/feature.ts";
import type { ParquetFile, ParquetRows, ReadColumn } from "../../../formats/parquet/read.ts";
import { rowTimes } from "./rowTime.ts";
import { parseNumbers, rowBytes, type TableStream } from "./streams.ts";
import type { Tasks } from "./tasks.ts";

/** Where an episode's rows lie in its table. */
export interface EpisodeRows {
  readonly table: ParquetFile;
  /** Half-open. */
  readonly from: number;
  readonly to: number;
  readonly rateHz: number;
  readonly tasks: Tasks;
}

/** One batch of every stream at once; batches share their times. */
export type RowBatches = ReadonlyMap<string, Batch>;

/** Rows `start` to `end` (half-open, of the episode) of these streams, in one pass over the table. */
export async function* readRows(
  rows: EpisodeRows,
  streams: readonly TableStream[],
  { start, end }: { start: number; end: number },
): AsyncGenerator<RowBatches> {
  const columns = [...new Set(streams.map(({ column }) => column))];
  for await (const part of rows.table.read({ columns, from: rows.from + start, to: rows.from + end })) {
    const first = part.from - rows.from;
    const time = rowTimes(first, first + part.rows, rows.rateHz);
    yield new Map(streams.map((stream) => [stream.stream, batchOf(rows, stream, part, time)]));
  }
}

function batchOf(rows: EpisodeRows, stream: TableStream, part: ParquetRows, time: BigInt64Array): Batch {
  const column = part.columns.get(stream.column)!;
  if (stream.as === "json") return jsonBatch(rows, stream, column, { time, first: part.from - rows.from });
  if (stream.as === "index") return textBatch(column, rows.tasks, time);
  if (stream.as === "picture") return pictureBatch(stream, column, time);
  if (column.kind === "bytes") return { kind: "bytes", time, offsets: column.offsets, bytes: column.bytes, ...validity(column) };
  return numberBatch(rows, stream, column, { time, first: part.from - rows.from });
}

function numberBatch(
  rows: EpisodeRows,
  { stream, feature }: TableStream,
  column: ReadColumn & { kind: "numbers" },
  { time, first }: { time: BigInt64Array; first: number },
): RowsBatch | BytesBatch {
  if (feature.shape.includes("any")) return listBatch(column, time);
  const expected = width(feature);
  if (column.width === expected) return { kind: "rows", time, values: column.values, ...validity(column) };
  // A batch without a single row that is there has no width of its own.
  if (column.width === 0 && column.valid?.every((valid) => valid === 0))
    return { kind: "rows", time, values: numbers(column.dtype, time.length * expected), valid: new Uint8Array(time.length) };
  const row = firstOther(column, expected);
  const got = column.width ?? column.offsets![row + 1]! - column.offsets![row]!;
  throw new TendonError(
    "bad-data",
    `row ${first + row} holds ${got} numbers where others hold ${expected}: repair or remove it`,
    {
      place: { file: rows.table.path, stream },
    },
  );
}

function firstOther(column: ReadColumn & { kind: "numbers" }, expected: number): number {
  if (!column.offsets) return 0;
  for (let row = 0; row + 1 < column.offsets.length; row++) {
    if (column.offsets[row + 1]! - column.offsets[row]! !== expected) return row;
  }
  return 0;
}

/** Lists of any length, as the bytes of their numbers. */
function listBatch(column: ReadColumn & { kind: "numbers" }, time: BigInt64Array): BytesBatch {
  const { values } = column;
  const size = values.BYTES_PER_ELEMENT;
  const offsets = new BigInt64Array(time.length + 1);
  for (let row = 0; row <= time.length; row++) offsets[row] = BigInt((column.offsets?.[row] ?? row * column.width!) * size);
  return { kind: "bytes", time, offsets, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** Numbers written as text. Anything but as many finite numbers as the stream has is an error, never a guess. */
function jsonBatch(
  rows: EpisodeRows,
  { stream, feature }: TableStream,
  column: ReadColumn,
  { time, first }: { time: BigInt64Array; first: number },
): RowsBatch {
  const expected = width(feature);
  const values = numbers(feature.dtype as NumberDtype, time.length * expected);
  const decoder = new TextDecoder();
  for (let row = 0; row < time.length; row++) {
    const text = column.kind === "bytes" ? decoder.decode(rowBytes(column, row)) : "";
    const parsed = parseNumbers(text);
    if (parsed?.length !== expected)
      throw new TendonError(
        "bad-data",
        `row ${first + row} is not ${expected} numbers in JSON (got ${text.slice(0, 80) || "nothing"})`,
        {
          place: { file: rows.table.path, stream },
        },
      );
    for (let item = 0; item < expected; item++) values[row * expected + item] = asElement(values, parsed[item]!);
  }
  return { kind: "rows", time, values, ...validity(column) };
}

function asElement(values: object, value: number): never {
  return (values instanceof BigInt64Array || values instanceof BigUint64Array ? BigInt(value) : value) as never;
}

/** The texts that task indices stand for; an index without one is a missing value. */
function textBatch(column: ReadColumn, tasks: Tasks, time: BigInt64Array): BytesBatch {
  const values = column.kind === "numbers" ? column.values : new BigInt64Array(0);
  const encoded = new Map<number, Uint8Array>();
  const offsets = new BigInt64Array(time.length + 1);
  const valid = new Uint8Array(time.length);
  const texts: Uint8Array[] = [];
  let total = 0;
  for (let row = 0; row < time.length; row++) {
    const index = Number(values[row]);
    const known = tasks.get(index);
    const there = known !== undefined && (column.valid?.[row] ?? 1) === 1;
    if (there && !encoded.has(index)) encoded.set(index, new TextEncoder().encode(known));
    const text = there ? encoded.get(index)! : EMPTY;
    valid[row] = there ? 1 : 0;
    texts.push(text);
    total += text.length;
    offsets[row + 1] = BigInt(total);
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const text of texts) {
    bytes.set(text, at);
    at += text.length;
  }
  return { kind: "bytes", time, offsets, bytes, ...(valid.includes(0) && { valid }) };
}

function pictureBatch({ feature }: TableStream, column: ReadColumn, time: BigInt64Array): PacketsBatch {
  const { offsets, bytes } = column as ReadColumn & { kind: "bytes" };
  const { codec, width: pixels, height } = feature.video!;
  const config = { codec, width: pixels, height };
  return { kind: "packets", time, decodeTime: time, offsets, bytes, key: new Uint8Array(time.length).fill(1), config };
}

function validity(column: ReadColumn): { valid?: Uint8Array } {
  return column.valid ? { valid: column.valid } : {};
}

const EMPTY = new Uint8Array(0);
