/**
 * Which shapes can throw a shadow where: a grid of cells across the light, each with a list of the shapes
 * that stand in its way. Planes throw no shadow.
 */
import { CENTRE, extent, type Frame, PLANE, RECTANGLE, ROUNDING, STRIDE } from "./rasteriserFrame.ts";

/** Cells along each side of the grid. */
const CELLS = 48;

/** Numbers in `starts`: those of cell c are `items[starts[c]]` to `items[starts[c + 1]]`. */
export const STARTS = CELLS * CELLS + 2;

export interface ShadowGrid {
  /** Two axes across the light. */
  readonly axes: Float64Array;
  /** Least place along both axes, metres, and cells per metre. */
  readonly origin: Float64Array;
  readonly perCell: Float64Array;
  /** Of each shape, in cells: first and last column, first and last row; -1 where it throws no shadow. */
  readonly reach: Int32Array;
}

export function openShadowGrid(shapes: number): ShadowGrid {
  return {
    axes: new Float64Array(6),
    origin: new Float64Array(2),
    perCell: new Float64Array(2),
    reach: new Int32Array(4 * shapes),
  };
}

/** How many items there can be. */
export function itemsMax(shapes: number): number {
  return CELLS * CELLS * shapes;
}

/** Sorts the shapes of a picture into the cells, and writes where they are across the light into their records. */
export function fillShadowGrid(frame: Frame, grid: ShadowGrid, starts: Int32Array, items: Int16Array): void {
  chooseAxes(frame.light, grid.axes);
  measure(frame, grid);
  const { reach } = grid;
  for (let shape = 0; shape < frame.count; shape++)
    for (let side = 0; side < 4; side++) {
      const axis = side >> 1;
      const place = frame.records[shape * STRIDE + RECTANGLE + side]!;
      const cell = Math.floor((place - grid.origin[axis]!) * grid.perCell[axis]!);
      reach[4 * shape + side] = frame.kinds[shape] === PLANE ? -1 : Math.max(0, Math.min(CELLS - 1, cell));
    }
  // Counts first, two cells on, so that filling in moves each start to its place.
  starts.fill(0);
  for (let shape = 0; shape < frame.count; shape++) count(reach, shape, starts);
  for (let cell = 2; cell < STARTS; cell++) starts[cell]! += starts[cell - 1]!;
  for (let shape = 0; shape < frame.count; shape++) enter(reach, shape, starts, items);
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
  const x = light[0]!;
  const y = light[1]!;
  const z = light[2]!;
  // Across the light and whichever of the camera's x and y is farther from it.
  const level = Math.abs(x) < Math.abs(y);
  const ax = level ? 0 : -z;
  const ay = level ? z : 0;
  const az = level ? -y : x;
  const per = 1 / Math.sqrt(ax * ax + ay * ay + az * az);
  axes[0] = ax * per;
  axes[1] = ay * per;
  axes[2] = az * per;
  axes[3] = y * axes[2]! - z * axes[1]!;
  axes[4] = z * axes[0]! - x * axes[2]!;
  axes[5] = x * axes[1]! - y * axes[0]!;
}

/** Rectangles of all shapes that throw shadows, and the grid around them. */
function measure(frame: Frame, { axes, origin, perCell }: ShadowGrid): void {
  const { records } = frame;
  for (let axis = 0; axis < 2; axis++) {
    const x = axes[3 * axis]!;
    const y = axes[3 * axis + 1]!;
    const z = axes[3 * axis + 2]!;
    let least = Infinity;
    let greatest = -Infinity;
    for (let shape = 0; shape < frame.count; shape++) {
      if (frame.kinds[shape] === PLANE) continue;
      const at = shape * STRIDE;
      const middle = records[at + CENTRE]! * x + records[at + CENTRE + 1]! * y + records[at + CENTRE + 2]! * z;
      const half = extent(frame, shape, x, y, z) + ROUNDING;
      records[at + RECTANGLE + 2 * axis] = middle - half;
      records[at + RECTANGLE + 2 * axis + 1] = middle + half;
      least = Math.min(least, middle - half);
      greatest = Math.max(greatest, middle + half);
    }
    origin[axis] = least;
    perCell[axis] = greatest > least ? CELLS / (greatest - least) : 0;
  }
}
