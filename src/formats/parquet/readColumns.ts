import type { DuckDBDataChunk } from "@duckdb/node-api";
import { type NumberArray, numbers } from "../../core/batch.ts";
import type { NumberDtype } from "../../core/feature.ts";
import type { ParquetFieldType } from "./readSchema.ts";

/** Numbers of some rows. Row i is `values[i * width .. (i + 1) * width)`, or by `offsets` where rows differ in length. */
export interface NumbersColumn {
  readonly kind: "numbers";
  readonly dtype: NumberDtype;
  readonly values: NumberArray;
  /** Numbers a row; absent where rows differ. */
  readonly width?: number;
  /** One entry more than rows; present where rows differ in length. */
  readonly offsets?: Uint32Array;
  /** `[row]`, or `[row, width]` where single numbers are missing. Absent where all are there. */
  readonly valid?: Uint8Array;
}

/** Row i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface BytesColumn {
  readonly kind: "bytes";
  readonly offsets: BigInt64Array;
  readonly bytes: Uint8Array;
  /** `[row]`; absent where all are there. */
  readonly valid?: Uint8Array;
}

export type ReadColumn = NumbersColumn | BytesColumn;

/** DuckDB's vectors as they are in memory: their classes give one value at a time, which is too slow for samples. */
interface RawVector {
  readonly items?: NumberArray;
  readonly dataView?: DataView;
  readonly entryData?: BigUint64Array;
  readonly childData?: RawVector;
  readonly arrayType?: { readonly length: number };
  readonly validity: { readonly data: BigUint64Array | null };
  getItem(row: number): unknown;
}

/** Copies one column out of a chunk, whose memory is DuckDB's. */
export function copyColumn(chunk: DuckDBDataChunk, index: number, type: ParquetFieldType): ReadColumn {
  const vector = chunk.getColumnVector(index) as unknown as RawVector;
  const rows = chunk.rowCount;
  return type.kind === "numbers" ? copyNumbers(vector, type.dtype, rows) : copyBytes(vector, rows);
}

function copyNumbers(vector: RawVector, dtype: NumberDtype, rows: number): NumbersColumn {
  if (!vector.childData) {
    const valid = validOf(vector, rows);
    return { kind: "numbers", dtype, values: copyItems(vector, dtype, 0, rows), width: 1, ...(valid && { valid }) };
  }
  let starts = spansOf(vector, rows);
  let leaf = vector.childData;
  while (leaf.childData) {
    starts = composeSpans(starts, spansOf(leaf, starts.used));
    leaf = leaf.childData;
  }
  return gatherLists(leaf, dtype, { spans: starts, rows, rowValid: validOf(vector, rows) });
}

/** Where the items of each row lie in the child: `[start, length]` pairs. `used` is the end of the last one. */
interface Spans {
  readonly start: Uint32Array;
  readonly length: Uint32Array;
  readonly used: number;
}

function spansOf(vector: RawVector, rows: number): Spans {
  const start = new Uint32Array(rows);
  const length = new Uint32Array(rows);
  let used = 0;
  if (vector.entryData) {
    // Offsets and lengths are uint64 below 2^32: a chunk's child holds fewer.
    const words = new Uint32Array(vector.entryData.buffer, vector.entryData.byteOffset, rows * 4);
    const valid = bitsOf(vector);
    for (let row = 0; row < rows; row++) {
      if (valid && !isSet(valid, row)) continue;
      start[row] = words[row * 4]!;
      length[row] = words[row * 4 + 2]!;
      if (length[row]! > 0) used = Math.max(used, start[row]! + length[row]!);
    }
  } else {
    const size = vector.arrayType?.length ?? 0;
    const valid = bitsOf(vector);
    for (let row = 0; row < rows; row++) {
      start[row] = row * size;
      length[row] = valid && !isSet(valid, row) ? 0 : size;
    }
    used = rows * size;
  }
  return { start, length, used };
}

