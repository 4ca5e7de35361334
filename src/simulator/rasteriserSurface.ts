/** What stands where the rays met something: points, normals, and which side of the shape it is. */
import {
  AXIS_X,
  AXIS_Y,
  AXIS_Z,
  BOX,
  CAPSULE,
  CENTRE,
  CYLINDER,
  ELLIPSOID,
  type Frame,
  HALF,
  STRIDE,
} from "./rasteriserFrame.ts";

/** Rays with their hits, side by side, worked on a row of the picture at a time. */
export interface Samples {
  count: number;
  /** The ray goes through (x, y, 1); it meets shape `id` at `depth` times that. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly depth: Float64Array;
  readonly id: Int16Array;
  /** The surface's normal there, of length one, in the camera's axes. */
  readonly nx: Float64Array;
  readonly ny: Float64Array;
  readonly nz: Float64Array;
  /** Which flat side of the shape; then everything that an edge in the picture can lie between. */
  readonly key: Int32Array;
  /** 1 where the light falls on it, 0 where something is in between. */
  readonly lit: Uint8Array;
  /** Linear light, 0 to 1 and a little more. */
  readonly red: Float64Array;
  readonly green: Float64Array;
  readonly blue: Float64Array;
}

export function openSamples(capacity: number): Samples {
  const numbers = () => new Float64Array(capacity);
  return {
    count: 0,
    x: numbers(),
    y: numbers(),
    depth: numbers(),
    id: new Int16Array(capacity),
    nx: numbers(),
    ny: numbers(),
    nz: numbers(),
    key: new Int32Array(capacity),
    lit: new Uint8Array(capacity),
    red: numbers(),
    green: numbers(),
    blue: numbers(),
  };
}

/** Nearer to the end than this part of its half length, a cylinder's hit is on the flat end. */
const RIM = 1 - 1e-9;

/** Fills normals and `key` (0 on round sides). */
export function surface({ records, kinds }: Frame, samples: Samples): void {
  const { count, x, y, depth, id, nx, ny, nz, key } = samples;
  for (let index = 0; index < count; index++) {
    const shape = id[index]!;
    key[index] = 0;
    if (shape < 0) continue;
    const at = shape * STRIDE;
    const away = depth[index]!;
    // The point as seen from the shape's centre.
    const px = away * x[index]! - records[at + CENTRE]!;
    const py = away * y[index]! - records[at + CENTRE + 1]!;
    const pz = away - records[at + CENTRE + 2]!;
    switch (kinds[shape]) {
      case CAPSULE: {
        const half = records[at + HALF + 2]!;
        const along = px * records[at + AXIS_Z]! + py * records[at + AXIS_Z + 1]! + pz * records[at + AXIS_Z + 2]!;
        const stem = along > half ? half : along < -half ? -half : along;
        const per = 1 / records[at + HALF]!;
        nx[index] = (px - stem * records[at + AXIS_Z]!) * per;
        ny[index] = (py - stem * records[at + AXIS_Z + 1]!) * per;
        nz[index] = (pz - stem * records[at + AXIS_Z + 2]!) * per;
        break;
      }
      case CYLINDER: {
        const along = px * records[at + AXIS_Z]! + py * records[at + AXIS_Z + 1]! + pz * records[at + AXIS_Z + 2]!;
        if (Math.abs(along) > RIM * records[at + HALF + 2]!) face(records, at, 2, along, index, samples);
        else {
          const per = 1 / records[at + HALF]!;
          nx[index] = (px - along * records[at + AXIS_Z]!) * per;
          ny[index] = (py - along * records[at + AXIS_Z + 1]!) * per;
          nz[index] = (pz - along * records[at + AXIS_Z + 2]!) * per;
        }
        break;
      }
      case BOX: {
        const alongX = px * records[at + AXIS_X]! + py * records[at + AXIS_X + 1]! + pz * records[at + AXIS_X + 2]!;
        const alongY = px * records[at + AXIS_Y]! + py * records[at + AXIS_Y + 1]! + pz * records[at + AXIS_Y + 2]!;
        const alongZ = px * records[at + AXIS_Z]! + py * records[at + AXIS_Z + 1]! + pz * records[at + AXIS_Z + 2]!;
        const offX = Math.abs(alongX) - records[at + HALF]!;
        const offY = Math.abs(alongY) - records[at + HALF + 1]!;
        const offZ = Math.abs(alongZ) - records[at + HALF + 2]!;
        if (offX > offY && offX > offZ) face(records, at, 0, alongX, index, samples);
        else if (offY > offZ) face(records, at, 1, alongY, index, samples);
        else face(records, at, 2, alongZ, index, samples);
        break;
      }
      case ELLIPSOID:
        stretched(records, at, px, py, pz, index, samples);
        break;
      default:
        face(records, at, 2, 1, index, samples);
    }
  }
}

/** A flat side across one of the shape's axes, on the side that `sign` says. */
function face(records: Float64Array, at: number, axis: number, sign: number, index: number, samples: Samples): void {
  const turn = sign < 0 ? -1 : 1;
  const from = at + AXIS_X + 3 * axis;
  samples.nx[index] = turn * records[from]!;
  samples.ny[index] = turn * records[from + 1]!;
  samples.nz[index] = turn * records[from + 2]!;
  samples.key[index] = 1 + axis + (turn < 0 ? 3 : 0);
}

/** An ellipsoid's normal: its gradient. */
function stretched(records: Float64Array, at: number, px: number, py: number, pz: number, index: number, samples: Samples): void {
  let [x, y, z] = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const from = at + AXIS_X + 3 * axis;
    const half = records[at + HALF + axis]!;
    const along = (px * records[from]! + py * records[from + 1]! + pz * records[from + 2]!) / (half * half);
    x += along * records[from]!;
    y += along * records[from + 1]!;
    z += along * records[from + 2]!;
  }
  const per = 1 / Math.sqrt(x * x + y * y + z * z);
  samples.nx[index] = x * per;
  samples.ny[index] = y * per;
  samples.nz[index] = z * per;
}
