/**
 * Where the light does not fall. From each point a ray goes towards the light and asks the shapes that
 * can be in its way, in closed form: shadows are as sharp as the shapes, and need no bias. All shapes are
 * convex, so none throws a shadow on its own lit side. Which shapes can be in the way stands in a grid
 * across the light. Planes throw no shadow.
 */
import {
  AXIS_X,
  AXIS_Y,
  AXIS_Z,
  BOX,
  CAPSULE,
  CENTRE,
  CYLINDER,
  extent,
  type Frame,
  HALF,
  LIGHT,
  LIGHT_EXTENT,
  PLANE,
  STRIDE,
} from "./rasteriserFrame.ts";
import type { Samples } from "./rasteriserSurface.ts";

/** Cells along each side of the grid. */
const CELLS = 48;

/** What touches throws no shadow where it touches, metres. */
const TOUCHING = 1e-7;

/** Below this, a component across an axis is nothing but rounding. */
const PARALLEL = 1e-12;

/** Shapes by cell: those of cell c are `items[starts[c]]` to `items[starts[c + 1]]`. */
export interface ShadowGrid {
  /** Two axes across the light. */
  readonly axes: Float64Array;
  /** Of each shape, in cells: first and last column, first and last row; -1 where it throws no shadow. */
  readonly reach: Int32Array;
  readonly starts: Int32Array;
  items: Int16Array;
  /** Least place along both axes, and cells per metre. */
  readonly origin: Float64Array;
  readonly perCell: Float64Array;
  /** Place along the light of each shape's side that is nearest to it. */
  readonly top: Float64Array;
  /** Least and greatest place of each shape along both axes, metres. */
  readonly rectangle: Float64Array;
}

export function openShadowGrid(shapes: number): ShadowGrid {
  return {
    axes: new Float64Array(6),
    reach: new Int32Array(4 * shapes),
    starts: new Int32Array(CELLS * CELLS + 2),
    items: new Int16Array(Math.max(1, shapes) * 256),
    origin: new Float64Array(2),
    perCell: new Float64Array(2),
    top: new Float64Array(shapes),
    rectangle: new Float64Array(4 * shapes),
  };
}

/** Sorts the shapes of a picture into the cells. */
export function fillShadowGrid(frame: Frame, grid: ShadowGrid): void {
  chooseAxes(frame.light, grid.axes);
  measure(frame, grid);
  const { reach, starts } = grid;
  for (let shape = 0; shape < frame.count; shape++)
    for (let side = 0; side < 4; side++) {
      const axis = side >> 1;
      const cell = Math.floor((grid.rectangle[4 * shape + side]! - grid.origin[axis]!) * grid.perCell[axis]!);
      reach[4 * shape + side] = frame.kinds[shape] === PLANE ? -1 : Math.max(0, Math.min(CELLS - 1, cell));
    }
  // Counts first, two cells on, so that filling in moves each start to its place.
  starts.fill(0);
  for (let shape = 0; shape < frame.count; shape++) count(reach, shape, starts);
  for (let cell = 2; cell < starts.length; cell++) starts[cell]! += starts[cell - 1]!;
  const total = starts[starts.length - 1]!;
  if (total > grid.items.length) grid.items = new Int16Array(2 * total);
  for (let shape = 0; shape < frame.count; shape++) enter(reach, shape, starts, grid.items);
}

function count(reach: Int32Array, shape: number, starts: Int32Array): void {
  if (reach[4 * shape]! < 0) return;
  for (let row = reach[4 * shape + 2]!; row <= reach[4 * shape + 3]!; row++)
    for (let column = reach[4 * shape]!; column <= reach[4 * shape + 1]!; column++) starts[row * CELLS + column + 2]!++;
}

function enter(reach: Int32Array, shape: number, starts: Int32Array, items: Int16Array): void {
  if (reach[4 * shape]! < 0) return;
  for (let row = reach[4 * shape + 2]!; row <= reach[4 * shape + 3]!; row++)
    for (let column = reach[4 * shape]!; column <= reach[4 * shape + 1]!; column++) {
      const next = starts[row * CELLS + column + 1]!++;
      items[next] = shape;
    }
}

