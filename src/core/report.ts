import type { ErrorCode, ErrorPlace } from "./errors.ts";
import type { Finding } from "./finding.ts";

/** An episode or a row that was left out on purpose. */
export interface Drop {
  readonly episode: string;
  readonly row?: number;
  readonly reason: string;
  readonly score?: number;
  /** The stage or decision that dropped it. */
  readonly by: string;
}

/** An episode or a partition that could not be processed. */
export interface Failure {
  readonly episode: string;
  /** The step that threw, such as `sources.teleop` or `stages[1].align`. */
  readonly step: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly attempt: number;
}

/** One view that a trainer can open. */
export interface View {
  readonly sink: string;
  readonly version: string;
  readonly embodiment: string;
  /** Absolute. */
  readonly path: string;
}

/** What `run` and `convert` print with `--json`. Lists are cut at 1,000; `totals` and `details` tell the rest. */
export interface RunReport {
  /** Absent only where nothing was kept. */
  readonly snapshot: string | null;
  readonly home: string;
  readonly views: readonly View[];
  readonly episodes: { readonly read: number; readonly kept: number; readonly dropped: number; readonly failed: number };
  readonly drops: readonly Drop[];
  readonly failures: readonly Failure[];
  readonly findings: readonly Finding[];
  readonly totals: { readonly drops: number; readonly failures: number; readonly findings: number };
  /** A file with the whole of the lists, one JSON object a line. */
  readonly details: string;
  /** Watched episodes and built files: done in this run, and found done. */
  readonly work: { readonly done: number; readonly reused: number };
}
