import type { NumberArray } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import type { EpisodeNumbers } from "./rows.ts";

/** A tensor of numbers in every batch, `[sample, step, ...shape]`. */
export interface NumberLane {
  /** The batch's key: `action`, `state`, `observation.state`. */
  readonly name: string;
  readonly dtype: NumberDtype;
  /** Of one step. */
  readonly shape: readonly number[];
  /** The row of each step, from the sample's row on. */
  readonly offsets: Int32Array;
  /** The table's streams that it reads. */
  readonly streams: readonly string[];
  /** Streams of side-cars that it reads. */
  readonly natives?: readonly string[];
  /** Whether a step's row lies beyond the episode's ends, where rows do not tell. */
  beyond?(episode: EpisodeNumbers, row: number, step: number): boolean;
  /**
   * Fills the numbers of all steps of one sample, whose window stands at `row`, from `at` on. What stands in
   * for rows beyond the episode's ends is the lane's to choose (most hold the first or last); the caller masks them.
   */
  fill(episode: EpisodeNumbers, row: number, target: NumberArray, at: number, look?: Look): void;
}

/** What augmentation does to one sample: the same to all its pictures and numbers. */
export interface Look {
  /** Left and right are swapped: pictures are turned over, and numbers are those of the mirrored robot. */
  readonly flip: boolean;
  /** Where the part of a picture that is kept begins, in pixels. */
  readonly crop: { readonly y: number; readonly x: number };
  readonly color?: ColorLook;
}

/** How colours are changed; 1, 1, 1 and 0 change nothing. */
export interface ColorLook {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** In turns of the colour circle, -0.5 to 0.5. */
  readonly hue: number;
}

/** How the numbers of one row become those of the mirrored robot: `mirrored[i] = sign[i] * row[from[i]]`. */
export interface MirrorMap {
  readonly from: Int32Array;
  /** 1 or -1. */
  readonly sign: Float64Array;
}

/** What stands in for a row beyond the ends is the first or the last. */
export function held(row: number, rows: number): number {
  return row < 0 ? 0 : row >= rows ? rows - 1 : row;
}
