import type { NumberArray, RowsBatch } from "../../core/batch.ts";
import { NO_TIME } from "../../core/time.ts";
import type { Vector } from "./recipe.ts";

/** What one stream gives to a vector. */
interface Lane {
  readonly source: Int32Array;
  readonly target: Int32Array;
  filled: number;
}

/** Puts rows together from streams that come at their own pace, and gives those that are whole. */
export class VectorBuilder {
  readonly streams: readonly string[];
  readonly #lanes: readonly Lane[];
  readonly #width: number;
  readonly #next: boolean;
  #capacity = 0;
  /** Rows that were given before the first that is held. */
  #given = 0;
  #values = new Float32Array(0);
  #valid: Uint8Array | undefined;
  #time = new BigInt64Array(0);
  #first = new BigInt64Array(0);
  #last = new BigInt64Array(0);

  constructor(vector: Vector) {
    this.streams = [...new Set(vector.columns.map((one) => one.stream))];
    this.#width = vector.columns.length;
    this.#next = vector.next ?? false;
    this.#lanes = this.streams.map((stream) => {
      const own = vector.columns.flatMap((one, target) => (one.stream === stream ? [{ source: one.column, target }] : []));
      return { source: Int32Array.from(own, (one) => one.source), target: Int32Array.from(own, (one) => one.target), filled: 0 };
    });
  }

  /** Adds rows of stream number `lane` of `streams`. */
  push(lane: number, batch: RowsBatch): void {
    const own = this.#lanes[lane]!;
    const at = own.filled - this.#given;
    const count = batch.time.length;
    this.#reserve(at + count);
    const fresh = Math.max(...this.#lanes.map((one) => one.filled)) - this.#given;
    this.#time.set(batch.time, at);
    spread(batch.values, own, { to: this.#values, at, count, width: this.#width });
    this.#markValid(batch, own, at);
    this.#markFrom(batch, { at, fresh });
    own.filled += count;
  }

  /** The rows that all streams have given; with `end`, the last one too of a vector that looks ahead. Valid until the next `push`. */
  take(end: boolean): RowsBatch | undefined {
    const held = Math.min(...this.#lanes.map((lane) => lane.filled)) - this.#given;
    const ahead = this.#next ? 1 : 0;
    const count = end ? held : held - ahead;
    if (count <= 0) return undefined;
    if (end && ahead) this.#repeatLast(held);
    const width = this.#width;
    const batch: RowsBatch = {
      kind: "rows",
      time: this.#time.slice(0, count),
      values: this.#values.slice(ahead * width, (ahead + count) * width),
      ...(this.#valid && { valid: this.#valid.slice(ahead * width, (ahead + count) * width) }),
      from: { first: this.#first.slice(ahead, ahead + count), last: this.#last.slice(ahead, ahead + count) },
    };
    this.#forget(count);
    return batch;
  }

  /** Nothing comes after the last row, so it stays where it is. */
  #repeatLast(held: number): void {
    this.#reserve(held + 1);
    const width = this.#width;
    for (const column of [this.#values, this.#valid]) column?.copyWithin(held * width, (held - 1) * width, held * width);
    for (const column of [this.#first, this.#last]) column.copyWithin(held, held - 1, held);
  }

  #forget(count: number): void {
    const width = this.#width;
    for (const column of [this.#values, this.#valid]) column?.copyWithin(0, count * width);
    for (const column of [this.#time, this.#first, this.#last]) column.copyWithin(0, count);
    this.#given += count;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, this.#capacity * 2, 64);
    const width = this.#width;
    this.#values = grown(this.#values, new Float32Array(this.#capacity * width));
    if (this.#valid) this.#valid = grown(this.#valid, new Uint8Array(this.#capacity * width).fill(1));
    this.#time = grown(this.#time, new BigInt64Array(this.#capacity));
    this.#first = grown(this.#first, new BigInt64Array(this.#capacity));
    this.#last = grown(this.#last, new BigInt64Array(this.#capacity));
  }

  #markValid(batch: RowsBatch, lane: Lane, at: number): void {
    if (!batch.valid && !this.#valid) return;
    this.#valid ??= new Uint8Array(this.#capacity * this.#width).fill(1);
    const count = batch.time.length;
    const wide = batch.valid ? batch.valid.length / count : 0;
    for (let row = 0; row < count; row++) {
      for (let k = 0; k < lane.source.length; k++) {
        const column = wide > 1 ? lane.source[k]! : 0;
        const one = batch.valid ? batch.valid[row * wide + column]! : 1;
        this.#valid[(at + row) * this.#width + lane.target[k]!] = one;
      }
    }
  }

  /** From the earliest to the latest of all that a row was made of. */
  #markFrom(batch: RowsBatch, { at, fresh }: { at: number; fresh: number }): void {
    const first = batch.from?.first ?? batch.time;
    const last = batch.from?.last ?? first;
    for (let row = 0; row < first.length; row++) {
      const place = at + row;
      if (place >= fresh || this.#first[place] === NO_TIME) {
        this.#first[place] = first[row]!;
        this.#last[place] = last[row]!;
      } else if (first[row] !== NO_TIME) {
        if (first[row]! < this.#first[place]!) this.#first[place] = first[row]!;
        if (last[row]! > this.#last[place]!) this.#last[place] = last[row]!;
      }
    }
  }
}

function spread(
  from: NumberArray,
  lane: Lane,
  { to, at, count, width }: { to: Float32Array; at: number; count: number; width: number },
): void {
  const own = count === 0 ? 0 : from.length / count;
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < lane.source.length; k++) {
      to[(at + row) * width + lane.target[k]!] = Number(from[row * own + lane.source[k]!]);
    }
  }
}

function grown<A extends Float32Array | Uint8Array | BigInt64Array>(old: A, larger: A): A {
  (larger as Float32Array).set(old as Float32Array);
  return larger;
}
