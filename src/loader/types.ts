import type { NumberArray, Size } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import type { AugmentOptions } from "./augment/plan.ts";
import type { Gr00tConfigInput } from "./gr00t/config.ts";
import type { Scaling } from "./statistics.ts";

/** One dataset of a mixture. */
export interface MixturePart {
  /** A folder of LeRobot's or GR00T's, a view, a home, or a mixture.json, whose datasets then share the weight. */
  readonly path: string;
  /** How much of the mixture is this dataset's, in proportion to the others'. Default: its rows. */
  readonly weight?: number;
  /** Of the data pyramid: `real`, `synthetic`, `web` or any other name that `tiers` weighs. */
  readonly tier?: string;
  /** The robot, as a policy knows it. Default: the dataset's own robot. */
  readonly tag?: string;
}

/** What to load, and in which order. Everything that decides which sample stands where is named in the state. */
export interface LoaderOptions {
  /** A folder of LeRobot's (v2.x, v3.0) or GR00T's, a view or the home of a Tendon dataset, a mixture.json, or a list of any. */
  readonly path: string | readonly (string | MixturePart)[];
  /** Samples of a batch, over all ranks together. */
  readonly batchSize: number;
  /**
   * Which rows of each stream a sample holds, as offsets from the row that it stands at: `[0]` for a state,
   * `[-1, 0]` for two pictures, 0 to 15 for a chunk of actions. Streams of different rates take offsets of their own.
   */
  readonly windows?: { readonly [stream: string]: readonly number[] };
  /** The same in seconds, as LeRobot names them: each must be a whole number of rows, to 10⁻⁴ s. */
  readonly deltaTimestamps?: { readonly [stream: string]: readonly number[] };
  /**
   * Actions at their own rate, from the side-car of a GR00T view: offsets in that stream's own samples, from the first
   * at or after the row's true time.
   */
  readonly nativeWindows?: { readonly [stream: string]: readonly number[] };
  /** A GR00T modality configuration (a path of YAML or JSON, or what stands in one) instead of windows: docs/loader-gr00t.md. */
  readonly gr00t?: string | Gr00tConfigInput;
  /** How streams of `windows` are normalised, by each dataset's own `meta/stats.json`. */
  readonly normalise?: { readonly [stream: string]: Scaling };
  /** How samples are changed at random, the same on any rank and after any resumption. */
  readonly augment?: AugmentOptions;
  /** Default 0. */
  readonly seed?: number;
  /** Pictures come in this size, scaled by area. Absent: the stream's own. */
  readonly size?: Size;
  /**
   * How well samples are shuffled, against how much is decoded again: from `sequential` (or 0) by `local` (the
   * default: runs of frames are drawn at random, and their samples mixed as far as memory goes) to `uniform` (or 1);
   * a number between them says how far.
   */
  readonly order?: OrderOption;
  /** What a window gives beyond an episode's ends: its first or last row, masked (`hold`, the default), or no sample at all (`drop`). */
  readonly edges?: "hold" | "drop";
  /** What windows stay within: the episode (default), or the sub-tasks that its metadata lists; then their texts are the tasks. */
  readonly segments?: "episode" | "sub_tasks";
  /**
   * What becomes of the samples at an epoch's end that fill no batch: left out (`drop`, the default), filled up from
   * the next epoch (`wrap`), or with samples that are marked as not valid (`pad`). A mixture has no such end.
   */
  readonly tail?: "drop" | "wrap" | "pad";
  /** What each tier of a mixture has of it, in proportion to the others. */
  readonly tiers?: { readonly [tier: string]: number };
  /** Of a mixture: datasets' shares are their weights to the power of 1 / temperature. Default 1. */
  readonly temperature?: number;
  /** This process's share of each batch: rank 0 to world - 1. Default 0 of 1. */
  readonly rank?: number;
  readonly world?: number;
  /** Only every `count`th batch from `index` on, for a consumer that itself works as several processes. */
  readonly stride?: { readonly index: number; readonly count: number };
  /** Default: without end. Of a mixture, an epoch has as many samples as all its datasets together. */
  readonly epochs?: number;
  /** Goes on where this state was taken, with any world and any number of threads. */
  readonly state?: LoaderState;
  /** A recording that cannot be read: an error (`stop`, the default), or samples that are marked as not valid, with the reason (`skip`). */
  readonly onError?: "stop" | "skip";
  /** Reads every sample a second time by another way, and compares: slow. */
  readonly verify?: boolean;
  /** Threads that decode. Default: the cores. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** `run`: consecutive rows that stay together; `runsPerGroup`: how many runs are mixed with each other. */
export type OrderOption = "sequential" | "local" | "uniform" | number | { readonly run: number; readonly runsPerGroup: number };

/** Where a loader stands: under 200 bytes as JSON. */
export interface LoaderState {
  readonly tendon: "loader 1";
  /** The beginning of the digest of all that decides the order: the dataset's episodes and the options. */
  readonly order: string;
  readonly seed: number;
  /** The batch that comes next, counted over all epochs. */
  readonly batch: number;
}

/** One stream of a batch, row-major `[sample, step, ...shape]`. Pictures are uint8 `[sample, step, height, width, 3]`. */
export interface Tensor {
  readonly dtype: NumberDtype;
  readonly shape: readonly number[];
  readonly data: NumberArray;
}

/** A sample that could not be read, and why. */
export interface Skipped {
  readonly sample: number;
  readonly reason: string;
}

/** One rank's share of a batch. Valid until the next is pulled: memory is used again. */
export interface LoaderBatch {
  /** Counted over all epochs. */
  readonly index: number;
  readonly epoch: number;
  readonly samples: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `[sample, step]`: 1 where the row is the episode's own, 0 where it stands in for one beyond its ends. */
  readonly masks: ReadonlyMap<string, Uint8Array>;
  /** `[sample, number]`, of a mixture's streams whose robots have different widths: 1 where the number is the robot's own. */
  readonly widths: ReadonlyMap<string, Uint8Array>;
  /** The instruction of each sample's row; absent where there is none. */
  readonly tasks: readonly (string | undefined)[];
  /** `[sample]`: the dataset's place in the mixture, the episode's index in it, and the row in that. */
  readonly dataset: Int32Array;
  readonly episode: Int32Array;
  readonly row: Int32Array;
  /** `[sample]`: 0 for what fills up a tail, and for what was skipped. */
  readonly valid: Uint8Array;
  readonly skipped: readonly Skipped[];
}
