import type { Dtype } from "../../core/feature.ts";
import type { Finding } from "../../core/finding.ts";
import type { Drop, Failure } from "../../core/report.ts";
import type { Clock } from "../../core/time.ts";

/** What `preview` prints with `--json`. Times are strings of nanoseconds of the episode's clock. */
export interface PreviewReport {
  /** The page, absolute. */
  readonly file: string;
  /** The step after which the data is shown: `sources.teleop.mcap`, `stages[1].assemble`. */
  readonly after: string;
  /** What came out of that step: several where it cut the episode, none where it dropped it. */
  readonly episodes: readonly PreviewEpisode[];
  readonly findings: readonly Finding[];
  readonly drops: readonly Drop[];
  readonly failures: readonly Failure[];
  readonly notes: readonly string[];
}

export interface PreviewEpisode {
  readonly episode: string;
  readonly embodiment: string;
  readonly task?: string;
  readonly clock: Clock;
  readonly startNs: string;
  readonly endNs: string;
  readonly streams: readonly PreviewStream[];
}

export interface PreviewStream {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly (number | "any")[];
  readonly unit?: string;
  readonly samples: number;
  /** As measured; null for fewer than two samples. */
  readonly rateHz: number | null;
  /** Of all its numbers that are there and finite. */
  readonly min?: number;
  readonly max?: number;
  /** Numbers that are missing, not finite, or both. */
  readonly missing?: number;
  /** Texts in the order in which they appear, each once, at most 20. */
  readonly texts?: readonly string[];
  /** Pictures on the contact sheet. */
  readonly frames?: readonly { readonly index: number; readonly timeNs: string }[];
}
