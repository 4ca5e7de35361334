/**
 * The scene as one camera sees it: every shape in one record of numbers, in the camera's axes (x right,
 * y down, z forward), where all that follows is worked out. Only + − × ÷ and square roots, in a fixed
 * order, so that equal input gives equal pictures on every machine.
 */
import type { Shape } from "./rasteriser.ts";

/** Nothing nearer to the camera than this is drawn, metres along its z axis. */
export const NEAR = 0.01;

/** What places may be off by where 32 bits are used, metres. */
export const ROUNDING = 1e-5;

/** How a shape is met by a ray. A sphere is a capsule without length. */
export const PLANE = 0;
export const CAPSULE = 1;
export const CYLINDER = 2;
export const BOX = 3;
export const ELLIPSOID = 4;

/** Numbers in a shape's record, and where each stands: as in rasteriserMemory.part.simd.ts. Vectors take three. */
export const STRIDE = 28;
export const CENTRE = 0;
export const AXIS_X = 3;
export const AXIS_Y = 6;
export const AXIS_Z = 9;
/** Half sizes along the shape's own axes; a capsule's and a cylinder's are [radius, radius, half length]. */
export const HALF = 12;
/** The light's components along the shape's own axes. */
export const LIGHT = 15;
const KIND = 19;
/** Linear red, green and blue, 0 to 1. */
const ALBEDO = 20;
/** Place along the light of the side that is nearest to it, metres. */
export const TOP = 23;
/** Least and greatest place along the first axis of the shadow grid, then along the second, metres. */
export const RECTANGLE = 24;

/** What is drawn: plain arrays, filled anew for each picture. */
export interface Frame {
  readonly count: number;
  readonly kinds: Uint8Array;
  /** `STRIDE` numbers for each shape. */
  readonly records: Float64Array;
  /** Where each shape's pose stands in the caller's list: planes come first, and shapes that cannot be seen are left out. */
  readonly source: Int32Array;
  /** Towards the light, in the world; and in the camera's axes. Of length one. */
  readonly lightWorld: Float64Array;
  readonly light: Float64Array;
  /** The world's z axis in the camera's axes. */
  readonly up: Float64Array;
}

/** Memory for a scene. Shapes with an alpha of 0 are left out; every other is opaque. */
export function openFrame(shapes: readonly Shape[], lightDirection: readonly number[]): Frame {
  const listed = shapes.map((shape, index) => ({ shape, index })).filter(({ shape }) => shape.rgba[3] > 0);
  const seen = [...listed.filter(isPlane), ...listed.filter((one) => !isPlane(one))];
  const [x, y, z] = lightDirection as [number, number, number];
  const length = Math.sqrt(x * x + y * y + z * z);
  const records = new Float64Array(seen.length * STRIDE);
  for (const [at, { shape }] of seen.entries()) {
    records.set(halfSizes(shape), at * STRIDE + HALF);
    records[at * STRIDE + KIND] = kindOf(shape);
    // Colours are given as they look on a screen: their squares are near enough to linear light.
    for (let part = 0; part < 3; part++) records[at * STRIDE + ALBEDO + part] = shape.rgba[part]! * shape.rgba[part]!;
  }
  return {
    count: seen.length,
    kinds: Uint8Array.from(seen, ({ shape }) => kindOf(shape)),
    records,
    source: Int32Array.from(seen, ({ index }) => index),
    lightWorld: Float64Array.of(-x / length, -y / length, -z / length),
    light: new Float64Array(3),
    up: new Float64Array(3),
  };
}

function isPlane({ shape }: { shape: Shape }): boolean {
  return shape.kind === "plane";
}

/** Fills the records for one picture. `poses`: 12 numbers for each shape of the caller's list. */
export function place(
  frame: Frame,
  poses: Float64Array,
  camera: { position: ArrayLike<number>; rotation: ArrayLike<number> },
): void {
  const { records, light, count } = frame;
  const { position, rotation } = camera;
  turn(rotation, frame.lightWorld[0]!, frame.lightWorld[1]!, frame.lightWorld[2]!, light, 0);
  turn(rotation, 0, 0, 1, frame.up, 0);
  for (let shape = 0; shape < count; shape++) {
    const to = shape * STRIDE;
    const from = frame.source[shape]! * 12;
    const x = poses[from]! - position[0]!;
    const y = poses[from + 1]! - position[1]!;
    const z = poses[from + 2]! - position[2]!;
    turn(rotation, x, y, z, records, to + CENTRE);
    for (let axis = 0; axis < 3; axis++) {
      const at = to + AXIS_X + axis * 3;
      turn(rotation, poses[from + 3 + axis]!, poses[from + 6 + axis]!, poses[from + 9 + axis]!, records, at);
      records[to + LIGHT + axis] = records[at]! * light[0]! + records[at + 1]! * light[1]! + records[at + 2]! * light[2]!;
    }
    records[to + TOP] =
      records[to]! * light[0]! +
      records[to + 1]! * light[1]! +
      records[to + 2]! * light[2]! +
      extent(frame, shape, light[0]!, light[1]!, light[2]!) +
      ROUNDING;
  }
}

/** Half the width of a shape along a direction of length one. */
export function extent(frame: Frame, shape: number, x: number, y: number, z: number): number {
  const { records } = frame;
  const at = shape * STRIDE;
  const alongX = Math.abs(records[at + AXIS_X]! * x + records[at + AXIS_X + 1]! * y + records[at + AXIS_X + 2]! * z);
  const alongY = Math.abs(records[at + AXIS_Y]! * x + records[at + AXIS_Y + 1]! * y + records[at + AXIS_Y + 2]! * z);
  const alongZ = Math.abs(records[at + AXIS_Z]! * x + records[at + AXIS_Z + 1]! * y + records[at + AXIS_Z + 2]! * z);
  const halfX = alongX * records[at + HALF]!;
  const halfY = alongY * records[at + HALF + 1]!;
  const halfZ = alongZ * records[at + HALF + 2]!;
  switch (frame.kinds[shape]) {
    case CAPSULE:
      return records[at + HALF]! + halfZ;
    case CYLINDER:
      return Math.sqrt(halfX * halfX + halfY * halfY) + halfZ;
    case ELLIPSOID:
      return Math.sqrt(halfX * halfX + halfY * halfY + halfZ * halfZ);
    default:
      return halfX + halfY + halfZ;
  }
}

/** A vector of the world in the camera's axes, which are the columns of `rotation`. */
function turn(rotation: ArrayLike<number>, x: number, y: number, z: number, into: Float64Array, at: number): void {
  into[at] = rotation[0]! * x + rotation[3]! * y + rotation[6]! * z;
  into[at + 1] = rotation[1]! * x + rotation[4]! * y + rotation[7]! * z;
  into[at + 2] = rotation[2]! * x + rotation[5]! * y + rotation[8]! * z;
}

function kindOf(shape: Shape): number {
  const kinds = { plane: PLANE, sphere: CAPSULE, capsule: CAPSULE, cylinder: CYLINDER, box: BOX, ellipsoid: ELLIPSOID };
  return kinds[shape.kind];
}

function halfSizes({ kind, size }: Shape): readonly number[] {
  const [first, second, third] = size;
  switch (kind) {
    case "sphere":
      return [first, first, 0];
    case "capsule":
    case "cylinder":
      return [first, first, second];
    // Without an end where MuJoCo says 0.
    case "plane":
      return [first > 0 ? first : Infinity, second > 0 ? second : Infinity, 0];
    default:
      return [first, second, third];
  }
}
