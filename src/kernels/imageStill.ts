import { pictureDifference } from "./image.ts";

/** A stretch in which every picture is the first one again, within the limits asked for. */
export interface StillRun {
  /** The time of the first picture. */
  readonly start: bigint;
  /** The time of the first picture that differs; at the end of the stream, the end that was given. */
  readonly end: bigint;
  readonly frames: number;
  /** The largest mean difference from the first picture, in grey levels. */
  readonly worst: number;
  /** Mean and largest difference between the last still picture and the next; absent where the stream ends still. */
  readonly jump?: { readonly mean: number; readonly largest: number };
}

/** What counts as the same picture, in grey levels of 255, and which runs are kept. */
export interface StillLimits {
  readonly meanMax: number;
  readonly largestMax: number;
  readonly minNs: bigint;
  readonly minFrames: number;
  /** Runs beyond this number are only counted. */
  readonly runsMax: number;
}

/**
 * Finds still stretches in one stream of small grey pictures. Every picture is compared with the
 * first of its stretch, not with the one before, so that slow motion adds up and ends it.
 */
export class StillRuns {
  readonly runs: StillRun[] = [];
  /** Runs found, kept or not. */
  count = 0;
  readonly #limits: StillLimits;
  readonly #anchor: Uint8Array;
  readonly #last: Uint8Array;
  readonly #difference = new Float64Array(2);
  #frames = 0;
  #start = 0n;
  #worst = 0;

  constructor(pixels: number, limits: StillLimits) {
    this.#limits = limits;
    this.#anchor = new Uint8Array(pixels);
    this.#last = new Uint8Array(pixels);
  }

  /** The picture at `offset` of `pixels`, shown from `time` on. Times ascend. */
  push(time: bigint, pixels: Uint8Array, offset: number): void {
    const length = this.#anchor.length;
    if (this.#frames > 0) {
      this.#compare(this.#anchor, pixels, offset);
      const mean = this.#difference[0]!;
      if (mean <= this.#limits.meanMax && this.#difference[1]! <= this.#limits.largestMax) {
        this.#frames++;
        if (mean > this.#worst) this.#worst = mean;
        copy(pixels, offset, this.#last);
        return;
      }
      this.#compare(this.#last, pixels, offset);
      this.#end(time, { mean: this.#difference[0]!, largest: this.#difference[1]! });
    }
    this.#frames = 1;
    this.#start = time;
    this.#worst = 0;
    copy(pixels, offset, this.#anchor);
    this.#last.set(this.#anchor.subarray(0, length));
  }

  /** Ends the stream: a picture is shown until the next, the last one until `end`. */
  close(end: bigint): readonly StillRun[] {
    if (this.#frames > 0) this.#end(end);
    this.#frames = 0;
    return this.runs;
  }

  #compare(a: Uint8Array, b: Uint8Array, bStart: number): void {
    pictureDifference({ a, aStart: 0, b, bStart, length: this.#anchor.length }, this.#difference);
  }

  #end(end: bigint, jump?: { mean: number; largest: number }): void {
    if (this.#frames < this.#limits.minFrames || end - this.#start < this.#limits.minNs) return;
    this.count++;
    if (this.runs.length >= this.#limits.runsMax) return;
    this.runs.push({ start: this.#start, end, frames: this.#frames, worst: this.#worst, ...(jump && { jump }) });
  }
}

function copy(from: Uint8Array, offset: number, to: Uint8Array): void {
  for (let index = 0; index < to.length; index++) to[index] = from[offset + index]!;
}
