import { TendonError } from "../../core/errors.ts";
import { rateOf } from "./packetIndex.ts";

/** Presentation and decode times of a track in ticks, as mp4 tables hold them. */
export interface TrackTimes {
  readonly timescale: number;
  /** One a packet, in decode order. */
  readonly deltas: Uint32Array;
  readonly offsets: Uint32Array;
  readonly delay: number;
}

/** How far a time may lie from `i / rate` and still be meant as it. */
const STEADY_NS = 1000n;

/**
 * Ticks for packets shown at `time` (nanoseconds from 0, in decode order). A steady rate gives whole
 * ticks a frame, so that frame i stands at i / rate exactly and the mean rate is the rate; other
 * times are kept to the microsecond, or exactly where they are whole milliseconds.
 */
export function trackTimes(time: BigInt64Array, rateHz?: number): TrackTimes {
  const ascending = time.toSorted();
  if (ascending[0] !== 0n)
    throw new TendonError("internal", `the first frame must be shown at 0, it was given at ${ascending[0]} ns`);
  const steady = steadyStep(ascending, rateHz);
  const timescale = steady?.timescale ?? (ascending.every((each) => each % 1_000_000n === 0n) ? 1000 : 1_000_000);
  const sorted = Float64Array.from(ascending, (each, i) => (steady ? i * steady.step : toTicks(each, timescale)));
  const deltas = new Uint32Array(time.length);
  for (let i = 0; i + 1 < time.length; i++) {
    const delta = sorted[i + 1]! - sorted[i]!;
    if (delta <= 0 || delta >= 2 ** 32) throw twoAtOnce(ascending, i);
    deltas[i] = delta;
  }
  deltas[time.length - 1] = steady?.step ?? deltas[time.length - 2] ?? timescale;
  const { offsets, delay } = reorder(time, ascending, sorted);
  return { timescale, deltas, offsets, delay };
}

/** Where each packet's presentation stands in the order of decode times, which are the sorted presentation times. */
function reorder(time: BigInt64Array, ascending: BigInt64Array, sorted: Float64Array): { offsets: Uint32Array; delay: number } {
  const offsets = new Uint32Array(time.length);
  const late = new Float64Array(time.length);
  let delay = 0;
  for (let i = 0; i < time.length; i++) {
    late[i] = time[i] === ascending[i] ? 0 : sorted[placeOf(ascending, time[i]!)]! - sorted[i]!;
    delay = Math.max(delay, -late[i]!);
  }
  for (let i = 0; i < time.length; i++) offsets[i] = late[i]! + delay;
  return { offsets, delay };
}

function steadyStep(ascending: BigInt64Array, rateHz?: number): { timescale: number; step: number } | undefined {
  const rate = rateHz ?? rateOf(Float64Array.from(ascending, Number), 1_000_000_000);
  const fraction = rateFraction(rate);
  if (!fraction) return undefined;
  const { numerator, denominator } = fraction;
  for (let i = 0; i < ascending.length; i++) {
    const steady = (BigInt(i) * BigInt(denominator) * 2_000_000_000n + BigInt(numerator)) / (2n * BigInt(numerator));
    const off = ascending[i]! - steady;
    if (off > STEADY_NS || off < -STEADY_NS) return undefined;
  }
  // As FFmpeg does: at least 10,000 ticks a second.
  let times = 1;
  while (numerator * times < 10_000) times *= 2;
  return { timescale: numerator * times, step: denominator * times };
}

/** A rate as a fraction: whole, of 1001 as in NTSC, or a decimal number with up to three places. */
export function rateFraction(rateHz: number): { numerator: number; denominator: number } | undefined {
  if (!(rateHz > 0) || rateHz > 100_000) return undefined;
  for (const denominator of [1, 1001, 10, 100, 1000]) {
    const numerator = Math.round(rateHz * denominator);
    const isThis = Math.abs(numerator / denominator - rateHz) <= rateHz * 1e-9;
    if (numerator > 0 && isThis && (denominator !== 1001 || numerator % 1000 === 0)) return { numerator, denominator };
  }
  return undefined;
}

function toTicks(time: bigint, timescale: number): number {
  return Number((2n * time * BigInt(timescale) + 1_000_000_000n) / 2_000_000_000n);
}

function placeOf(ascending: BigInt64Array, time: bigint): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function twoAtOnce(ascending: BigInt64Array, first: number): TendonError {
  const [a, b] = [ascending[first], ascending[first + 1]];
  return new TendonError("bad-data", `frames ${first} and ${first + 1} are shown at ${a} and ${b} ns, which mp4 cannot hold`);
}