/** Two directions of length one across the light and each other. */
function chooseAxes(light: Float64Array, axes: Float64Array): void {
  const [x, y, z] = [light[0]!, light[1]!, light[2]!];
  // Across the light and whichever of the camera's x and y is farther from it.
  const [ax, ay, az] = Math.abs(x) < Math.abs(y) ? [0, z, -y] : [-z, 0, x];
  const per = 1 / Math.sqrt(ax * ax + ay * ay + az * az);
  axes[0] = ax * per;
  axes[1] = ay * per;
  axes[2] = az * per;
  axes[3] = y * axes[2]! - z * axes[1]!;
  axes[4] = z * axes[0]! - x * axes[2]!;
  axes[5] = x * axes[1]! - y * axes[0]!;
}

/** Rectangles of all shapes that throw shadows, and the grid around them. */
function measure(frame: Frame, { axes, rectangle, top, origin, perCell }: ShadowGrid): void {
  const { records, light } = frame;
  for (let axis = 0; axis < 2; axis++) {
    const [x, y, z] = [axes[3 * axis]!, axes[3 * axis + 1]!, axes[3 * axis + 2]!];
    let least = Infinity;
    let greatest = -Infinity;
    for (let shape = 0; shape < frame.count; shape++) {
      if (frame.kinds[shape] === PLANE) continue;
      const at = shape * STRIDE;
      const middle = records[at + CENTRE]! * x + records[at + CENTRE + 1]! * y + records[at + CENTRE + 2]! * z;
      const half = extent(frame, shape, x, y, z) + TOUCHING;
      rectangle[4 * shape + 2 * axis] = middle - half;
      rectangle[4 * shape + 2 * axis + 1] = middle + half;
      least = Math.min(least, middle - half);
      greatest = Math.max(greatest, middle + half);
    }
    origin[axis] = least;
    perCell[axis] = greatest > least ? CELLS / (greatest - least) : 0;
  }
  for (let shape = 0; shape < frame.count; shape++) {
    const at = shape * STRIDE;
    const height =
      records[at + CENTRE]! * light[0]! + records[at + CENTRE + 1]! * light[1]! + records[at + CENTRE + 2]! * light[2]!;
    top[shape] = height + records[at + LIGHT_EXTENT]!;
  }
}

/** Fills `lit`. */
export function shadow(frame: Frame, grid: ShadowGrid, samples: Samples): void {
  const { light, kinds, records } = frame;
  const { axes, starts, items, origin, perCell, top, rectangle } = grid;
  const { count, x, y, depth, id, nx, ny, nz, lit } = samples;
  const [lx, ly, lz] = [light[0]!, light[1]!, light[2]!];
  for (let index = 0; index < count; index++) {
    const own = id[index]!;
    lit[index] = own >= 0 && nx[index]! * lx + ny[index]! * ly + nz[index]! * lz > 0 ? 1 : 0;
    if (lit[index] === 0) continue;
    const pz = depth[index]!;
    const px = pz * x[index]!;
    const py = pz * y[index]!;
    const first = px * axes[0]! + py * axes[1]! + pz * axes[2]!;
    const second = px * axes[3]! + py * axes[4]! + pz * axes[5]!;
    const column = Math.floor((first - origin[0]!) * perCell[0]!);
    const row = Math.floor((second - origin[1]!) * perCell[1]!);
    if (!(column >= 0 && column < CELLS && row >= 0 && row < CELLS)) continue;
    const height = px * lx + py * ly + pz * lz;
    const end = starts[row * CELLS + column + 1]!;
    for (let item = starts[row * CELLS + column]!; item < end; item++) {
      const shape = items[item]!;
      const at = 4 * shape;
      if (shape === own || !(top[shape]! > height)) continue;
      if (first < rectangle[at]! || first > rectangle[at + 1]! || second < rectangle[at + 2]! || second > rectangle[at + 3]!)
        continue;
      if (inTheWay(records, kinds[shape]!, shape * STRIDE, px, py, pz, lx, ly, lz)) {
        lit[index] = 0;
        break;
      }
    }
  }
}

