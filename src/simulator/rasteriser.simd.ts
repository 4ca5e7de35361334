/**
 * The rasteriser's inner loops, four pixels at a time: AssemblyScript, compiled by `node tools/assemble.ts`
 * to the bytes in rasteriserWasm.ts. Only + − × ÷ and square roots of 32 bits in a fixed order, so that
 * equal input gives equal pictures on every machine.
 */
import { cast } from "./rasteriserCast.part.simd";
import { paint } from "./rasteriserColour.part.simd";
import {
  around,
  columns,
  fineBytes,
  fineHits,
  fineHitsPlane,
  fineKeys,
  fineX,
  fineY,
  height,
  hits,
  hitsPlane,
  keys,
  light,
  lightPlane,
  picture,
  RECORD,
  raysX,
  raysY,
  records,
  rowBytes,
  shapes,
  stamps,
  width,
} from "./rasteriserMemory.part.simd";

export {
  fineX,
  fineY,
  items,
  lay,
  picture,
  raysX,
  raysY,
  records,
  rowBytes,
  scene,
  starts,
} from "./rasteriserMemory.part.simd";

/** Pixels that are cast together at edges: fewer ask fewer shapes, more have less to set up. */
const RUN_PIXELS_MAX: i32 = 12;

let run: i32 = 0;

/** Forgets the picture before, and whatever else stood in memory. */
export function clear(): void {
  run = 0;
  memory.fill(stamps, 0, <usize>shapes << 2);
  wipe(hits, hitsPlane, hitsPlane);
}

/** No depth, no shape. */
function wipe(at: usize, plane: usize, bytes: usize): void {
  for (let done: usize = 0; done < bytes; done += 16) {
    v128.store(at + done, f32x4.splat(Infinity));
    v128.store(at + plane + done, i32x4.splat(-1));
  }
}

/** Casts the rays of a rectangle of pixels, half-open, at one shape. */
export function draw(shape: i32, fromColumn: i32, toColumn: i32, fromRow: i32, toRow: i32): void {
  const record = records + <usize>shape * RECORD;
  for (let row = fromRow; row < toRow; row++) {
    const at = hits + <usize>row * rowBytes;
    cast(record, shape, at, hitsPlane, raysX, load<f32>(raysY + (<usize>row << 2)), fromColumn, toColumn);
  }
}

/** Makes the picture of what the rays met. */
export function develop(): void {
  for (let row = 0; row < height; row++) {
    const at = <usize>row * rowBytes;
    paint(hits + at, hitsPlane, raysX, load<f32>(raysY + (<usize>row << 2)), 0, width, light, keys + at);
    expose(picture + 3 * <usize>row * <usize>width);
  }
  for (let row = 0; row < height; row++) smooth(row);
}

/** A row of light as bytes. A square root is near enough to what screens undo. */
function expose(to: usize): void {
  for (let column: usize = 0; column < <usize>width; column++) {
    const at = light + (column << 2);
    store<u8>(to, byte(load<f32>(at)));
    store<u8>(to, byte(load<f32>(at + lightPlane)), 1);
    store<u8>(to, byte(load<f32>(at + 2 * lightPlane)), 2);
    to += 3;
  }
}

@inline
function byte(value: f32): u8 {
  return <u8>(<i32>(sqrt<f32>(min<f32>(value, 1)) * 255 + <f32>0.5));
}

/**
 * Smooths a row's edges: where neighbouring pixels show different things (another shape, another side of
 * a box, light and shadow), four rays a pixel are cast instead of one. They ask only the shapes seen by
 * the pixels around.
 */
function smooth(row: i32): void {
  const count = findEdges(row);
  let index = 0;
  while (index < count) {
    const from = load<i32>(columns + (<usize>index << 2));
    let to = from + 1;
    index++;
    while (index < count && to - from < RUN_PIXELS_MAX && load<i32>(columns + (<usize>index << 2)) === to) {
      to++;
      index++;
    }
    smoothRun(row, from, to);
  }
}

function findEdges(row: i32): i32 {
  const above = row > 0 ? rowBytes : 0;
  const below = row + 1 < height ? rowBytes : 0;
  const start = keys + <usize>row * rowBytes;
  let count = 0;
  for (let column = 0; column < width; column++) {
    const at = start + (<usize>column << 2);
    const own = load<i32>(at);
    const left = column > 0 ? load<i32>(at - 4) : own;
    const right = column + 1 < width ? load<i32>(at, 4) : own;
    if (((left ^ own) | (right ^ own) | (load<i32>(at - above) ^ own) | (load<i32>(at + below) ^ own)) === 0) continue;
    store<i32>(columns + (<usize>count << 2), column);
    count++;
  }
  return count;
}

function smoothRun(row: i32, from: i32, to: i32): void {
  const count = shapesAround(row, from, to);
  const first = ((<usize>from * 2) & ~3) << 2;
  const bytes = (((<usize>to * 2 + 3) & ~3) << 2) - first;
  for (let half: usize = 0; half < 2; half++) {
    const at = fineHits + half * fineBytes;
    const dy = load<f32>(fineY + (((<usize>row << 1) + half) << 2));
    wipe(at + first, fineHitsPlane, bytes);
    for (let index = 0; index < count; index++) {
      const shape = load<i32>(around + (<usize>index << 2));
      cast(records + <usize>shape * RECORD, shape, at, fineHitsPlane, fineX, dy, 2 * from, 2 * to);
    }
    paint(at, fineHitsPlane, fineX, dy, 2 * from, 2 * to, light + half * fineBytes, fineKeys + half * fineBytes);
  }
  for (let column = from; column < to; column++) {
    const at = picture + 3 * (<usize>row * <usize>width + <usize>column);
    const quarters = light + (<usize>column << 3);
    store<u8>(at, mean(quarters));
    store<u8>(at, mean(quarters + lightPlane), 1);
    store<u8>(at, mean(quarters + 2 * lightPlane), 2);
  }
}

/** Of the four quarters of a pixel. */
@inline
function mean(at: usize): u8 {
  const upper = min<f32>(load<f32>(at), 1) + min<f32>(load<f32>(at, 4), 1);
  const lower = min<f32>(load<f32>(at + fineBytes), 1) + min<f32>(load<f32>(at + fineBytes, 4), 1);
  return byte((upper + lower) * <f32>0.25);
}

/** Lists each shape seen in the run or one pixel around it once; gives their count. */
function shapesAround(row: i32, from: i32, to: i32): i32 {
  run++;
  let count = 0;
  const last = min(height - 1, row + 1);
  for (let near = max(0, row - 1); near <= last; near++) {
    const sides = hits + hitsPlane + <usize>near * rowBytes;
    const end = min(width - 1, to);
    for (let column = max(0, from - 1); column <= end; column++) {
      const side = load<i32>(sides + (<usize>column << 2));
      if (side < 0 || load<i32>(stamps + (<usize>(side >> 3) << 2)) === run) continue;
      store<i32>(stamps + (<usize>(side >> 3) << 2), run);
      store<i32>(around + (<usize>count << 2), side >> 3);
      count++;
    }
  }
  return count;
}
