import type { ErrorCode, ErrorPlace } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import type { Finding } from "../core/finding.ts";
import type { JsonObject } from "../core/json.ts";
import type { Pipeline } from "../core/pipeline.ts";
import type { Failure } from "../core/report.ts";
import type { FilePlan } from "../core/sink.ts";
import type { Partition } from "../core/source.ts";
import type { WatcherPlan } from "./recipe.ts";

/** What every worker is told before a run: all is plain data, and the worker rebuilds the pipeline by name. */
export interface BeginArguments {
  readonly run: string;
  readonly worker: number;
  readonly pipeline: Pipeline;
  /** Where the pipeline's relative paths start. */
  readonly base: string;
  /** Absent for a plan, and until it is known that the run can write something. */
  readonly home?: RunHome;
}

/** Where a run writes. */
export interface RunHome {
  readonly path: string;
  /** A folder of this run on the home's disk, for lists that only its workers read. */
  readonly scratch: string;
}

/** One schema of a source, and what the stages make of it. */
export interface SchemaReply {
  readonly input: EpisodeSchema;
  readonly after: readonly { readonly path: string; readonly schema: EpisodeSchema }[];
  readonly output: EpisodeSchema;
}

/** A source that is ready to list its partitions. */
export interface SourceReply {
  readonly source: string;
  readonly schemas: readonly SchemaReply[];
  readonly findings: readonly Finding[];
  readonly watchers: readonly WatcherPlan[];
  /** The fingerprint of the whole chain, for the receipts of the pass itself. */
  readonly chain: string;
}

/** At most `max` inputs of a source, behind the first `skip`. */
export interface PageArguments {
  readonly source: number;
  readonly skip: number;
  readonly max: number;
}

export interface PartitionsReply {
  readonly partitions: readonly Partition[];
  readonly failures: readonly Failure[];
  readonly findings: readonly Finding[];
  readonly ended: boolean;
}

/** Some episodes of one partition: ordinals `from` to `to`, half-open; to the last where `to` is null. */
export interface GatherArguments {
  readonly source: number;
  readonly partition: Partition;
  readonly from: number;
  readonly to: number | null;
  /** By ordinal, from `from` on: the watchers that have left no receipt yet, by their place in the list. Null: all of them. */
  readonly todo: readonly (readonly number[])[] | null;
  readonly attempt: number;
}

/** What a worker tells while it gathers. */
export type GatherNote =
  | { readonly note: "claimed"; readonly ordinal: number }
  | {
      readonly note: "gathered";
      readonly ordinal: number;
      readonly episode: string;
      readonly outcome: "kept" | "dropped" | "failed";
      readonly receipts: number;
      readonly failures: readonly Failure[];
    }
  | { readonly note: "going"; readonly rows: number; readonly frames: number; readonly bytes: number };

/** Signs of life of the operations that give no other notes. */
export interface LifeNote {
  readonly note: "alive";
  /** What is under way from now on. */
  readonly step?: string;
}

export interface DecideArguments {
  /** A JSON line for each source episode, in any order. */
  readonly episodes: string;
  readonly parent: string | null;
}

/** One embodiment's view of one sink, decided. Its parts are a list in the run's scratch folder. */
export interface DecidedView {
  readonly sink: number;
  readonly name: string;
  readonly version: string;
  readonly embodiment: string;
  readonly schema: EpisodeSchema;
  readonly list: string;
  readonly rows: number;
}

export interface DecideReply {
  readonly views: readonly DecidedView[];
  readonly read: number;
  readonly kept: number;
  readonly dropped: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
  /** Scratch lists of JSON lines: drops, findings, and the snapshot's episodes with their verdicts. */
  readonly drops: string;
  readonly findings: string;
  readonly episodes: string;
  /** Digests of what the snapshot's id is made of. */
  readonly episodesDigest: string;
  readonly recipe: string;
  /** What `recipe` is the digest of: every step that decided bytes, with its version. */
  readonly steps: JsonObject;
  /** The canonical pipeline with its locations, for the snapshot's history. */
  readonly pipeline: JsonObject;
}

/** One file of a view, laid out. */
export interface LaidFile {
  readonly key: string;
  readonly path: string;
  readonly share: "link" | "copy";
  readonly built: boolean;
}

export interface LayoutReply {
  readonly digest: string;
  readonly files: readonly LaidFile[];
  /** A scratch list with the file plans themselves. */
  readonly plans: string;
}

export interface BuildArguments {
  readonly view: DecidedView;
  readonly plan: FilePlan;
}

export interface FinishArguments {
  readonly view: DecidedView;
  readonly plans: string;
  readonly folder: string;
}

/** Every file of a finished view, with what `verify` compares. */
export interface FinishReply {
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

/** What a worker can be asked. */
export interface Operations {
  begin(given: BeginArguments): Promise<null>;
  /** For a run that began without a home. */
  enterHome(given: RunHome): Promise<null>;
  openSource(given: { readonly source: number }, note: (note: LifeNote) => void): Promise<SourceReply>;
  partitions(given: PageArguments, note: (note: LifeNote) => void): Promise<PartitionsReply>;
  gather(given: GatherArguments, note: (note: GatherNote) => void): Promise<{ readonly episodes: number }>;
  decide(given: DecideArguments, note: (note: LifeNote) => void): Promise<DecideReply>;
  layout(given: { readonly view: DecidedView }, note: (note: LifeNote) => void): Promise<LayoutReply>;
  build(given: BuildArguments, note: (note: LifeNote) => void): Promise<null>;
  finish(given: FinishArguments, note: (note: LifeNote) => void): Promise<FinishReply>;
  end(given: null): Promise<null>;
}

/** An error as it crosses a thread. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly stack?: string;
}

export type ToWorker =
  | { readonly call: number; readonly operation: keyof Operations; readonly given: unknown }
  | { readonly cancel: true };
export type FromWorker =
  | { readonly ready: true }
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: SentError }
  | { readonly call: number; readonly note: unknown }
  | { readonly log: { readonly level: "debug" | "info" | "warn"; readonly message: string } };
