import { type NumberArray, numbers, type RowsBatch } from "../../core/batch.ts";
import type { NumberDtype } from "../../core/feature.ts";
import { NO_TIME } from "../../core/time.ts";
import { lowerBound, previousIndex, timesAt } from "../../kernels/resample.ts";
import { type Cursor, NewestJoin } from "../../kernels/resampleNewest.ts";
import { copyRows } from "../../kernels/resampleValues.ts";
import { type Chunk, Chunks } from "./chunks.ts";
import { Positions, type RowSpan } from "./cursor.ts";
import type { Output } from "./output.ts";
import { batchCapacity } from "./rows.ts";

/**
 * Rows of numbers, each the newest sample at or before it: by far the usual case, so rows are joined
 * and copied in one walk and no column of positions is made. Runs of rows without one go apart.
 */
export class NewestRows implements Output {
  readonly #span: RowSpan;
  readonly #positions: Positions;
  readonly #chunks = new Chunks<RowsBatch>();
  readonly #width: number;
  readonly #wordWidth: number;
  readonly #dtype: NumberDtype;
  readonly #capacity: number;
  readonly #cursor: Cursor;
  readonly #lacking: Int32Array;
  #join: NewestJoin | undefined;
  /** The next run of rows without a sample, as its place in `lacking`. */
  #run = 0;

  constructor(stream: string, span: RowSpan, shape: { readonly dtype: NumberDtype; readonly width: number }) {
    this.#span = span;
    this.#positions = new Positions(stream, span.column.times);
    this.#width = shape.width;
    this.#dtype = shape.dtype;
    const rowBytes = numbers(shape.dtype, 1).BYTES_PER_ELEMENT * shape.width;
    this.#wordWidth = rowBytes / 4;
    this.#capacity = batchCapacity(rowBytes, span.end - span.start);
    this.#lacking = span.column.lacking!;
    const start = span.grid[span.start] ?? 0n;
    this.#cursor = { row: span.start, sample: Math.max(0, lowerBound(span.column.times, start + 1n) - 1) };
    this.#moveOn();
  }

  get nextTime(): bigint | undefined {
    return this.#cursor.row < this.#span.end ? this.#span.grid[this.#cursor.row] : undefined;
  }

  push(batch: RowsBatch): void {
    this.#chunks.push(batch, this.#positions.place(batch.time));
  }

  retain(): void {
    this.#chunks.retain(this.#cursor.row < this.#span.end ? this.#cursor.sample : Number.POSITIVE_INFINITY);
  }

  take(): RowsBatch | undefined {
    const { grid, column } = this.#span;
    const rowEnd = Math.min(this.#span.end, this.#cursor.row + this.#capacity);
    const [lackStart, lackEnd] = this.#nextLack();
    if (this.#cursor.row >= lackStart) return this.#missing(Math.min(rowEnd, lackEnd));
    this.#chunks.drop(this.#cursor.sample);
    const head = this.#chunks.head;
    if (!head) return undefined;
    const { batch, base } = head;
    const row = this.#cursor.row;
    const words = new Uint32Array(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength / 4);
    this.#join ??= NewestJoin.take({ rows: this.#capacity, width: this.#wordWidth });
    const count = this.#join.spread({ grid, times: column.times, words, base }, this.#cursor, {
      rowEnd: Math.min(rowEnd, lackStart),
      sampleEnd: base + batch.time.length,
    });
    if (count === 0) return this.#chunks.received > this.#cursor.sample ? this.take() : undefined;
    this.#moveOn();
    const values = viewed(this.#dtype, this.#join.words.subarray(0, count * this.#wordWidth));
    const time = grid.subarray(row, row + count);
    if (batch.valid || batch.from) return { kind: "rows", time, values, ...this.#described(time, head) };
    return { kind: "rows", time, values, from: { first: this.#join.times.subarray(0, count) } };
  }

  close(): void {
    this.#join?.release();
    this.#join = undefined;
  }

  /** The first row of the next run without samples, and the one behind its last. */
  #nextLack(): [number, number] {
    while (this.#run < this.#lacking.length && this.#lacking[this.#run + 1]! <= this.#cursor.row) this.#run += 2;
    return [this.#lacking[this.#run] ?? Number.POSITIVE_INFINITY, this.#lacking[this.#run + 1] ?? Number.POSITIVE_INFINITY];
  }

  #missing(rowEnd: number): RowsBatch {
    const { row } = this.#cursor;
    const count = rowEnd - row;
    this.#cursor.row = rowEnd;
    this.#moveOn();
    return {
      kind: "rows",
      time: this.#span.grid.subarray(row, rowEnd),
      values: numbers(this.#dtype, count * this.#width),
      valid: new Uint8Array(count),
      from: { first: new BigInt64Array(count).fill(NO_TIME) },
    };
  }

  /** To the newest sample of the next row, so that older ones need not be kept. */
  #moveOn(): void {
    const { grid, column, end } = this.#span;
    const { row } = this.#cursor;
    if (row >= end) return;
    const time = grid[row]!;
    let sample = this.#cursor.sample;
    while (sample + 1 < column.times.length && column.times[sample + 1]! <= time) sample++;
    this.#cursor.sample = sample;
  }

  /** What the samples say of themselves: which numbers are there, and what they were made from. */
  #described(time: BigInt64Array, { batch, base }: Chunk<RowsBatch>): Pick<RowsBatch, "valid" | "from"> {
    const index = previousIndex(time, this.#span.column.times.subarray(base, base + batch.time.length));
    const pick = (times: BigInt64Array) => {
      const out = new BigInt64Array(index.length);
      timesAt(times, index, 0, out);
      return out;
    };
    const first = pick(batch.from?.first ?? batch.time);
    const from = batch.from?.last ? { first, last: pick(batch.from.last) } : { first };
    if (!batch.valid) return { from };
    const width = batch.valid.length / batch.time.length;
    const valid = new Uint8Array(index.length * width);
    copyRows(batch.valid, index, valid, { base: 0, at: 0, width });
    return { valid, from };
  }
}

/** Whether numbers of this kind stand in whole words of 32 bits, which is how they are copied. */
export function inWords(dtype: NumberDtype, width: number): boolean {
  return width > 0 && numbers(dtype, 1).BYTES_PER_ELEMENT >= 4;
}

/** Words as the numbers that they are. */
function viewed(dtype: NumberDtype, words: Uint32Array): NumberArray {
  const of = numbers(dtype, 0).constructor as Float32ArrayConstructor;
  return new of(words.buffer, words.byteOffset, words.byteLength / of.BYTES_PER_ELEMENT) as unknown as NumberArray;
}