/** Whether a ray from a point towards the light meets a shape. */
function inTheWay(
  records: Float64Array,
  kind: number,
  at: number,
  px: number,
  py: number,
  pz: number,
  lx: number,
  ly: number,
  lz: number,
): boolean {
  // The shape's centre as seen from the point, along the shape's axes.
  const wx = records[at + CENTRE]! - px;
  const wy = records[at + CENTRE + 1]! - py;
  const wz = records[at + CENTRE + 2]! - pz;
  const alongZ = wx * records[at + AXIS_Z]! + wy * records[at + AXIS_Z + 1]! + wz * records[at + AXIS_Z + 2]!;
  const lightZ = records[at + LIGHT + 2]!;
  const halfZ = records[at + HALF + 2]!;
  if (kind === CAPSULE || kind === CYLINDER) {
    const radius = records[at + HALF]!;
    const along = wx * lx + wy * ly + wz * lz;
    const squares = wx * wx + wy * wy + wz * wz;
    const across = 1 - lightZ * lightZ;
    const towards = along - alongZ * lightZ;
    const within = towards * towards - across * (squares - alongZ * alongZ - radius * radius);
    if (!(within >= 0)) return false;
    const hit = (towards - Math.sqrt(within)) / across;
    const z = hit * lightZ - alongZ;
    if (z <= halfZ && z >= -halfZ && across > PARALLEL) return hit > TOUCHING;
    const end = (across > PARALLEL ? z > 0 : lightZ < 0) ? halfZ : -halfZ;
    const rim = squares + 2 * end * alongZ - radius * radius;
    if (kind === CYLINDER) {
      const flat = (alongZ + end) / lightZ;
      return flat > TOUCHING && flat * (flat - 2 * along) + rim - end * end - 2 * end * alongZ <= 0;
    }
    const nearer = along + end * lightZ;
    return nearer > TOUCHING && nearer * nearer >= rim + end * end;
  }
  const alongX = wx * records[at + AXIS_X]! + wy * records[at + AXIS_X + 1]! + wz * records[at + AXIS_X + 2]!;
  const alongY = wx * records[at + AXIS_Y]! + wy * records[at + AXIS_Y + 1]! + wz * records[at + AXIS_Y + 2]!;
  const [lightX, lightY] = [records[at + LIGHT]!, records[at + LIGHT + 1]!];
  const [halfX, halfY] = [records[at + HALF]!, records[at + HALF + 1]!];
  if (kind === BOX) return boxInTheWay(alongX, alongY, alongZ, lightX, lightY, lightZ, halfX, halfY, halfZ);
  const [cx, cy, cz] = [alongX / halfX, alongY / halfY, alongZ / halfZ];
  const [dx, dy, dz] = [lightX / halfX, lightY / halfY, lightZ / halfZ];
  const towards = cx * dx + cy * dy + cz * dz;
  const square = dx * dx + dy * dy + dz * dz;
  return towards > 0 && towards * towards >= square * (cx * cx + cy * cy + cz * cz - 1);
}

function boxInTheWay(
  cx: number,
  cy: number,
  cz: number,
  dx: number,
  dy: number,
  dz: number,
  halfX: number,
  halfY: number,
  halfZ: number,
): boolean {
  const perX = 1 / (dx || 1e-30);
  const perY = 1 / (dy || 1e-30);
  const perZ = 1 / (dz || 1e-30);
  const [thickX, thickY, thickZ] = [halfX * Math.abs(perX), halfY * Math.abs(perY), halfZ * Math.abs(perZ)];
  const enter = Math.max(cx * perX - thickX, cy * perY - thickY, cz * perZ - thickZ);
  const leave = Math.min(cx * perX + thickX, cy * perY + thickY, cz * perZ + thickZ);
  return enter <= leave && leave > TOUCHING;
}
