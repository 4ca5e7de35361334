import type { Nanoseconds } from "../../../core/time.ts";

/** The time of row i: i / rate, to the nearest nanosecond. Rows before the first have negative times. */
export function rowTime(row: number, rateHz: number): Nanoseconds {
  return BigInt(Math.round((row * 1e9) / rateHz));
}

/** The times of rows `from` to `to` (half-open). */
export function rowTimes(from: number, to: number, rateHz: number): BigInt64Array {
  const times = new BigInt64Array(to - from);
  for (let row = from; row < to; row++) times[row - from] = BigInt(Math.round((row * 1e9) / rateHz));
  return times;
}
