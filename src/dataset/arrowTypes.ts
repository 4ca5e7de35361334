import * as arrow from "apache-arrow";
import { type NumberArray, numbers } from "../core/batch.ts";
import type { Dtype, Feature, NumberDtype } from "../core/feature.ts";
import { width } from "../core/feature.ts";

/** Arrow's type of one number. `bool` is a byte of 0 or 1; the field's `dtype` tells it from uint8. */
const NUMBER_TYPES: { readonly [dtype in NumberDtype]: () => arrow.DataType } = {
  bool: () => new arrow.Uint8(),
  int8: () => new arrow.Int8(),
  uint8: () => new arrow.Uint8(),
  int16: () => new arrow.Int16(),
  uint16: () => new arrow.Uint16(),
  int32: () => new arrow.Int32(),
  uint32: () => new arrow.Uint32(),
  int64: () => new arrow.Int64(),
  uint64: () => new arrow.Uint64(),
  float16: () => new arrow.Float16(),
  float32: () => new arrow.Float32(),
  float64: () => new arrow.Float64(),
};

/** A stream whose samples have any length is held as bytes; all others stand in a typed array. */
export function isBytes(feature: Feature): boolean {
  return feature.dtype === "text" || feature.dtype === "bytes" || feature.shape.includes("any");
}

/** The column of a stream: a number, a list of numbers, text or bytes. */
export function columnType(feature: Feature): arrow.DataType {
  if (isBytes(feature)) return feature.dtype === "text" ? new arrow.LargeUtf8() : new arrow.LargeBinary();
  const item = NUMBER_TYPES[feature.dtype as NumberDtype]();
  if (feature.shape.length === 0) return item;
  return new arrow.FixedSizeList(width(feature), new arrow.Field("item", item, true));
}

/** Arrow's view of a column of numbers: the same memory. */
export function columnData(
  type: arrow.DataType,
  column: { readonly values: NumberArray; readonly rows: number; readonly missing?: MissingBits },
): arrow.Data {
  const { values, rows, missing } = column;
  const rowBits = { nullCount: missing?.rowCount ?? 0, nullBitmap: missing?.rows ?? null };
  if (!(type instanceof arrow.FixedSizeList)) {
    return arrow.makeData({ type, length: rows, ...rowBits, data: plain(values) } as never);
  }
  const child = arrow.makeData({
    type: type.children[0]!.type,
    length: values.length,
    nullCount: missing?.itemCount ?? 0,
    nullBitmap: missing?.items ?? null,
    data: plain(values),
  } as never);
  return arrow.makeData({ type, length: rows, ...rowBits, child } as never);
}

/** Arrow's view of a column of bytes or text. */
export function bytesData(
  type: arrow.DataType,
  column: { readonly offsets: BigInt64Array; readonly bytes: Uint8Array; readonly missing?: MissingBits },
): arrow.Data {
  return arrow.makeData({
    type,
    length: column.offsets.length - 1,
    nullCount: column.missing?.rowCount ?? 0,
    nullBitmap: column.missing?.rows ?? null,
    valueOffsets: column.offsets,
    data: column.bytes,
  } as never);
}

/** Arrow's validity bitmaps, a bit of 1 for what is there. Absent where nothing is missing. */
export interface MissingBits {
  readonly rows: Uint8Array;
  readonly rowCount: number;
  readonly items: Uint8Array;
  readonly itemCount: number;
}

/** Packs a mask of `[row, width]`: a row without any item is a missing row. */
export function missingBits(valid: Uint8Array, width: number): MissingBits {
  const rows = valid.length / width;
  const bits = { rows: new Uint8Array((rows + 7) >> 3), items: new Uint8Array((valid.length + 7) >> 3) };
  let rowCount = rows;
  let itemCount = valid.length;
  for (let row = 0; row < rows; row++) {
    let any = 0;
    for (let item = row * width; item < (row + 1) * width; item++) {
      if (valid[item] === 0) continue;
      any = 1;
      itemCount--;
      bits.items[item >> 3]! |= 1 << (item & 7);
    }
    if (any === 0) continue;
    rowCount--;
    bits.rows[row >> 3]! |= 1 << (row & 7);
  }
  return { ...bits, rowCount, itemCount };
}

/** The mask of a column that was read: `[row, ...shape]` where some items of a row are missing, else `[row]`, or nothing. */
export function maskOf(data: arrow.Data): Uint8Array | undefined {
  const child = data.children[0];
  if (child && child.nullCount > data.nullCount * (child.length / data.length)) return unpacked(child.nullBitmap, child.length);
  return data.nullCount > 0 ? unpacked(data.nullBitmap, data.length) : undefined;
}

/** The numbers of a column that was read, as the typed array of their dtype: the same memory. */
export function valuesOf(data: arrow.Data, dtype: Dtype): NumberArray {
  const held = (data.children[0] ?? data) as { values: NumberArray; length: number };
  const values = held.values.subarray(0, held.length) as NumberArray;
  if (dtype !== "float16") return values;
  return new Float16Array(values.buffer as ArrayBuffer, values.byteOffset, values.length);
}

/** Whether a typed array is the one for a dtype. */
export function holds(dtype: Dtype, values: NumberArray): boolean {
  return numbers(dtype as NumberDtype, 0).constructor === values.constructor;
}

/** Arrow knows float16 as its 16 bits. */
function plain(values: NumberArray): NumberArray {
  return values instanceof Float16Array ? new Uint16Array(values.buffer, values.byteOffset, values.length) : values;
}

function unpacked(bitmap: Uint8Array, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  for (let index = 0; index < count; index++) mask[index] = (bitmap[index >> 3]! >> (index & 7)) & 1;
  return mask;
}
