import { TendonError } from "../../core/errors.ts";
import { lowerBound } from "../../kernels/resample.ts";
import type { Column } from "./columns.ts";

/** Rows `start` to `end` (half-open), or just `rows` of them, of one aligned stream. */
export interface RowSpan {
  readonly grid: BigInt64Array;
  readonly column: Column;
  readonly start: number;
  readonly end: number;
}

/** Finds the place of delivered batches among the samples that a stream's times announced. */
export class Positions {
  readonly #stream: string;
  readonly #times: BigInt64Array;
  #next: number | undefined;

  constructor(stream: string, times: BigInt64Array) {
    this.#stream = stream;
    this.#times = times;
  }

  /** The position of the batch's first sample. Throws where the samples are not those announced. */
  place(time: BigInt64Array): number {
    this.#next ??= lowerBound(this.#times, time[0]!);
    const base = this.#next;
    const last = base + time.length - 1;
    if (this.#times[base] !== time[0] || this.#times[last] !== time[time.length - 1]) {
      throw new TendonError(
        "bad-data",
        `sample ${base} was announced at ${this.#times[base] ?? "no time"} ns and came at ${time[0]} ns: samples are missing, or the recording changed while it was read`,
        { place: { stream: this.#stream } },
      );
    }
    this.#next = last + 1;
    return base;
  }
}

/** How many rows from `row` have their sample before position `received`, at most `limit`. */
export function readyRows(index: Int32Array, row: number, bounds: { received: number; limit: number }): number {
  const end = Math.min(index.length, row + bounds.limit);
  let ready = row;
  while (ready < end && index[ready]! < bounds.received) ready++;
  return ready - row;
}

/** The first sample that rows from `row` on need; `Infinity` where none does. */
export function neededFrom(index: Int32Array, row: number, end: number): number {
  for (let at = row; at < end; at++) if (index[at]! >= 0) return index[at]!;
  return Number.POSITIVE_INFINITY;
}
