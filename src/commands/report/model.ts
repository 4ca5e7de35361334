import type { Severity } from "../../core/finding.ts";
import type { Json } from "../../core/json.ts";

/**
 * All that the page knows, but for samples and pictures: those stand beside it, a block an episode, and
 * are decoded when the episode is shown. Times are seconds from the start of their episode.
 */
export interface ReportData {
  readonly tendon: string;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly home: { readonly name: string; readonly path: string };
  readonly snapshot: SnapshotFacts;
  readonly sources: readonly SourceFacts[];
  readonly steps: readonly StepFacts[];
  readonly views: readonly ViewFacts[];
  readonly schemas: readonly SchemaFacts[];
  readonly tasks: readonly string[];
  /** Kept in the snapshot's own order, then dropped, then failed. */
  readonly episodes: readonly EpisodeFacts[];
  readonly findings: readonly FindingFacts[];
  readonly coverage: readonly Coverage[];
  /** What is missing, and what was left out to keep the page small. */
  readonly remarks: readonly Remark[];
}

export interface SnapshotFacts {
  readonly id: string;
  /** Its place in the line of versions; null where no ref names it. */
  readonly n: number | null;
  readonly parent: string | null;
  readonly at: string | null;
  /** The digest of all steps. */
  readonly recipe: string;
  readonly seed: number | null;
  /** Oldest first. */
  readonly versions: readonly VersionFacts[];
}

export interface VersionFacts {
  readonly n: number;
  readonly id: string;
  readonly at: string | null;
  /** Null where the snapshot cannot be read. */
  readonly episodes: number | null;
}

export interface SourceFacts {
  readonly name: string;
  readonly tier: string;
  readonly plugin: string;
  readonly version: string;
  /** Absent where the snapshot's history does not tell. */
  readonly path?: string;
  readonly there: "here" | "gone" | "unknown";
  readonly options: Json;
  readonly kept: number;
  readonly dropped: number;
}

export interface StepFacts {
  readonly kind: "stage" | "check" | "decision" | "sink";
  readonly name: string;
  readonly version: string;
  readonly options: Json;
  /** The digest of the user's own module that it came from. */
  readonly module?: string;
  /** Episodes that it dropped. */
  readonly dropped?: number;
  /** Findings that it left. */
  readonly found?: number;
}

export interface ViewFacts {
  readonly sink: string;
  readonly version: string;
  readonly embodiment: string;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** Relative to the dataset's home. */
  readonly path: string;
  readonly there: "here" | "gone";
}

/** One robot and layout: what may be plotted, and in which order an episode's channels stand. */
export interface SchemaFacts {
  readonly embodiment: string;
  readonly rateHz: number;
  readonly cameras: readonly CameraFacts[];
  /** Streams of numbers; an episode's block holds their channels one behind another. */
  readonly streams: readonly StreamFacts[];
  readonly plots: readonly PlotFacts[];
}

export interface CameraFacts {
  readonly stream: string;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
}

export interface StreamFacts {
  readonly stream: string;
  readonly unit?: string;
  /** One a channel. */
  readonly names: readonly string[];
  /** The place of its first channel among all of the schema. */
  readonly first: number;
}

/** Lines that are drawn together: measured ones, and the commands that they should follow. */
export interface PlotFacts {
  readonly title: string;
  readonly unit?: string;
  readonly lines: readonly LineFacts[];
}

export interface LineFacts {
  readonly name: string;
  /** Places among the channels of the schema; either may be absent. */
  readonly measured?: number;
  readonly commanded?: number;
}

export type Status = "kept" | "dropped" | "failed";

export interface EpisodeFacts {
  readonly id: string;
  readonly status: Status;
  /** Absent where nothing of it is parked here. */
  readonly schema?: number;
  readonly task?: number;
  readonly source?: string;
  readonly origin?: string;
  readonly rows: number;
  readonly seconds: number;
  /** What decisions added: `split`, `weight`, … */
  readonly facts?: Json;
  readonly copies?: number;
  /** Of what was dropped or failed. */
  readonly reason?: string;
  readonly by?: string;
  readonly score?: number;
  /** Its block of samples is in the page; `every` tells that points are minima and maxima of so many rows on average. */
  readonly samples?: { readonly points: number; readonly every: number };
  readonly videos?: readonly VideoFacts[];
  readonly texts?: readonly TextTrack[];
  /** Why samples or pictures are not here. */
  readonly missing?: string;
}

export interface VideoFacts {
  readonly stream: string;
  readonly width: number;
  readonly height: number;
  readonly rateHz: number;
  /** The time of its first picture. */
  readonly start: number;
  readonly bytes: number;
}

/** Language that changes within the episode. */
export interface TextTrack {
  readonly stream: string;
  readonly from: readonly number[];
  readonly text: readonly string[];
}

export interface FindingFacts {
  readonly check: string;
  readonly severity: Severity;
  /** The place of its episode; absent where it is about the whole dataset, or its episode is not listed. */
  readonly episode?: number;
  /** As the finding names it, where the episode is not listed. */
  readonly episodeId?: string;
  readonly stream?: string;
  readonly start?: number;
  readonly end?: number;
  readonly message: string;
}

/** How often each channel of a stream took which values. */
export interface Coverage {
  readonly embodiment: string;
  readonly stream: string;
  readonly unit?: string;
  readonly episodes: number;
  readonly rows: number;
  readonly channels: readonly ChannelCoverage[];
}

export interface ChannelCoverage {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Counts over equal bins from `min` to `max`. */
  readonly bins: readonly number[];
}

export interface Remark {
  readonly about: "missing" | "left out";
  readonly text: string;
}

/** What stands beside the data: by episode its samples, and by episode and camera its pictures. */
export interface ReportBlocks {
  readonly samples: ReadonlyMap<number, Uint8Array>;
  /** Keys are `episode/place of the camera in its list of videos`. */
  readonly videos: ReadonlyMap<string, Uint8Array>;
}
