import type { EpisodeId } from "./episode.ts";
import type { Finding } from "./finding.ts";

/**
 * What a plug-in is given in every act. Outside the gather pass each use of it is a sign of life, as is
 * each item that comes or goes: work that is long in between looks at `signal` now and then.
 */
export interface BaseContext {
  readonly signal: AbortSignal;
  /** Derived from the run's seed, the episode and the step. */
  readonly seed: bigint;
  log(level: "debug" | "info" | "warn", message: string): void;
  /** A folder of this task's own, removed when it ends. */
  readonly scratch: string;
  /** An expensive thing, opened once a worker and kept across tasks. It is closed with the worker. */
  hold<T extends object>(key: string, open: () => Promise<T>): Promise<T>;
}

/** What a source is given. It leaves nothing out: what cannot be opened is given as Bad. */
export interface SourceContext extends BaseContext {
  /** Says what was seen. */
  find(finding: Finding): void;
}

/** What is given while episodes go by. */
export interface Context extends SourceContext {
  /** Says that an episode, or a row of one, is left out, and why. The only way to lose data, besides a verdict. */
  drop(what: { episode: EpisodeId; row?: number }, reason: string, score?: number): void;
}
