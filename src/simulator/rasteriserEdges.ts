/**
 * Smooth edges: where neighbouring pixels show different things (another shape, another side of a box,
 * light and shadow), four rays a pixel are cast instead of one. They ask only the shapes seen by the
 * pixels around.
 */
import { cast, SKY, type Span } from "./rasteriserCast.ts";
import type { Frame } from "./rasteriserFrame.ts";
import type { Samples } from "./rasteriserSurface.ts";

/** Pixels that are cast together: fewer ask fewer shapes, more have less to set up. */
const RUN_PIXELS_MAX = 12;

/** What the rays through pixels' centres saw. */
export interface Seen {
  readonly width: number;
  readonly height: number;
  readonly id: Int16Array;
  readonly key: Int32Array;
}

export interface Edges {
  /** Columns of the row's pixels that lie at an edge, and their count. */
  readonly columns: Int32Array;
  count: number;
  /** Rays through the quarters of pixels, twice as many each way. */
  readonly fine: Span;
  /** Shapes around the run at hand. */
  readonly around: Int16Array;
  /** When each shape was last among them. */
  readonly stamp: Int32Array;
  run: number;
}

export function openEdges(width: number, height: number, shapes: number): Edges {
  return {
    columns: new Int32Array(width),
    count: 0,
    fine: {
      x: new Float64Array(2 * width),
      y: new Float64Array(2 * height),
      row: 0,
      from: 0,
      to: 0,
      depth: new Float64Array(4 * width),
      id: new Int16Array(4 * width),
      base: 0,
    },
    around: new Int16Array(shapes),
    stamp: new Int32Array(shapes),
    run: 0,
  };
}

/** Finds a row's edges and casts their rays: four samples for each of `edges.columns`. */
export function castEdges(frame: Frame, seen: Seen, row: number, edges: Edges, samples: Samples): void {
  const { columns } = edges;
  findEdges(seen, row, edges);
  samples.count = 0;
  for (let index = 0; index < edges.count; ) {
    const from = columns[index]!;
    let to = from + 1;
    index++;
    while (index < edges.count && columns[index] === to && to - from < RUN_PIXELS_MAX) {
      to++;
      index++;
    }
    castRun(frame, seen, row, from, to, edges, samples);
  }
}

function findEdges({ width, height, key }: Seen, row: number, edges: Edges): void {
  const { columns } = edges;
  const start = row * width;
  const above = row > 0 ? -width : 0;
  const below = row + 1 < height ? width : 0;
  let count = 0;
  for (let column = 0; column < width; column++) {
    const at = start + column;
    const own = key[at]!;
    const left = column > 0 ? at - 1 : at;
    const right = column + 1 < width ? at + 1 : at;
    if (key[left] !== own || key[right] !== own || key[at + above] !== own || key[at + below] !== own) columns[count++] = column;
  }
  edges.count = count;
}

function castRun(frame: Frame, seen: Seen, row: number, from: number, to: number, edges: Edges, samples: Samples): void {
  const { fine, around } = edges;
  const shapes = shapesAround(seen, row, from, to, edges);
  const rowLength = fine.x.length;
  fine.from = 2 * from;
  fine.to = 2 * to;
  for (let half = 0; half < 2; half++) {
    fine.row = 2 * row + half;
    fine.base = half * rowLength;
    fine.depth.fill(Infinity, fine.base + fine.from, fine.base + fine.to);
    fine.id.fill(SKY, fine.base + fine.from, fine.base + fine.to);
    for (let shape = 0; shape < shapes; shape++) cast(frame, around[shape]!, fine);
  }
  for (let column = from; column < to; column++)
    for (let part = 0; part < 4; part++) {
      const across = 2 * column + (part & 1);
      const at = (part >> 1) * rowLength + across;
      const index = samples.count++;
      samples.x[index] = fine.x[across]!;
      samples.y[index] = fine.y[2 * row + (part >> 1)]!;
      samples.depth[index] = fine.depth[at]!;
      samples.id[index] = fine.id[at]!;
    }
}

/** Lists each shape seen in the run or one pixel around it once, in `edges.around`; gives their count. */
function shapesAround({ width, height, id }: Seen, row: number, from: number, to: number, edges: Edges): number {
  const { around, stamp } = edges;
  const run = ++edges.run;
  let count = 0;
  for (let near = Math.max(0, row - 1); near <= Math.min(height - 1, row + 1); near++)
    for (let column = Math.max(0, from - 1); column <= Math.min(width - 1, to); column++) {
      const shape = id[near * width + column]!;
      if (shape === SKY || stamp[shape] === run) continue;
      stamp[shape] = run;
      around[count++] = shape;
    }
  return count;
}
