import type { ErrorCode, ErrorPlace } from "./errors.ts";
import type { Dtype } from "./feature.ts";
import type { Finding } from "./finding.ts";
import type { Clock } from "./time.ts";

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

/** What `inspect` prints with `--json`. */
export interface InspectReport {
  /** What PATH is: `mcap`, `lerobot`, `gr00t`, `dataset` (a home of Tendon's own). */
  readonly kind: "mcap" | "lerobot" | "gr00t" | "dataset";
  /** The format's own, such as `v2.1`, where it tells one. */
  readonly version?: string;
  readonly clock: Clock;
  readonly episodes: number;
  readonly streams: readonly InspectStream[];
  /** Of all episodes together. */
  readonly durationSec: number;
  readonly findings: readonly Finding[];
  /** What could not be opened. Present where something could not. */
  readonly failures?: readonly Failure[];
  /** Present for a dataset of Tendon's own: its newest snapshot, and the views of it. */
  readonly snapshot?: string | null;
  readonly views?: readonly View[];
}

/** One stream, over all episodes that have it. */
export interface InspectStream {
  readonly name: string;
  readonly dtype: Dtype;
  /** Of one sample. */
  readonly shape: readonly (number | "any")[];
  /** Samples a second as measured; null where there are too few to tell. */
  readonly rateHz: number | null;
  readonly samples: number;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  /** Frames for each key frame, on average. */
  readonly keyFrameEvery?: number;
  readonly unit?: string;
  /** Present where the path holds more than one robot or layout. */
  readonly embodiment?: string;
}
