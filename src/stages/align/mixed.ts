import { type NumberArray, numbers, type RowsBatch } from "../../core/batch.ts";
import type { NumberDtype } from "../../core/feature.ts";
import { NO_TIME } from "../../core/time.ts";
import { type Aggregate, aggregateInto, type FloatArray, lerpInto, slerpInto } from "../../kernels/resampleValues.ts";
import { type Chunk, Chunks, joinRows } from "./chunks.ts";
import { neededFrom, Positions, type RowSpan, readyRows } from "./cursor.ts";
import type { Output } from "./output.ts";
import { batchCapacity } from "./rows.ts";

/** Rows of numbers, each made of several samples: interpolated between two, or gathered from a window. */
export class MixedRows implements Output {
  readonly #span: RowSpan;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #positions: Positions;
  readonly #chunks = new Chunks<RowsBatch>();
  readonly #width: number;
  readonly #capacity: number;
  readonly #values: NumberArray;
  readonly #valid: Uint8Array;
  readonly #from: { readonly first: BigInt64Array; readonly last: BigInt64Array };
  #row: number;

  constructor(stream: string, span: RowSpan, shape: { readonly dtype: NumberDtype; readonly width: number }) {
    this.#span = span;
    this.#first = span.column.first.subarray(0, span.end);
    this.#last = span.column.last!.subarray(0, span.end);
    this.#positions = new Positions(stream, span.column.times);
    this.#width = shape.width;
    this.#capacity = batchCapacity(8 * Math.max(1, shape.width), span.end - span.start);
    this.#values = numbers(shape.dtype, this.#capacity * shape.width);
    this.#valid = new Uint8Array(this.#capacity * shape.width);
    this.#from = { first: new BigInt64Array(this.#capacity), last: new BigInt64Array(this.#capacity) };
    this.#row = span.start;
  }

  get nextTime(): bigint | undefined {
    return this.#row < this.#span.end ? this.#span.grid[this.#row] : undefined;
  }

  push(batch: RowsBatch): void {
    this.#chunks.push(batch, this.#positions.place(batch.time));
  }

  retain(): void {
    this.#chunks.retain(neededFrom(this.#first, this.#row, this.#span.end));
  }

  take(): RowsBatch | undefined {
    const start = this.#row;
    this.#chunks.drop(neededFrom(this.#first, start, this.#span.end));
    const count = readyRows(this.#last, start, { received: this.#chunks.received, limit: this.#capacity });
    if (count === 0) return undefined;
    const chunk = this.#chunks.joined(joinRows);
    let whole = true;
    for (let at = 0; at < count; at++) if (!this.#mix(chunk, start + at, at)) whole = false;
    this.#row = start + count;
    return {
      kind: "rows",
      time: this.#span.grid.subarray(start, start + count),
      values: this.#values.subarray(0, count * this.#width) as NumberArray,
      ...(!whole && { valid: this.#valid.subarray(0, count * this.#width) }),
      from: { first: this.#from.first.subarray(0, count), last: this.#from.last.subarray(0, count) },
    };
  }

  /** Makes one row; tells whether all its numbers are there. */
  #mix(chunk: Chunk<RowsBatch> | undefined, row: number, at: number): boolean {
    const width = this.#width;
    const a = this.#first[row]!;
    const b = this.#last[row]!;
    if (a < 0 || !chunk) {
      this.#values.fill(0 as never, at * width, (at + 1) * width);
      this.#valid.fill(0, at * width, (at + 1) * width);
      this.#from.first[at] = this.#from.last[at] = NO_TIME;
      return width === 0;
    }
    const { batch, base } = chunk;
    this.#from.first[at] = batch.from?.first[a - base] ?? batch.time[a - base]!;
    this.#from.last[at] = batch.from?.last?.[b - base] ?? batch.from?.first[b - base] ?? batch.time[b - base]!;
    const validWidth = batch.valid && batch.valid.length !== batch.time.length ? width : 1;
    const { method } = this.#span.column;
    if (method === "linear" || method === "slerp") {
      this.#interpolate(batch, { a: a - base, b: b - base, row, at });
      markPair(this.#valid, batch, { a: a - base, b: b - base, at, width, validWidth });
    } else {
      const window = { values: batch.values, valid: batch.valid, validWidth, start: a - base, end: b - base + 1, width };
      aggregateInto(method as Aggregate, this.#values, at, window, this.#valid);
    }
    return !this.#valid.subarray(at * width, (at + 1) * width).includes(0);
  }

  #interpolate(batch: RowsBatch, { a, b, row, at }: { a: number; b: number; row: number; at: number }): void {
    const time = this.#span.grid[row]!;
    const span = batch.time[b]! - batch.time[a]!;
    const weight = span === 0n ? 0 : Number(time - batch.time[a]!) / Number(span);
    const to = this.#values as FloatArray;
    const from = batch.values as FloatArray;
    if (this.#span.column.method === "linear") {
      lerpInto(to, at, from, { a, b, weight, width: this.#width });
      return;
    }
    const turns = this.#width / 4;
    for (let turn = 0; turn < turns; turn++) {
      slerpInto(to, at * turns + turn, from, { a: a * turns + turn, b: b * turns + turn, weight });
    }
  }
}

function markPair(
  valid: Uint8Array,
  batch: RowsBatch,
  { a, b, at, width, validWidth }: { a: number; b: number; at: number; width: number; validWidth: number },
): void {
  for (let k = 0; k < width; k++) {
    const column = validWidth === 1 ? 0 : k;
    const both = !batch.valid || (batch.valid[a * validWidth + column] === 1 && batch.valid[b * validWidth + column] === 1);
    valid[at * width + k] = both ? 1 : 0;
  }
}
