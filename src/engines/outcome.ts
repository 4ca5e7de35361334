import type { Facts } from "../core/episode.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import type { Finding } from "../core/finding.ts";
import type { Drop, Failure } from "../core/report.ts";
import type { Clock } from "../core/time.ts";

/** An episode after the last stage: what decisions and sinks need to know of it without opening it. */
export interface Output {
  readonly id: string;
  readonly parent?: string;
  readonly facts: Facts;
  readonly clock: Clock;
  readonly startNs: string;
  readonly endNs: string;
  readonly schema: EpisodeSchema;
  /** On the grid; 0 without one. */
  readonly rows: number;
}

/** What became of one source episode, apart from what each watcher left. This is the receipt of the pass itself. */
export interface Outcome {
  readonly id: string;
  /** Empty where it was dropped or failed; several where a stage cut it. */
  readonly outputs: readonly Output[];
  readonly drops: readonly Drop[];
  /** What the source and the stages saw. */
  readonly findings: readonly Finding[];
  /** Present where the recording itself is broken: the same bytes would fail again. */
  readonly failure?: Failure;
}
