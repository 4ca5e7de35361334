import type { NumberArray } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import type { EpisodeNumbers } from "./rows.ts";

/** A tensor of numbers in every batch, `[sample, step, ...shape]`. */
export interface NumberLane {
  /** The batch's key. */
  readonly name: string;
  readonly dtype: NumberDtype;
  /** Of one step. */
  readonly shape: readonly number[];
  /** Rows of each step, from the sample's row. */
  readonly offsets: Int32Array;
  /** The table's streams that it reads. */
  readonly streams: readonly string[];
  /**
   * Fills all steps of one sample, whose window stands at `row`, from `at` on. Rows beyond the episode's ends are
   * held: its first or last row stands in for them, and the caller masks them.
   */
  fill(episode: EpisodeNumbers, row: number, target: NumberArray, at: number): void;
}
