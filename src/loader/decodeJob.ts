import type { Size } from "../core/batch.ts";
import type { ErrorCode, ErrorPlace } from "../core/errors.ts";
import type { Look } from "./numberLane.ts";
import type { Spent } from "./spent.ts";

/** Pictures of one episode and camera, and where each goes. */
export interface DecodeJob {
  readonly id: number;
  readonly file: string;
  /** v3.0: where the episode lies in the file, in seconds. */
  readonly fromSec?: number;
  readonly toSec?: number;
  /** Rows of the episode, ascending. */
  readonly rows: Int32Array;
  /** Where row i goes: `targets[starts[i] .. starts[i + 1])` are threes of a slot, a place in it in bytes, and a look, -1 for none. */
  readonly starts: Int32Array;
  readonly targets: Float64Array;
  readonly looks: readonly Look[];
  readonly size: Size;
  /** How much larger pictures are decoded. */
  readonly crop: Size;
  /** What becomes of rows that cannot be decoded: the job fails, or they are named. */
  readonly onError: "stop" | "skip";
}

/** Why the pictures of some rows (places in the job's list) are not there. */
export interface LostRows {
  readonly rows: readonly number[];
  readonly reason: string;
}

/** What a thread says when a job is done. */
export type DecodeDone =
  | { readonly id: number; readonly decoded: number; readonly lost: readonly LostRows[]; readonly spent: Spent }
  | { readonly id: number; readonly failed: { readonly code: ErrorCode; readonly message: string; readonly place: ErrorPlace } };
