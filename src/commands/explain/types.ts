import type { Facts } from "../../core/episode.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Feature } from "../../core/feature.ts";
import type { Finding } from "../../core/finding.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SamplePlace } from "../../core/source.ts";
import type { Clock } from "../../core/time.ts";

/** What `explain` prints with `--json`. Times are strings of nanoseconds of the episode's clock. */
export interface Explanation {
  readonly home: string;
  /** The snapshot that is told of; null where nothing was ever kept. */
  readonly snapshot: string | null;
  readonly episode: string;
  readonly status: "kept" | "dropped" | "failed";
  /** Present where the episode came through all stages. */
  readonly about?: ExplainedEpisode;
  readonly source: ExplainedSource;
  /** Source, stages, checks, decisions and sinks, in the order of the pipeline. */
  readonly steps: readonly ExplainedStep[];
  /** Where the episode stands in views. */
  readonly views: readonly ExplainedView[];
  readonly findings: readonly Finding[];
  /** What was left out of it, or why it was left out whole. */
  readonly drops: readonly ExplainedDrop[];
  readonly failure?: ExplainedFailure;
  /** Present where a row was asked for. */
  readonly row?: ExplainedRow;
  /** What could not be told, and why. */
  readonly notes: readonly string[];
}

export interface ExplainedEpisode {
  readonly embodiment: string;
  readonly rows: number;
  readonly copies: number;
  readonly clock: Clock;
  readonly startNs: string;
  readonly endNs: string;
  readonly facts: Facts | JsonObject;
}

/** Where the episode came from. */
export interface ExplainedSource {
  readonly name: string;
  readonly plugin?: string;
  /** As the source named it: a file relative to the source's root, and what names the episode in it. */
  readonly origin?: { readonly file: string; readonly key?: string };
  /** Whether it can be opened again now. */
  readonly there: boolean;
  /** Why not. */
  readonly gone?: string;
}

export interface ExplainedStep {
  /** As in errors: `stages[1].align`. */
  readonly path: string;
  readonly kind: "source" | "stage" | "check" | "decision" | "sink";
  readonly name: string;
  /** The plug-in's version that made the snapshot. */
  readonly version: string;
  readonly options: JsonObject;
}

export interface ExplainedView {
  readonly sink: string;
  readonly embodiment: string;
  /** Absolute. */
  readonly path: string;
  /** Its number there; several where a decision asked for copies. */
  readonly numbers: readonly number[];
}

export interface ExplainedDrop {
  /** Of the episode as it came into the step; absent: the whole episode. */
  readonly row?: number;
  readonly reason: string;
  readonly score?: number;
  /** The step that decided it. */
  readonly by: string;
  /** What it decided on. */
  readonly evidence: readonly Finding[];
  /** What of the step, and of the checks whose findings are the evidence, sets the threshold. */
  readonly thresholds: readonly ExplainedOption[];
  readonly toKeep: string;
}

export interface ExplainedOption {
  /** `stages[2].check.frozen.minSec`. */
  readonly path: string;
  readonly value: Json;
  readonly about: string;
}

export interface ExplainedFailure {
  readonly step: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly toDo: string;
}

export interface ExplainedRow {
  /** Of the episode, from 0. */
  readonly row: number;
  readonly timeNs: string;
  readonly clock: Clock;
  readonly features: readonly ExplainedFeature[];
  /** The same row in each view. */
  readonly views: readonly { readonly sink: string; readonly number: number; readonly places: readonly SamplePlace[] }[];
}

export interface ExplainedFeature {
  readonly stream: string;
  readonly feature: Pick<Feature, "dtype" | "shape" | "unit" | "names">;
  /** A number, a text, a list; integers beyond 2^53 are strings; null where it is missing, and for pictures. */
  readonly value: Json;
  readonly picture?: { readonly codec: string; readonly encoding: string; readonly key: boolean };
  /** Names or places of numbers that are missing. */
  readonly missing?: readonly (string | number)[];
  /** The input times that it was made from, both inclusive; absent where there was no input. */
  readonly from?: { readonly firstNs: string; readonly lastNs: string };
  /** The stages that it went through, and what it was called before each. */
  readonly through: readonly { readonly path: string; readonly stream: string }[];
  readonly inputs: readonly ExplainedInput[];
}

/** One stream of the source that a feature is made of. */
export interface ExplainedInput {
  readonly stream: string;
  /** Which of its columns became which of the feature's. Absent: all, as they are. */
  readonly columns?: readonly { readonly column: number; readonly becomes: number }[];
  /** The samples at those times. */
  readonly places: readonly SamplePlace[];
}
