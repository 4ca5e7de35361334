import type { FramesBatch } from "../../core/batch.ts";
import type { Nanoseconds } from "../../core/time.ts";
import { pictureDifference, pictureMoments } from "../../kernels/image.ts";
import { type StillRun, StillRuns } from "../../kernels/imageStill.ts";

export type StillKind = "still" | "black" | "uniform";

/** A stretch of one camera that shows nothing new, or nothing at all. */
export interface StillStretch {
  readonly kind: StillKind;
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  readonly frames: number;
  /** Every picture equals the first to the bit. */
  readonly exact: boolean;
  /** The next picture differs much more than pictures usually do from one to the next. */
  readonly jumps: boolean;
  readonly untilEnd: boolean;
  /** Grey of the last picture, 0 to 255. */
  readonly mean: number;
}

/** What was seen of one camera. */
export interface CameraSeen {
  readonly stretches: readonly StillStretch[];
  /** Stretches beyond the limit, only counted. */
  readonly more: number;
  /** The share of frames that equal the one before to the bit, 0 to 1: encoders skip where little moves, so it proves nothing by itself. */
  readonly repeated: number;
}

export interface PictureLimits {
  readonly pixels: number;
  readonly minNs: Nanoseconds;
  readonly black: number;
  readonly uniform: number;
}

/**
 * A frozen picture that was encoded again pulses from key frame to key frame: by 0.1 to 0.9 grey
 * levels in the mean and 2 to 6 in one of 64 × 48 cells for H.264, AV1 and MPEG-4 at usual
 * qualities, measured on real recordings.
 */
const NEARLY = { meanMax: 1, largestMax: 8 };
const EXACTLY = { meanMax: 0, largestMax: 0 };
const RUNS_MAX = 100;
const FRAMES_MIN = 3;

/** Looks at the small grey pictures of one camera. */
export class PictureWatch {
  readonly #limits: PictureLimits;
  readonly #exactly: StillRuns;
  readonly #nearly: StillRuns;
  readonly #empty: EmptyRuns;
  readonly #before: Uint8Array;
  readonly #numbers = new Float64Array(2);
  /** How often pictures differ from the one before, by sixteenths of a grey level. */
  readonly #differences = new Float64Array(1024);
  #frames = 0;
  #repeated = 0;
  #first: Nanoseconds = 0n;
  #last: Nanoseconds = 0n;

  constructor(limits: PictureLimits) {
    const run = { minNs: limits.minNs, minFrames: FRAMES_MIN, runsMax: RUNS_MAX };
    this.#limits = limits;
    this.#exactly = new StillRuns(limits.pixels, { ...EXACTLY, ...run });
    this.#nearly = new StillRuns(limits.pixels, { ...NEARLY, ...run });
    this.#empty = new EmptyRuns(limits);
    this.#before = new Uint8Array(limits.pixels);
  }

  add(batch: FramesBatch): void {
    const pixels = new Uint8Array(batch.frames);
    for (let frame = 0; frame < batch.time.length; frame++) {
      this.#look(batch.time[frame]!, pixels, frame * batch.stride);
    }
  }

  close(): CameraSeen {
    const period = this.#frames > 1 ? (this.#last - this.#first) / BigInt(this.#frames - 1) : 0n;
    const end = this.#last + period;
    const empty = this.#empty.close(end);
    const usual = this.#usualDifference();
    const exact = this.#exactly.close(end).map((run) => this.#stretch(run, { exact: true, usual }));
    const near = this.#nearly.close(end).map((run) => this.#stretch(run, { exact: false, usual }));
    const still = [...exact, ...near.filter((run) => !exact.some((other) => overlap(run, other)))];
    const stretches = [...empty, ...still.filter((run) => !empty.some((other) => overlap(run, other)))];
    return {
      stretches: stretches.sort((a, b) => (a.start < b.start ? -1 : 1)),
      more: this.#exactly.count - exact.length + this.#empty.more,
      repeated: this.#frames > 1 ? this.#repeated / (this.#frames - 1) : 0,
    };
  }

