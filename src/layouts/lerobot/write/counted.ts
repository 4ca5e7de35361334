import { quantileOfCounts } from "../../../kernels/statisticsQuantiles.ts";
import type { Rate } from "./rational.ts";
import { frameSeconds } from "./rational.ts";

/** Statistics of one feature as LeRobot keeps them: `[width]` each, or one for each channel of pictures. */
export interface FeatureStatistics {
  readonly count: number;
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly quantiles: { readonly [name: string]: readonly number[] };
  readonly pictures?: true;
}

/** LeRobot v3.0's five quantiles. */
export const QUANTILES = { q01: 0.01, q10: 0.1, q50: 0.5, q90: 0.9, q99: 0.99 };

/** Exact statistics of values that are given with their counts, ascending by value. */
export function countedStatistics(values: ArrayLike<number>, counts: ArrayLike<number>): FeatureStatistics {
  let count = 0;
  let sum = 0;
  let min = Number.NaN;
  let max = Number.NaN;
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] === 0) continue;
    if (count === 0) min = values[at]!;
    max = values[at]!;
    count += counts[at]!;
    sum += values[at]! * counts[at]!;
  }
  const mean = sum / count;
  let squares = 0;
  for (let at = 0; at < counts.length; at++) squares += counts[at]! * (values[at]! - mean) ** 2;
  const quantiles = Object.entries(QUANTILES).map(([name, q]) => [name, [quantileOfCounts(values, counts, q)]]);
  const each = { min: [min], max: [max], mean: [mean], std: [Math.sqrt(squares / count)] };
  return { count, ...each, quantiles: Object.fromEntries(quantiles) };
}

/** Exact statistics of `count` numbers that rise by one from `first`. */
export function risingStatistics(first: number, count: number): FeatureStatistics {
  const quantiles = Object.entries(QUANTILES).map(([name, q]) => [name, [first + q * (count - 1)]]);
  return {
    count,
    min: [first],
    max: [first + count - 1],
    mean: [first + (count - 1) / 2],
    std: [Math.sqrt((count * count - 1) / 12)],
    quantiles: Object.fromEntries(quantiles),
  };
}

/** Statistics of frame numbers as those of their times in seconds. */
export function inSeconds(frames: FeatureStatistics, rate: Rate): FeatureStatistics {
  const seconds = (values: readonly number[]) => values.map((value) => frameSeconds(value, rate));
  const quantiles = Object.entries(frames.quantiles).map(([name, values]) => [name, seconds(values)]);
  return {
    count: frames.count,
    min: seconds(frames.min).map(Math.fround),
    max: seconds(frames.max).map(Math.fround),
    mean: seconds(frames.mean),
    std: seconds(frames.std),
    quantiles: Object.fromEntries(quantiles),
  };
}
