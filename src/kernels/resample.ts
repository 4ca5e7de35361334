import { NO_TIME } from "../core/time.ts";

/**
 * As-of joins of two ascending columns of nanoseconds: for each time of `grid`, a position in
 * `input`, or -1. One walk over both, nothing allocated a row. BigInt64Array comparisons are not
 * boxed by V8; the loops stay over runs of equal answers, which is what makes them fast.
 */

/** No limit on how far an input may lie from its row. */
export const ANY_DISTANCE = 2n ** 63n - 1n;

/** Joins take the distance that is still near enough, in nanoseconds, both ends included. */
export interface JoinOptions {
  /** Absent: any. */
  readonly toleranceNs?: bigint;
  /** Where the answer goes. Absent: a new column. */
  readonly out?: Int32Array;
}

/** The newest input at or before each time; of equal times the last. */
export function previousIndex(grid: BigInt64Array, input: BigInt64Array, options: JoinOptions = {}): Int32Array {
  const out = options.out ?? new Int32Array(grid.length);
  const tolerance = BigInt.asIntN(64, options.toleranceNs ?? ANY_DISTANCE);
  const rows = grid.length;
  const samples = input.length;
  let row = 0;
  while (row < rows && (samples === 0 || grid[row]! < input[0]!)) out[row++] = -1;
  for (let sample = 0; sample + 1 < samples && row < rows; sample++) {
    const next = input[sample + 1]!;
    const limit = BigInt.asIntN(64, input[sample]! + tolerance);
    if (limit < input[sample]!) {
      // The limit lies behind the end of int64: nothing is too far.
      while (row < rows && grid[row]! < next) out[row++] = sample;
    } else {
      while (row < rows && grid[row]! < next) {
        out[row] = grid[row]! <= limit ? sample : -1;
        row++;
      }
    }
  }
  if (row === rows) return out;
  const newest = input[samples - 1]!;
  const limit = BigInt.asIntN(64, newest + tolerance);
  for (; row < rows; row++) out[row] = limit < newest || grid[row]! <= limit ? samples - 1 : -1;
  return out;
}

/** The first input at or after each time; of equal times the first. */
export function nextIndex(grid: BigInt64Array, input: BigInt64Array, options: JoinOptions = {}): Int32Array {
  const out = options.out ?? new Int32Array(grid.length);
  const tolerance = BigInt.asIntN(64, options.toleranceNs ?? ANY_DISTANCE);
  const rows = grid.length;
  let row = 0;
  for (let sample = 0; sample < input.length && row < rows; sample++) {
    const time = input[sample]!;
    const limit = BigInt.asIntN(64, time - tolerance);
    if (limit > time) {
      // The limit lies before the start of int64: nothing is too far.
      while (row < rows && grid[row]! <= time) out[row++] = sample;
    } else {
      while (row < rows && grid[row]! <= time) {
        out[row] = grid[row]! >= limit ? sample : -1;
        row++;
      }
    }
  }
  out.fill(-1, row, rows);
  return out;
}

/** The input nearest to each time; of two equally near the earlier, which was known at that time. */
export function nearestIndex(grid: BigInt64Array, input: BigInt64Array, options: JoinOptions = {}): Int32Array {
  const out = previousIndex(grid, input, options.out ? { out: options.out } : {});
  const tolerance = options.toleranceNs ?? ANY_DISTANCE;
  const last = input.length - 1;
  for (let row = 0; row < out.length; row++) {
    const before = out[row]!;
    const time = grid[row]!;
    if (last < 0) continue;
    let best = before;
    if (before < 0) best = 0;
    else if (before < last && BigInt.asIntN(64, input[before + 1]! - time) < BigInt.asIntN(64, time - input[before]!)) {
      best = firstOfEqual(input, before + 1);
    }
    const distance = input[best]! > time ? input[best]! - time : time - input[best]!;
    out[row] = distance <= tolerance ? best : -1;
  }
  return out;
}

/**
 * Half-open windows of inputs: row i has the inputs at times in `[edges[i], edges[i + 1])`, which are
 * positions `start[i]` to `end[i]` (half-open). `edges` has one more entry than there are rows.
 */
export function windowRanges(edges: BigInt64Array, input: BigInt64Array): { start: Int32Array; end: Int32Array } {
  const rows = Math.max(0, edges.length - 1);
  const start = new Int32Array(rows);
  const end = new Int32Array(rows);
  let sample = lowerBound(input, edges[0] ?? 0n);
  for (let row = 0; row < rows; row++) {
    const stop = edges[row + 1]!;
    start[row] = sample;
    while (sample < input.length && input[sample]! < stop) sample++;
    end[row] = sample;
  }
  return { start, end };
}

/** The first position whose time is not before `time`: where it stands, or would. */
export function lowerBound(times: BigInt64Array, time: bigint): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The time of each position less `base`; NO_TIME where it is -1. The times travel as halves: twice as
 * fast as BigInts.
 */
export function timesAt(input: BigInt64Array, index: Int32Array, base: number, out: BigInt64Array): void {
  const from = new Uint32Array(input.buffer, input.byteOffset, input.length * 2);
  const to = new Uint32Array(out.buffer, out.byteOffset, out.length * 2);
  for (let row = 0; row < index.length; row++) {
    const sample = index[row]! - base;
    if (index[row]! < 0) {
      to[2 * row] = NO_TIME_LOW;
      to[2 * row + 1] = NO_TIME_HIGH;
    } else {
      to[2 * row] = from[2 * sample]!;
      to[2 * row + 1] = from[2 * sample + 1]!;
    }
  }
}
const [NO_TIME_LOW, NO_TIME_HIGH] = new Uint32Array(BigInt64Array.of(NO_TIME).buffer) as unknown as [number, number];

/** A column at `rateHz`, from `start` to `end` (both included): `start + round(i * 1e9 / rateHz)`, exact for rates of up to six decimals. */
export function regularTimes(rateHz: number, bounds: { start: bigint; end: bigint }): BigInt64Array {
  const rate = BigInt(Math.round(rateHz * 1e6));
  const count = bounds.end < bounds.start ? 0 : Number(((bounds.end - bounds.start) * rate) / 1_000_000_000_000_000n) + 2;
  const out = new BigInt64Array(count);
  const unit = Number(rate);
  const step = BigInt(Math.floor(1e15 / unit));
  const remainder = 1e15 % unit;
  let time = bounds.start;
  let carry = Math.floor(unit / 2);
  let rows = 0;
  while (rows < count && time <= bounds.end) {
    out[rows++] = time;
    time = BigInt.asIntN(64, time + step);
    carry += remainder;
    if (carry >= unit) {
      carry -= unit;
      time = BigInt.asIntN(64, time + 1n);
    }
  }
  return out.subarray(0, rows);
}

function firstOfEqual(input: BigInt64Array, position: number): number {
  let first = position;
  while (first > 0 && input[first - 1] === input[position]) first--;
  return first;
}
