import type { EpisodeId } from "./episode.ts";
import type { Finding } from "./finding.ts";

/** What every plug-in is given while it works. */
export interface Context {
  readonly signal: AbortSignal;
  /** Derived from the run's seed, the episode and the step. */
  readonly seed: bigint;
  log(level: "debug" | "info" | "warn", message: string): void;
  /** A folder of this task's own, removed when it ends. */
  readonly scratch: string;
  /** An expensive thing, opened once a worker and kept across tasks. It is closed with the worker. */
  hold<T extends object>(key: string, open: () => Promise<T>): Promise<T>;
  /** Says that an episode, or a row of one, is left out, and why. The only way to lose data. */
  drop(what: { episode: EpisodeId; row?: number }, reason: string, score?: number): void;
  /** Says what was seen. */
  find(finding: Finding): void;
}
