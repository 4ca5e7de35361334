import type { Size } from "../../core/batch.ts";
import { COLOR_BITS } from "./color.ts";

/** What becomes of one picture, uint8 RGB `[height, width, 3]`. */
export interface PictureChange {
  /** Of the picture that comes. */
  readonly from: Size;
  /** Of what is kept of it, from row `y` and column `x` on. */
  readonly to: Size;
  readonly y: number;
  readonly x: number;
  readonly flip: boolean;
  /** What `colorMap` gave; absent: colours stay. */
  readonly color?: Int32Array | undefined;
}

/** Crops, flips and colours a picture into `target` from byte `at` on, in one pass. */
export function changePicture(source: Uint8Array, change: PictureChange, target: Uint8Array, at: number): void {
  const { from, to, y, x, flip, color } = change;
  const bytes = to.width * 3;
  const into = color ? new Uint8ClampedArray(target.buffer, target.byteOffset, target.byteLength) : target;
  for (let row = 0; row < to.height; row++) {
    const start = ((y + row) * from.width + x) * 3;
    const place = at + row * bytes;
    if (color)
      colorRow(source, start, into as Uint8ClampedArray, flip ? place + bytes - 3 : place, {
        pixels: to.width,
        step: flip ? -3 : 3,
        color,
      });
    else if (flip) flipRow(source, start, target, place, to.width);
    else target.set(source.subarray(start, start + bytes), place);
  }
}

function flipRow(source: Uint8Array, start: number, target: Uint8Array, place: number, pixels: number): void {
  let to = place + 3 * pixels - 3;
  for (let from = start, end = start + 3 * pixels; from < end; from += 3, to -= 3) {
    target[to] = source[from]!;
    target[to + 1] = source[from + 1]!;
    target[to + 2] = source[from + 2]!;
  }
}

function colorRow(
  source: Uint8Array,
  start: number,
  target: Uint8ClampedArray,
  place: number,
  { pixels, step, color }: { readonly pixels: number; readonly step: number; readonly color: Int32Array },
): void {
  const [rr, rg, rb, r0, gr, gg, gb, g0, br, bg, bb, b0] = color as unknown as number[];
  let to = place;
  for (let from = start, end = start + 3 * pixels; from < end; from += 3, to += step) {
    const red = source[from]!;
    const green = source[from + 1]!;
    const blue = source[from + 2]!;
    // A clamped array holds what is below 0 or above 255 at the bound.
    target[to] = (rr! * red + rg! * green + rb! * blue + r0!) >> COLOR_BITS;
    target[to + 1] = (gr! * red + gg! * green + gb! * blue + g0!) >> COLOR_BITS;
    target[to + 2] = (br! * red + bg! * green + bb! * blue + b0!) >> COLOR_BITS;
  }
}