  #look(time: Nanoseconds, pixels: Uint8Array, offset: number): void {
    const length = this.#limits.pixels;
    const numbers = this.#numbers;
    if (this.#frames === 0) this.#first = time;
    else {
      pictureDifference({ a: this.#before, aStart: 0, b: pixels, bStart: offset, length }, numbers);
      if (numbers[1] === 0) this.#repeated++;
      else this.#differences[Math.min(this.#differences.length - 1, Math.floor(numbers[0]! * 16))]!++;
    }
    for (let index = 0; index < length; index++) this.#before[index] = pixels[offset + index]!;
    this.#exactly.push(time, pixels, offset);
    this.#nearly.push(time, pixels, offset);
    pictureMoments(pixels, offset, offset + length, numbers);
    this.#empty.push(time, numbers[0]!, numbers[1]!);
    this.#last = time;
    this.#frames++;
  }

  #stretch(run: StillRun, told: { exact: boolean; usual: number }): StillStretch {
    return {
      kind: "still",
      start: run.start,
      end: run.end,
      frames: run.frames,
      exact: told.exact,
      jumps: run.jump !== undefined && isJump(run, run.jump, told.usual),
      untilEnd: run.jump === undefined,
      mean: 0,
    };
  }

  /** The median difference from one picture to the next, where they differ at all. */
  #usualDifference(): number {
    const total = this.#differences.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (let bin = 0; bin < this.#differences.length; bin++) {
      seen += this.#differences[bin]!;
      if (seen * 2 >= total) return (bin + 0.5) / 16;
    }
    return 0;
  }
}

/** Twice the usual step, or 4 grey levels where the camera itself moves fast; and well above the pulse of the stretch itself. */
function isJump(run: StillRun, jump: { mean: number; largest: number }, usual: number): boolean {
  return jump.largest >= 8 && jump.mean >= Math.min(2 * usual, 4) && jump.mean >= 3 * run.worst;
}

function overlap(a: StillStretch, b: StillStretch): boolean {
  return a.start < b.end && b.start < a.end;
}

/** Stretches of black pictures, and of pictures that show one grey. */
class EmptyRuns {
  more = 0;
  readonly #limits: PictureLimits;
  readonly #runs: StillStretch[] = [];
  #kind: "black" | "uniform" | undefined;
  #start: Nanoseconds = 0n;
  #frames = 0;
  #mean = 0;

  constructor(limits: PictureLimits) {
    this.#limits = limits;
  }

  push(time: Nanoseconds, mean: number, deviation: number): void {
    const kind = this.#kindOf(mean, deviation);
    if (kind !== this.#kind) {
      this.#end(time, false);
      this.#kind = kind;
      this.#start = time;
      this.#frames = 0;
    }
    this.#frames++;
    this.#mean = mean;
  }

  close(end: Nanoseconds): readonly StillStretch[] {
    this.#end(end, true);
    return this.#runs;
  }

  /** A dark room still has lights and edges: black needs few grey levels besides. */
  #kindOf(mean: number, deviation: number): "black" | "uniform" | undefined {
    if (mean <= this.#limits.black && deviation <= 2 * this.#limits.uniform) return "black";
    return deviation <= this.#limits.uniform ? "uniform" : undefined;
  }

  #end(end: Nanoseconds, untilEnd: boolean): void {
    if (this.#kind === undefined || end - this.#start < this.#limits.minNs || this.#frames < FRAMES_MIN) return;
    if (this.#runs.length >= RUNS_MAX) {
      this.more++;
      return;
    }
    this.#runs.push({
      kind: this.#kind,
      start: this.#start,
      end,
      frames: this.#frames,
      exact: false,
      jumps: false,
      untilEnd,
      mean: this.#mean,
    });
  }
}
