/** A moment or a length of time in nanoseconds. A moment belongs to its episode's clock. */
export type Nanoseconds = bigint & { readonly unit?: "ns" };

/** Half-open: `start` is inside, `end` is not. */
export interface TimeRange {
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
}

/**
 * The clock of an episode: `unix` counts from 1970-01-01 UTC; `episode` starts at 0, for formats
 * that know no more.
 */
export type Clock = "unix" | "episode";

/** The time of a sample that has none, as in a row whose input is missing. */
export const NO_TIME: Nanoseconds = -(2n ** 63n);

/** Nanoseconds as a number of seconds: exact to the microsecond over an episode, never for clocks. */
export function toSeconds(time: Nanoseconds): number {
  return Number(time / 1_000_000_000n) + Number(time % 1_000_000_000n) / 1e9;
}

/** Seconds to the nearest nanosecond. */
export function fromSeconds(seconds: number): Nanoseconds {
  const whole = Math.floor(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9));
}
