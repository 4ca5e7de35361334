import type { PlanesToRgb, Size } from "../core/batch.ts";
import type { PictureCounts } from "./statisticsPictures.ts";
import { WASM } from "./statisticsPlanesWasm.ts";

/** As much as is used of what TypeScript only declares for browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly used: { readonly value: number };
  clear(pairs: number, bins: number): void;
  /** Places in memory are bytes from its start. */
  walk(...places: WalkArguments): number;
}

type WalkArguments = [
  line: number,
  held: number,
  next: number,
  since: number,
  width: number,
  height: number,
  picture: number,
  pairs: number,
  bins: number,
  rows: number,
];

const PAGE_BYTES = 65_536;
const PAIRS = 65_536;
const ROW_BYTES = 1024;
const ROWS_FIRST = 1024;
/** 16 MB of bins; what then has no room is turned into RGB and started anew. */
const ROWS_MAX = 16_384;
/** Bins have 32 bits. */
const COUNT_MAX = 2 ** 32 - 1;
const FREE_MAX = 8;
/** How many pairs of chroma values are turned into RGB at once, each 128 pixels wide and 2 high: every luma once. */
const FOLD_PAIRS = 512;
const FOLD_WIDTH = 128;

let compiled: object | undefined;
/** Those that nobody uses now. Kept, since each reserves gigabytes of addresses until it is collected. */
const free: PlaneCounts[] = [];

/**
 * Counts the RGB values of every pixel of a video without converting it: colours are counted as they
 * are coded, and only those that occurred are turned into RGB, at the end. Exactly what converting and
 * counting each picture gives. On video of a fixed camera it takes half the time.
 */
export class PlaneCounts {
  readonly #shape: Size;
  readonly #kernel: Kernel;
  readonly #held: number;
  readonly #next: number;
  readonly #since: number;
  readonly #bins: number;
  readonly #bytes: number;
  #memory = new Uint8Array(0);
  #rows = 0;
  /** Pictures counted, and how many of them are in the bins or wait in what is held. */
  #pictures = 0;
  #unfolded = 0;
  readonly #counts = new Float64Array(768);

  /** One for the caller alone, until `release`. */
  static take(shape: Size): PlaneCounts {
    const index = free.findIndex(({ shape: { height, width } }) => height === shape.height && width === shape.width);
    return index < 0 ? new PlaneCounts(shape) : free.splice(index, 1)[0]!;
  }

  constructor(shape: Size) {
    const { height, width } = shape;
    if (width % 16 !== 0 || height % 2 !== 0) throw new RangeError(`planes of ${width} × ${height} cannot be walked in 16 × 2`);
    this.#shape = { height, width };
    compiled ??= new WebAssembly.Module(Buffer.from(WASM, "base64"));
    this.#kernel = new WebAssembly.Instance(compiled).exports as Kernel;
    this.#bytes = (height * width * 3) / 2;
    this.#held = PAGE_BYTES + PAIRS * 4;
    this.#next = this.#held + this.#bytes;
    this.#since = this.#next + this.#bytes;
    this.#bins = Math.ceil((this.#since + (height * width) / 8) / ROW_BYTES) * ROW_BYTES;
    this.#grow(ROWS_FIRST);
  }

  get shape(): Size {
    return this.#shape;
  }

