import type { FramesBatch, PixelFormat, Size } from "../../core/batch.ts";
import { frameBytes } from "../../core/batch.ts";

export type Fit = "stretch" | "pad" | "crop";

/** How a picture of one size stands in one of another: what it is scaled to, and where its corner lies; negative: outside. */
export interface Placement {
  readonly scaled: Size;
  readonly top: number;
  readonly left: number;
}

/** All even numbers, since colour is kept for two by two pixels. */
export function placement(from: Size, to: Size, fit: Fit): Placement {
  if (fit === "stretch") return { scaled: to, top: 0, left: 0 };
  const ratios = [to.height / from.height, to.width / from.width];
  const ratio = fit === "pad" ? Math.min(...ratios) : Math.max(...ratios);
  const scaled = { height: side(from.height * ratio, to.height, fit), width: side(from.width * ratio, to.width, fit) };
  const corner = (outer: number, inner: number) => 2 * Math.trunc((outer - inner) / 4);
  return { scaled, top: corner(to.height, scaled.height), left: corner(to.width, scaled.width) };
}

/** Scaled pictures on black, or their middle. The memory of the result is given, and reused. */
export function placeFrames(batch: FramesBatch, to: Size, at: Placement, memory: SharedArrayBuffer): FramesBatch {
  const stride = frameBytes(batch.format, to);
  const from = new Uint8Array(batch.frames);
  const out = new Uint8Array(memory);
  for (let frame = 0; frame < batch.time.length; frame++) {
    let source = frame * batch.stride;
    let target = frame * stride;
    for (const plane of planesOf(batch.format)) {
      const inner = planeSize(batch, plane);
      const outer = planeSize(to, plane);
      out.fill(plane.black, target, target + outer.height * outer.width * plane.bytes);
      pastePlane(from.subarray(source), out.subarray(target), {
        inner,
        outer,
        bytes: plane.bytes,
        top: at.top / plane.shrink,
        left: at.left / plane.shrink,
      });
      source += inner.height * inner.width * plane.bytes;
      target += outer.height * outer.width * plane.bytes;
    }
  }
  return { ...batch, frames: memory, height: to.height, width: to.width, stride };
}

interface Plane {
  readonly bytes: number;
  readonly shrink: 1 | 2;
  readonly black: number;
}

/** Limited-range black, which is what decoders give for yuv420p. */
function planesOf(format: PixelFormat): readonly Plane[] {
  if (format === "yuv420p") {
    const colour: Plane = { bytes: 1, shrink: 2, black: 128 };
    return [{ bytes: 1, shrink: 1, black: 16 }, colour, colour];
  }
  const bytes = format === "rgb24" ? 3 : format === "gray16" ? 2 : 1;
  return [{ bytes, shrink: 1, black: 0 }];
}

function planeSize(size: Size, plane: Plane): Size {
  return { height: Math.ceil(size.height / plane.shrink), width: Math.ceil(size.width / plane.shrink) };
}

interface Paste {
  readonly inner: Size;
  readonly outer: Size;
  readonly bytes: number;
  readonly top: number;
  readonly left: number;
}

function pastePlane(from: Uint8Array, to: Uint8Array, { inner, outer, bytes, top, left }: Paste): void {
  const firstRow = Math.max(0, top);
  const endRow = Math.min(outer.height, top + inner.height);
  const firstColumn = Math.max(0, left);
  const columns = Math.min(outer.width, left + inner.width) - firstColumn;
  for (let row = firstRow; row < endRow; row++) {
    const source = ((row - top) * inner.width + firstColumn - left) * bytes;
    to.set(from.subarray(source, source + columns * bytes), (row * outer.width + firstColumn) * bytes);
  }
}

/** The nearest even number that still fits in (pad) or covers (crop) the side. */
function side(length: number, limit: number, fit: "pad" | "crop"): number {
  const even = Math.max(2, 2 * Math.round(length / 2));
  return fit === "pad" ? Math.min(even, limit) : Math.max(even, limit);
}
