import { type NumberArray, numbers, type RowsBatch, type SourceTimes } from "../../core/batch.ts";
import type { NumberDtype } from "../../core/feature.ts";
import { timesAt } from "../../kernels/resample.ts";
import { copyRows } from "../../kernels/resampleValues.ts";
import { Chunks } from "./chunks.ts";
import { neededFrom, Positions, type RowSpan, readyRows } from "./cursor.ts";
import type { Output } from "./output.ts";

/** Rows in one batch at most; fewer where rows are wide. */
export const BATCH_ROWS = 8192;
const BATCH_BYTES = 4 << 20;

/** Rows of numbers, each the copy of one sample. */
export class CopiedRows implements Output {
  readonly #span: RowSpan;
  readonly #index: Int32Array;
  readonly #positions: Positions;
  readonly #chunks = new Chunks<RowsBatch>();
  readonly #width: number;
  readonly #capacity: number;
  readonly #values: NumberArray;
  readonly #first: BigInt64Array;
  #last: BigInt64Array | undefined;
  #valid: Uint8Array | undefined;
  #row: number;

  constructor(stream: string, span: RowSpan, shape: { readonly dtype: NumberDtype; readonly width: number }) {
    this.#span = span;
    this.#index = span.column.first.subarray(0, span.end);
    this.#positions = new Positions(stream, span.column.times);
    this.#width = shape.width;
    const rowBytes = Math.max(1, numbers(shape.dtype, 1).BYTES_PER_ELEMENT * shape.width);
    this.#capacity = batchCapacity(rowBytes, span.end - span.start);
    this.#values = numbers(shape.dtype, this.#capacity * shape.width);
    this.#first = new BigInt64Array(this.#capacity);
    this.#row = span.start;
  }

  get nextTime(): bigint | undefined {
    return this.#row < this.#span.end ? this.#span.grid[this.#row] : undefined;
  }

  push(batch: RowsBatch): void {
    this.#chunks.push(batch, this.#positions.place(batch.time));
  }

  retain(): void {
    this.#chunks.retain(neededFrom(this.#index, this.#row, this.#span.end));
  }

  take(): RowsBatch | undefined {
    const row = this.#row;
    const head = this.#headFor(row);
    const received = head ? head.base + head.batch.time.length : 0;
    const count = readyRows(this.#index, row, { received, limit: this.#capacity });
    if (count === 0) return undefined;
    const index = this.#index.subarray(row, row + count);
    this.#row = row + count;
    const values = this.#values.subarray(0, count * this.#width) as NumberArray;
    const missing = this.#span.column.missing && index.includes(-1);
    if (head) copyRows(head.batch.values, index, values, { base: head.base, at: 0, width: this.#width });
    else values.fill(0 as never);
    const valid = head?.batch.valid || missing ? this.#validOf(index, head) : undefined;
    const from = this.#fromOf(index, head);
    return { kind: "rows", time: this.#span.grid.subarray(row, row + count), values, ...(valid && { valid }), from };
  }

  #headFor(row: number) {
    this.#chunks.drop(neededFrom(this.#index, row, this.#span.end));
    return this.#chunks.head;
  }

  #validOf(index: Int32Array, head: Chunks<RowsBatch>["head"]): Uint8Array {
    const own = head?.batch.valid;
    const width = own && own.length !== head.batch.time.length ? this.#width : 1;
    this.#valid ??= new Uint8Array(this.#capacity * this.#width);
    const valid = this.#valid.subarray(0, index.length * width);
    if (own) copyRows(own, index, valid, { base: head!.base, at: 0, width });
    else for (let row = 0; row < index.length; row++) valid[row] = index[row]! < 0 ? 0 : 1;
    return valid;
  }

  /** The sample's own time, or what it says that it was made from. */
  #fromOf(index: Int32Array, head: Chunks<RowsBatch>["head"]): SourceTimes {
    const first = this.#first.subarray(0, index.length);
    const earlier = head?.batch.from;
    if (!earlier) {
      timesAt(this.#span.column.times, index, 0, first);
      return { first };
    }
    timesAt(earlier.first, index, head!.base, first);
    if (!earlier.last) return { first };
    this.#last ??= new BigInt64Array(this.#capacity);
    const last = this.#last.subarray(0, index.length);
    timesAt(earlier.last, index, head!.base, last);
    return { first, last };
  }
}

/** Rows that one batch holds, bounded in rows and in bytes. */
export function batchCapacity(rowBytes: number, rows: number): number {
  return Math.max(1, Math.min(BATCH_ROWS, rows, Math.floor(BATCH_BYTES / rowBytes)));
}