  /** Takes one picture. `toRgb` is called only where memory for colours runs out. */
  push(planes: Uint8Array, toRgb: PlanesToRgb): void {
    const { height, width } = this.#shape;
    if ((this.#unfolded + 1) * height * width > COUNT_MAX) this.#fold(toRgb);
    if (this.#unfolded === 0) {
      this.#memory.set(planes, this.#held);
      this.#memory.fill(0, this.#since, this.#bins);
    } else {
      this.#memory.set(planes, this.#next);
      this.#walk(this.#next, this.#unfolded, toRgb);
    }
    this.#unfolded++;
    this.#pictures++;
  }

  /** What was counted since it was taken; it starts from nothing again. */
  end(toRgb: PlanesToRgb): PictureCounts {
    this.#fold(toRgb);
    const counted = { pictures: this.#pictures, counts: this.#counts.slice() };
    this.#pictures = 0;
    this.#counts.fill(0);
    return counted;
  }

  /** Nobody may use it afterwards. */
  release(): void {
    this.#kernel.clear(PAGE_BYTES, this.#bins);
    this.#pictures = 0;
    this.#unfolded = 0;
    this.#counts.fill(0);
    if (free.length < FREE_MAX) free.push(this);
  }

  #walk(next: number, picture: number, toRgb: PlanesToRgb): void {
    const { height, width } = this.#shape;
    for (let line = 0; ; ) {
      const places = [this.#held, next, this.#since, width, height, picture, PAGE_BYTES, this.#bins, this.#rows] as const;
      line = this.#kernel.walk(line, ...places);
      if (line === height / 2) return;
      if (this.#rows < ROWS_MAX) this.#grow(this.#rows * 2);
      else this.#foldBins(toRgb);
    }
  }

  /** Counts what is held too, so that nothing waits. */
  #fold(toRgb: PlanesToRgb): void {
    if (this.#unfolded > 0) this.#walk(this.#held, this.#unfolded, toRgb);
    this.#foldBins(toRgb);
    this.#unfolded = 0;
  }

  /** Turns the colours that were counted into RGB, and empties their bins. */
  #foldBins(toRgb: PlanesToRgb): void {
    const rows = new Uint32Array(this.#memory.buffer, PAGE_BYTES, PAIRS);
    const bins = new Uint32Array(this.#memory.buffer);
    const pairs: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) if (rows[pair]) pairs.push(pair);
    const luma = FOLD_PAIRS * 2 * FOLD_WIDTH;
    const planes = new Uint8Array((luma * 3) / 2);
    const rgb = new Uint8Array(luma * 3);
    for (let at = 0; at < luma; at++) planes[at] = lumaAt(at);
    for (let start = 0; start < pairs.length; start += FOLD_PAIRS) {
      const some = pairs.slice(start, start + FOLD_PAIRS);
      for (const [line, pair] of some.entries()) {
        const u = luma + (line * FOLD_WIDTH) / 2;
        planes.fill(pair >>> 8, u, u + FOLD_WIDTH / 2);
        planes.fill(pair & 255, u + luma / 4, u + luma / 4 + FOLD_WIDTH / 2);
      }
      toRgb(planes, { height: FOLD_PAIRS * 2, width: FOLD_WIDTH }, rgb);
      for (const [line, pair] of some.entries()) this.#addRow(bins, rows[pair]! / 4, rgb.subarray(line * 2 * FOLD_WIDTH * 3));
    }
    this.#kernel.clear(PAGE_BYTES, this.#bins);
  }

  /** `rgb` is of all 256 lumas, as `lumaAt` has them, with one pair of chroma values. */
  #addRow(bins: Uint32Array, row: number, rgb: Uint8Array): void {
    const counts = this.#counts;
    for (let at = 0; at < 256; at++) {
      const count = bins[row + lumaAt(at)]!;
      if (count === 0) continue;
      counts[rgb[at * 3]!]! += count;
      counts[256 + rgb[at * 3 + 1]!]! += count;
      counts[512 + rgb[at * 3 + 2]!]! += count;
    }
  }

  #grow(rows: number): void {
    const { memory } = this.#kernel;
    const lacking = this.#bins + rows * ROW_BYTES - memory.buffer.byteLength;
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE_BYTES));
    this.#memory = new Uint8Array(memory.buffer);
    this.#rows = rows;
  }
}

/** The luma of a pixel where every two lines hold all 256, four under each pair of chroma values. */
function lumaAt(pixel: number): number {
  const column = pixel % FOLD_WIDTH;
  const line = Math.floor(pixel / FOLD_WIDTH) % 2;
  return (column >>> 1) * 4 + line * 2 + (column & 1);
}
