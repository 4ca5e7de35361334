import type { FeatureStatistics } from "./counted.ts";
import type { StatisticsByFeature } from "./statistics.ts";

/** A statistic by LeRobot's key: `[width]` floats, or for pictures `[channel, 1, 1]`. */
type Told = { readonly [key: string]: unknown };

/** As LeRobot prints them: min, max, mean, std, count, and the quantiles that are known. */
export function lerobotStatistics(statistics: FeatureStatistics, options: { readonly quantiles: boolean }): Told {
  const { count, min, max, mean, std, quantiles } = statistics;
  const floats = statistics.pictures ? inChannels : (values: readonly number[]) => Float64Array.from(values);
  return {
    min: floats(min),
    max: floats(max),
    mean: floats(mean),
    std: floats(std),
    count: [count],
    ...(options.quantiles && Object.fromEntries(Object.entries(quantiles).map(([name, values]) => [name, floats(values)]))),
  };
}

/** The same for every feature. */
export function lerobotStatisticsOf(all: StatisticsByFeature, options: { readonly quantiles: boolean }): Told {
  return Object.fromEntries(Object.entries(all).map(([feature, each]) => [feature, lerobotStatistics(each, options)]));
}

function inChannels(values: readonly number[]): Float64Array[][] {
  return values.map((value) => [Float64Array.of(value)]);
}
