import { ANY_DISTANCE, lowerBound } from "./resample.ts";
import { WASM } from "./resampleNewestWasm.ts";

/** What rows are made of: samples `base` and on of a stream, and all its times. */
export interface NewestInput {
  readonly grid: BigInt64Array;
  readonly times: BigInt64Array;
  readonly words: Uint32Array;
  readonly base: number;
}

/** The next row, and a sample that is not newer than its newest. Moved on by `spread`. */
export interface Cursor {
  row: number;
  sample: number;
}

/** How many rows one `spread` fills at most, and how many words of 32 bits a sample has. */
export interface NewestShape {
  readonly rows: number;
  readonly width: number;
}

/** As much as is used of what TypeScript only declares for browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly passed: { readonly value: number };
  /** Places in memory are bytes from its start. */
  spread(...places: SpreadArguments): number;
}

type SpreadArguments = [
  grid: number,
  rows: number,
  times: number,
  words: number,
  samples: number,
  width: number,
  outTimes: number,
  outWords: number,
];

/** What resampleNewest.simd.ts reads and writes past the end. */
const PAST_ROWS = 8;
const PAST_BYTES = 16;
const SAMPLES_PER_ROW = 2;
const NEVER = 2n ** 63n - 1n;
const PAGE_BYTES = 65_536;
const FREE_MAX = 64;

let compiled: object | undefined;
/** Those that nobody uses now. Kept, since each reserves gigabytes of addresses until it is collected. */
const free: NewestJoin[] = [];

/**
 * Joins and copies in one walk: each row gets the newest sample at or before it, and no positions are
 * written down. Samples are copied into the memory of a wasm kernel, and rows stand in it until the
 * next `spread`: four times as fast as the same walk in TypeScript.
 */
export class NewestJoin {
  /** The rows filled last: the times of their samples, and their words. */
  times = new BigInt64Array(0);
  words = new Uint32Array(0);
  readonly #kernel: Kernel;
  #width = 0;
  #grid = new BigInt64Array(0);
  #sampleTimes = new BigInt64Array(0);
  #sampleWords = new Uint32Array(0);

  /** One for the caller alone, until `release`. */
  static take(shape: NewestShape): NewestJoin {
    const one = free.pop() ?? new NewestJoin();
    one.#lay(shape);
    return one;
  }

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(WASM, "base64"));
    this.#kernel = new WebAssembly.Instance(compiled).exports as Kernel;
  }

  release(): void {
    if (free.length < FREE_MAX) free.push(this);
  }

  /** Fills rows up to `rowEnd` as far as their newest sample is before `sampleEnd` and there is room; gives their count. */
  spread(input: NewestInput, cursor: Cursor, bounds: { readonly rowEnd: number; readonly sampleEnd: number }): number {
    const { grid, times, words, base } = input;
    const { row, sample } = cursor;
    const rows = Math.min(bounds.rowEnd - row, this.times.length);
    if (rows <= 0) return 0;
    const needed = lowerBound(times, grid[row + rows - 1]! + 1n);
    const sampleEnd = Math.min(needed, bounds.sampleEnd, sample + this.#sampleTimes.length - 1);
    if (sampleEnd <= sample) return 0;
    this.#grid.set(grid.subarray(row, row + rows));
    this.#grid.fill(NEVER, rows, rows + PAST_ROWS);
    this.#sampleTimes.set(times.subarray(sample, sampleEnd + 1));
    if (sampleEnd === times.length) this.#sampleTimes[sampleEnd - sample] = NEVER;
    this.#sampleWords.set(words.subarray((sample - base) * this.#width, (sampleEnd - base) * this.#width));
    const count = this.#kernel.spread(
      this.#grid.byteOffset,
      rows,
      this.#sampleTimes.byteOffset,
      this.#sampleWords.byteOffset,
      sampleEnd - sample,
      this.#width,
      this.times.byteOffset,
      this.words.byteOffset,
    );
    cursor.row += count;
    cursor.sample += this.#kernel.passed.value;
    return count;
  }

  /** Gives every column its place in the kernel's memory, which grows where it must. */
  #lay({ rows, width }: NewestShape): void {
    const samples = rows * SAMPLES_PER_ROW;
    const { memory } = this.#kernel;
    let end = PAGE_BYTES;
    const place = (bytes: number) => {
      const start = end;
      end += (Math.ceil(bytes / PAST_BYTES) + 1) * PAST_BYTES;
      return start;
    };
    const grid = place((rows + PAST_ROWS) * 8);
    const sampleTimes = place((samples + 1) * 8);
    const sampleWords = place(samples * width * 4);
    const times = place((rows + PAST_ROWS) * 8);
    const words = place((rows + PAST_ROWS) * width * 4);
    const lacking = end - memory.buffer.byteLength;
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE_BYTES));
    this.#grid = new BigInt64Array(memory.buffer, grid, rows + PAST_ROWS);
    this.#sampleTimes = new BigInt64Array(memory.buffer, sampleTimes, samples + 1);
    this.#sampleWords = new Uint32Array(memory.buffer, sampleWords, samples * width);
    this.times = new BigInt64Array(memory.buffer, times, rows);
    this.words = new Uint32Array(memory.buffer, words, rows * width);
    this.#width = width;
  }
}

/**
 * The runs of rows that have no input within `toleranceNs` before them, as pairs of a first row and the
 * one behind the last: told from the gaps between inputs, without joining.
 */
export function rowsWithoutNewest(grid: BigInt64Array, times: BigInt64Array, toleranceNs: bigint): Int32Array {
  const rows = grid.length;
  const runs: number[] = [];
  const add = (start: number, end: number) => {
    if (start >= end) return;
    if (runs.at(-1) === start) runs[runs.length - 1] = end;
    else runs.push(start, end);
  };
  const samples = times.length;
  add(0, samples === 0 ? rows : lowerBound(grid, times[0]!));
  const tolerance = BigInt.asIntN(64, toleranceNs);
  for (let sample = nextGap(times, 0, tolerance); sample + 1 < samples; sample = nextGap(times, sample + 1, tolerance)) {
    add(lowerBound(grid, times[sample]! + tolerance + 1n), lowerBound(grid, times[sample + 1]!));
  }
  const limit = samples === 0 ? 0n : BigInt.asIntN(64, times[samples - 1]! + tolerance);
  if (samples > 0 && limit >= times[samples - 1]! && limit < ANY_DISTANCE) add(lowerBound(grid, limit + 1n), rows);
  return Int32Array.from(runs);
}

/** The first sample from `sample` on whose next is more than `tolerance` later; the last one where there is none. */
function nextGap(times: BigInt64Array, sample: number, tolerance: bigint): number {
  const last = Math.max(0, times.length - 1);
  for (let next = sample; next < last; next++) {
    const gap = BigInt.asIntN(64, times[next + 1]! - times[next]!);
    // Below zero: too long for an int64.
    if (gap > tolerance || gap < 0n) return next;
  }
  return last;
}
