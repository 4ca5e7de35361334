import type { EpisodeId } from "../../core/episode.ts";
import type { Finding, Severity } from "../../core/finding.ts";
import type { Nanoseconds } from "../../core/time.ts";

/** What a finding is about: an interval, half-open, of a stream or of the whole episode. */
export interface About {
  readonly check: string;
  readonly episode: EpisodeId;
  readonly stream?: string;
  readonly start?: Nanoseconds;
  readonly end?: Nanoseconds;
}

/** A finding with its times written as JSON has them. */
export function finding(about: About, severity: Severity, message: string): Finding {
  return {
    check: about.check,
    severity,
    episode: about.episode,
    ...(about.stream !== undefined && { stream: about.stream }),
    ...(about.start !== undefined && { startNs: about.start.toString() }),
    ...(about.end !== undefined && { endNs: about.end.toString() }),
    message,
  };
}

/** A length of time for a person: `0.53 s`, `33 ms`, `1.2 ms`. */
export function lengthText(ns: number | bigint): string {
  const seconds = Number(ns) / 1e9;
  if (Math.abs(seconds) >= 100) return `${seconds.toFixed(0)} s`;
  if (Math.abs(seconds) >= 0.2) return `${seconds.toFixed(2)} s`;
  const ms = seconds * 1e3;
  return `${Math.abs(ms) >= 10 ? ms.toFixed(0) : Number(ms.toPrecision(2))} ms`;
}

/** When something was, in seconds from the start of its episode: `1.20 s to 1.90 s`. */
export function whenText(origin: Nanoseconds, start: Nanoseconds, end: Nanoseconds): string {
  return `${momentText(origin, start)} to ${momentText(origin, end)}`;
}

/** A moment in seconds from the start of its episode: `1.20 s`. */
export function momentText(origin: Nanoseconds, moment: Nanoseconds): string {
  return `${(Number(moment - origin) / 1e9).toFixed(2)} s`;
}

/** A few of many names: `a, b, c and 4 more`. */
export function namesText(names: readonly string[], most = 4): string {
  if (names.length <= most + 1) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** A number as short as it can be said: three significant digits. */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(3)));
}
