import * as arrow from "apache-arrow";
import { type BytesBatch, type NumberArray, numbers, type PacketsBatch, type RowsBatch } from "../core/batch.ts";
import { startDigest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { Feature, NumberDtype } from "../core/feature.ts";
import { width } from "../core/feature.ts";
import type { JsonObject } from "../core/json.ts";
import { bytesData, columnData, columnType, holds, type MissingBits, missingBits } from "./arrowTypes.ts";
import { bytesOf, Growing } from "./growing.ts";

/** A column of a part in the making. What goes into its digest does not depend on how it was batched. */
export interface Column<B> {
  readonly pendingBytes: number;
  fields(): readonly arrow.Field[];
  /** Copies samples `start` to `end` (half-open) of a batch. */
  append(batch: B, start: number, end: number): void;
  /** The first `rows` samples, one Data a field; they count in the digest from then on. */
  take(rows: number): readonly arrow.Data[];
  /** Called once, after everything was taken. */
  digest(): JsonObject;
}

/** Samples of a fixed shape. Missing values are kept as zeros, so that they cannot change a key. */
export function numberColumn(stream: string, feature: Feature): Column<RowsBatch> {
  const dtype = feature.dtype as NumberDtype;
  const wide = width(feature);
  const type = columnType(feature);
  const values = new Growing<NumberArray>((count) => numbers(dtype, count));
  const mask = openMask(wide);
  const content = startDigest();
  return {
    get pendingBytes() {
      return values.length * numbers(dtype, 0).BYTES_PER_ELEMENT;
    },
    fields: () => [field(stream, type, { stream, dtype, role: "values" })],
    append(batch, start, end) {
      checkNumbers(batch, stream, dtype, wide);
      mask.append(batch.valid, { start, end, total: batch.time.length, before: values.length / (wide || 1) });
      values.append(batch.values.subarray(start * wide, end * wide) as NumberArray);
    },
    take(rows) {
      const taken = values.take(rows * wide);
      const missing = mask.take(rows, (item) => {
        taken[item] = (typeof taken[item] === "bigint" ? 0n : 0) as never;
      });
      content.add(bytesOf(taken));
      return [columnData(type, { values: taken, rows, ...(missing && { missing }) })];
    },
    digest: () => ({ stream, dtype, width: wide, values: content.end(), missing: mask.digest() }),
  };
}

/** A column that may use the memory of a batch until it is told to keep what it has of it. */
export interface BorrowingColumn<B> extends Column<B> {
  keep(): void;
}

/** Samples of any length: text, lists, messages, coded pictures. `borrowed`: a batch that is taken at once is never copied. */
export function bytesColumn(
  stream: string,
  feature: Feature,
  memory: "copied" | "borrowed" = "copied",
): BorrowingColumn<BytesBatch | PacketsBatch> {
  const type = columnType(feature);
  const lengths = new Growing<BigInt64Array>((count) => new BigInt64Array(count));
  const bytes = new Growing<Uint8Array>((count) => new Uint8Array(count));
  const mask = openMask(1);
  const content = startDigest();
  const borders = startDigest();
  return {
    get pendingBytes() {
      return bytes.length + 8 * lengths.length;
    },
    fields: () => [field(stream, type, { stream, dtype: feature.dtype, role: "values" })],
    append(batch, start, end) {
      mask.append(batch.valid, { start, end, total: batch.time.length, before: lengths.length });
      if (batch.valid === undefined) {
        const all = batch.bytes.subarray(Number(batch.offsets[start]), Number(batch.offsets[end]));
        if (memory === "borrowed") bytes.borrow(all);
        else bytes.append(all);
      }
      const size = new BigInt64Array(end - start);
      for (let row = start; row < end; row++) {
        if (batch.valid?.[row] === 0) continue;
        size[row - start] = batch.offsets[row + 1]! - batch.offsets[row]!;
        if (batch.valid) bytes.append(batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1])));
      }
      lengths.append(size);
    },
    keep: () => bytes.keep(),
    take(rows) {
      const size = lengths.take(rows);
      const offsets = new BigInt64Array(rows + 1);
      for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row]! + size[row]!;
      const taken = bytes.take(Number(offsets[rows]));
      const missing = mask.take(rows, () => undefined);
      borders.add(bytesOf(size));
      content.add(taken);
      return [bytesData(type, { offsets, bytes: taken, ...(missing && { missing }) })];
    },
    digest: () => ({ stream, dtype: feature.dtype, lengths: borders.end(), values: content.end(), missing: mask.digest() }),
  };
}

/** A field, and what the reader must know of it. */
export function field(name: string, type: arrow.DataType, about: { readonly [key: string]: string }): arrow.Field {
  return new arrow.Field(name, type, true, new Map(Object.entries(about)));
}

/** Which items are missing, `[row, width]`. Costs nothing until one is. */
function openMask(wide: number) {
  const mask = new Growing<Uint8Array>((count) => new Uint8Array(count));
  const content = startDigest();
  let started = false;
  let taken = 0;
  return {
    append(valid: Uint8Array | undefined, at: { start: number; end: number; total: number; before: number }): void {
      const missing = valid?.includes(0) === true;
      if (!started && !missing) return;
      if (!started) mask.fill(1, at.before * wide);
      started = true;
      if (!missing) mask.fill(1, (at.end - at.start) * wide);
      else if (valid!.length === at.total * wide) mask.append(valid!.subarray(at.start * wide, at.end * wide));
      else for (let row = at.start; row < at.end; row++) mask.fill(valid![row] === 0 ? 0 : 1, wide);
    },
    take(rows: number, clear: (item: number) => void): MissingBits | undefined {
      const first = taken * wide;
      taken += rows;
      if (!started) return undefined;
      const valid = mask.take(rows * wide);
      const missing: bigint[] = [];
      for (let item = valid.indexOf(0); item >= 0; item = valid.indexOf(0, item + 1)) {
        missing.push(BigInt(first + item));
        clear(item);
      }
      if (missing.length === 0) return undefined;
      content.add(bytesOf(BigInt64Array.from(missing)));
      return missingBits(valid, wide);
    },
    digest: () => content.end(),
  };
}

function checkNumbers(batch: RowsBatch, stream: string, dtype: NumberDtype, wide: number): void {
  const place = { stream };
  if (!holds(dtype, batch.values)) {
    const got = batch.values.constructor.name;
    throw new TendonError("plugin-failed", `is declared ${dtype}, but its batches hold a ${got}`, { place });
  }
  if (batch.values.length !== batch.time.length * wide) {
    const got = `${batch.values.length} numbers for ${batch.time.length} samples`;
    throw new TendonError("plugin-failed", `is declared with ${wide} numbers a sample, but a batch holds ${got}`, { place });
  }
}
