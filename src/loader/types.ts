import type { NumberArray, Size } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";

/** What to load, and in which order. Everything that decides which sample stands where is named in the state. */
export interface LoaderOptions {
  /** A folder of LeRobot's (v2.x, v3.0) or GR00T's, or a view of a Tendon dataset. */
  readonly path: string;
  /** Samples of a batch, over all ranks together. */
  readonly batchSize: number;
  /**
   * Which rows of each stream a sample holds, as offsets from the row that it stands at: `[0]` for a state,
   * `[-1, 0]` for two pictures, 0 to 15 for a chunk of actions.
   */
  readonly windows: { readonly [stream: string]: readonly number[] };
  /** Default 0. */
  readonly seed?: number;
  /** Pictures come in this size, scaled by area. Absent: the stream's own. */
  readonly size?: Size;
  /**
   * How well samples are shuffled, against how much is decoded again: `sequential`, `local` (the default: runs of
   * frames are drawn at random, and their samples mixed as far as memory goes), or `uniform`.
   */
  readonly order?: "sequential" | "local" | "uniform" | { readonly run: number; readonly runsPerGroup: number };
  /** What a window gives beyond an episode's ends: its first or last row, masked (`hold`, the default), or no sample at all (`drop`). */
  readonly edges?: "hold" | "drop";
  /** What becomes of the samples at an epoch's end that fill no batch. `wrap` fills it from the next epoch. Default `drop`. */
  readonly tail?: "drop" | "wrap";
  /** This process's share of each batch: rank 0 to world - 1. Default 0 of 1. */
  readonly rank?: number;
  readonly world?: number;
  /** Default: without end. */
  readonly epochs?: number;
  /** Goes on where this state was taken, with any world and any number of threads. */
  readonly state?: LoaderState;
  /** Threads that decode. Default: the cores. */
  readonly threads?: number;
  /** Pictures that are held ready. Default 256 MiB. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
}

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

/** One rank's share of a batch. Valid until the next is pulled: memory is used again. */
export interface LoaderBatch {
  /** Counted over all epochs. */
  readonly index: number;
  readonly epoch: number;
  readonly samples: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `[sample, step]`: 1 where the row is the episode's own, 0 where it stands in for one beyond its ends. */
  readonly masks: ReadonlyMap<string, Uint8Array>;
  /** The instruction of each sample's row; absent where there is none. */
  readonly tasks: readonly (string | undefined)[];
  /** `[sample]`: the episode's index in the dataset, and the row in it. */
  readonly episode: Int32Array;
  readonly row: Int32Array;
}
