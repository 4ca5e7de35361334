/**
 * Where in the picture a shape can be: the rectangle of pixels whose rays need asking. Ellipsoids and
 * the round ends of capsules and cylinders are bounded by their outlines' exact extremes (the dual
 * conic of the projected quadric, Hartley & Zisserman, Multiple View Geometry, 8.3), everything else by
 * the corners of the box around it, cut off at the near plane.
 */
import type { Camera } from "./rasteriser.ts";
import {
  AXIS_X,
  AXIS_Y,
  AXIS_Z,
  BOX,
  CAPSULE,
  CENTRE,
  CYLINDER,
  ELLIPSOID,
  extent,
  type Frame,
  HALF,
  NEAR,
  PLANE,
  STRIDE,
} from "./rasteriserFrame.ts";

/** Against rounding, pixels. */
const MARGIN = 0.01;

/** Least and greatest of x/z and of y/z; then the same of pixels' columns and rows, half-open. */
export interface Bounds {
  readonly slopes: Float64Array;
  readonly pixels: Int32Array;
}

export function openBounds(): Bounds {
  return { slopes: new Float64Array(4), pixels: new Int32Array(4) };
}

/** Writes `bounds.pixels`: first column, last + 1, first row, last + 1. False where nothing of the shape can be seen. */
export function boundsOf(frame: Frame, shape: number, camera: Camera, bounds: Bounds): boolean {
  const { slopes, pixels } = bounds;
  slopes[0] = slopes[2] = Infinity;
  slopes[1] = slopes[3] = -Infinity;
  if (!bound(frame, shape, slopes)) return false;
  pixels[0] = first(slopes[0]! * camera.fx + camera.cx);
  pixels[1] = end(slopes[1]! * camera.fx + camera.cx, camera.width);
  pixels[2] = first(slopes[2]! * camera.fy + camera.cy);
  pixels[3] = end(slopes[3]! * camera.fy + camera.cy, camera.height);
  return pixels[0]! < pixels[1]! && pixels[2]! < pixels[3]!;
}

/** The first pixel whose centre is at or after a place. */
function first(place: number): number {
  return Math.max(0, Math.ceil(place - MARGIN - 0.5));
}

function end(place: number, size: number): number {
  return Math.min(size, Math.floor(place + MARGIN - 0.5) + 1);
}

function bound(frame: Frame, shape: number, slopes: Float64Array): boolean {
  const { records } = frame;
  const at = shape * STRIDE;
  const kind = frame.kinds[shape];
  if (kind === PLANE && records[at + HALF]! + records[at + HALF + 1]! === Infinity) {
    slopes[0] = slopes[2] = -Infinity;
    slopes[1] = slopes[3] = Infinity;
    return true;
  }
  const depth = records[at + CENTRE + 2]!;
  const half = extent(frame, shape, 0, 0, 1);
  if (!(depth + half > NEAR)) return false;
  if (depth - half < NEAR || kind === BOX || kind === PLANE) return corners(frame, shape, slopes);
  if (kind === ELLIPSOID) outline(records, at, 0, 1, slopes);
  if (kind === CAPSULE || kind === CYLINDER) {
    outline(records, at, 1, kind === CAPSULE ? 1 : 0, slopes);
    outline(records, at, -1, kind === CAPSULE ? 1 : 0, slopes);
  }
  return true;
}

/**
 * Widens the slopes by an ellipsoid's outline. `end` moves its centre along the shape's z axis to an end
 * (then it is as thick as it is wide there: 1 for a ball, 0 for a disc).
 */
function outline(records: Float64Array, at: number, end: number, thickness: number, slopes: Float64Array): void {
  const shift = end * records[at + HALF + 2]!;
  const halfX = records[at + HALF]!;
  const halfY = records[at + HALF + 1]!;
  const halfZ = (end === 0 ? records[at + HALF + 2]! : halfX) * thickness;
  const z = records[at + CENTRE + 2]! + shift * records[at + AXIS_Z + 2]!;
  const zz =
    square(halfX * records[at + AXIS_X + 2]!) +
    square(halfY * records[at + AXIS_Y + 2]!) +
    square(halfZ * records[at + AXIS_Z + 2]!) -
    z * z;
  for (let side = 0; side < 2; side++) {
    const centre = records[at + CENTRE + side]! + shift * records[at + AXIS_Z + side]!;
    const ax = halfX * records[at + AXIS_X + side]!;
    const ay = halfY * records[at + AXIS_Y + side]!;
    const az = halfZ * records[at + AXIS_Z + side]!;
    const own = ax * ax + ay * ay + az * az - centre * centre;
    const mixed =
      ax * halfX * records[at + AXIS_X + 2]! +
      ay * halfY * records[at + AXIS_Y + 2]! +
      az * halfZ * records[at + AXIS_Z + 2]! -
      centre * z;
    // zz is negative: all of the ellipsoid is before the camera.
    const root = Math.sqrt(Math.max(0, mixed * mixed - own * zz));
    slopes[2 * side] = Math.min(slopes[2 * side]!, (mixed + root) / zz);
    slopes[2 * side + 1] = Math.max(slopes[2 * side + 1]!, (mixed - root) / zz);
  }
}

function square(value: number): number {
  return value * value;
}

/** x, y and z of the eight corners of the box at hand. */
const corner = new Float64Array(24);

/** Widens the slopes by the box around a shape, as far as it is before the near plane. */
function corners(frame: Frame, shape: number, slopes: Float64Array): boolean {
  const { records } = frame;
  const at = shape * STRIDE;
  const halfZ = records[at + HALF + 2]! + (frame.kinds[shape] === CAPSULE ? records[at + HALF]! : 0);
  for (let index = 0; index < 8; index++) {
    const x = (index & 1 ? 1 : -1) * records[at + HALF]!;
    const y = (index & 2 ? 1 : -1) * records[at + HALF + 1]!;
    const z = (index & 4 ? 1 : -1) * halfZ;
    for (let side = 0; side < 3; side++)
      corner[3 * index + side] =
        records[at + CENTRE + side]! +
        x * records[at + AXIS_X + side]! +
        y * records[at + AXIS_Y + side]! +
        z * records[at + AXIS_Z + side]!;
  }
  for (let index = 0; index < 8; index++) {
    if (corner[3 * index + 2]! >= NEAR)
      widen(corner[3 * index]! / corner[3 * index + 2]!, corner[3 * index + 1]! / corner[3 * index + 2]!, slopes);
    for (let bit = 1; bit < 8; bit *= 2) if (!(index & bit)) cut(3 * index, 3 * (index | bit), slopes);
  }
  return slopes[0]! <= slopes[1]!;
}

/** Where the edge between two corners goes through the near plane. */
function cut(a: number, b: number, slopes: Float64Array): void {
  const before = corner[a + 2]! - NEAR;
  const after = corner[b + 2]! - NEAR;
  if (before >= 0 === after >= 0) return;
  const part = before / (before - after);
  const x = corner[a]! + part * (corner[b]! - corner[a]!);
  const y = corner[a + 1]! + part * (corner[b + 1]! - corner[a + 1]!);
  widen(x / NEAR, y / NEAR, slopes);
}

function widen(x: number, y: number, slopes: Float64Array): void {
  slopes[0] = Math.min(slopes[0]!, x);
  slopes[1] = Math.max(slopes[1]!, x);
  slopes[2] = Math.min(slopes[2]!, y);
  slopes[3] = Math.max(slopes[3]!, y);
}