/** Rows of lists of lists, as rows of the inner lists' items. */
function composeSpans(outer: Spans, inner: Spans): Spans {
  const start = new Uint32Array(outer.start.length);
  const length = new Uint32Array(outer.start.length);
  for (let row = 0; row < start.length; row++) {
    const first = outer.start[row]!;
    const end = first + outer.length[row]!;
    start[row] = first < end ? inner.start[first]! : 0;
    let count = 0;
    for (let item = first; item < end; item++) count += inner.length[item]!;
    length[row] = count;
  }
  return { start, length, used: inner.used };
}

function gatherLists(
  leaf: RawVector,
  dtype: NumberDtype,
  { spans, rows, rowValid }: { spans: Spans; rows: number; rowValid: Uint8Array | undefined },
): NumbersColumn {
  let width: number | undefined;
  let same = true;
  let packed = true;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const length = spans.length[row]!;
    if (!rowValid || rowValid[row] === 1) {
      width ??= length;
      if (length !== width) same = false;
    } else packed = false;
    if (spans.start[row] !== total) packed = false;
    total += length;
  }
  if (same && packed) {
    const valid = validOf(leaf, total);
    return { kind: "numbers", dtype, values: copyItems(leaf, dtype, 0, total), width: width ?? 0, ...(valid && { valid }) };
  }
  return gatherRows(leaf, dtype, { spans, rows, rowValid, width: same ? (width ?? 0) : undefined, total });
}

/** The slow way, for rows that are missing, differ in length or lie in another order. */
function gatherRows(
  leaf: RawVector,
  dtype: NumberDtype,
  given: { spans: Spans; rows: number; rowValid: Uint8Array | undefined; width: number | undefined; total: number },
): NumbersColumn {
  const { spans, rows, rowValid, width } = given;
  const items = copyItems(leaf, dtype, 0, spans.used);
  const itemValid = validOf(leaf, spans.used);
  const count = width === undefined ? given.total : rows * width;
  const values = numbers(dtype, count);
  const valid = itemValid && new Uint8Array(count);
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0, at = 0; row < rows; row++) {
    const start = spans.start[row]!;
    const end = start + spans.length[row]!;
    (values as Uint8Array).set(items.subarray(start, end) as Uint8Array, at);
    valid?.set(itemValid!.subarray(start, end), at);
    at += width ?? end - start;
    offsets[row + 1] = at;
  }
  const there = valid ?? rowValid;
  return { kind: "numbers", dtype, values, ...(width === undefined ? { offsets } : { width }), ...(there && { valid: there }) };
}

function copyItems(vector: RawVector, dtype: NumberDtype, start: number, end: number): NumberArray {
  if (vector.items) return vector.items.slice(start, end);
  const { buffer, byteOffset } = vector.dataView!;
  if (dtype !== "bool") throw new TypeError(`unexpected vector for ${dtype}`);
  return new Uint8Array(buffer, byteOffset + start, end - start).slice();
}

/** Text is given as UTF-8. */
function copyBytes(vector: RawVector, rows: number): BytesColumn {
  const parts: Uint8Array[] = [];
  const offsets = new BigInt64Array(rows + 1);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const item = vector.getItem(row);
    const part = typeof item === "string" ? Buffer.from(item) : ((item as { bytes?: Uint8Array } | null)?.bytes ?? EMPTY);
    parts.push(part);
    total += part.length;
    offsets[row + 1] = BigInt(total);
  }
  const bytes = new Uint8Array(total);
  parts.forEach((part, row) => {
    bytes.set(part, Number(offsets[row]!));
  });
  const valid = validOf(vector, rows);
  return { kind: "bytes", offsets, bytes, ...(valid && { valid }) };
}

function validOf(vector: RawVector, count: number): Uint8Array | undefined {
  const bits = bitsOf(vector);
  if (!bits) return undefined;
  const valid = new Uint8Array(count);
  let missing = false;
  for (let index = 0; index < count; index++) {
    if (isSet(bits, index)) valid[index] = 1;
    else missing = true;
  }
  return missing ? valid : undefined;
}

function bitsOf({ validity: { data } }: RawVector): Uint8Array | undefined {
  return data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
}

function isSet(bits: Uint8Array, index: number): boolean {
  return (bits[index >> 3]! & (1 << (index & 7))) !== 0;
}

const EMPTY = new Uint8Array(0);
