/**
 * Where the light does not fall. From each point a ray goes towards the light and asks the shapes that
 * can be in its way, in closed form: shadows are as sharp as the shapes, and need no bias. All shapes are
 * convex, so none throws a shadow on its own lit side. Which shapes can be in the way stands in a grid
 * across the light; to ask one that cannot costs time and changes nothing. Planes throw no shadow.
 */
import { dot, fma, s } from "./rasteriserFour.part.simd";
import {
  AXIS_X,
  AXIS_Y,
  AXIS_Z,
  BOX,
  CAPSULE,
  CELLS,
  CENTRE,
  CYLINDER,
  HALF,
  items,
  KIND,
  LIGHT,
  RECORD,
  RECTANGLE,
  records,
  scene,
  scratch,
  starts,
  TOP,
} from "./rasteriserMemory.part.simd";

/** What touches throws no shadow where it touches, metres. */
const TOUCHING: f32 = 1e-5;
const PARALLEL: f32 = 1e-6;
const TINY: f32 = 1e-20;

/** Which of the points that face the light it reaches. `side`: what was met there. */
export function reached(facing: v128, side: v128, px: v128, py: v128, pz: v128): v128 {
  const first = dot(px, s(scene + 12), py, s(scene + 16), pz, s(scene + 20));
  const second = dot(px, s(scene + 24), py, s(scene + 28), pz, s(scene + 32));
  const height = dot(px, s(scene), py, s(scene + 4), pz, s(scene + 8));
  const column = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(f32x4.sub(first, s(scene + 36)), s(scene + 44))));
  const row = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.mul(f32x4.sub(second, s(scene + 40)), s(scene + 48))));
  const most = i32x4.splat(CELLS - 1);
  const inside = v128.and(
    v128.and(i32x4.ge_s(column, i32x4.splat(0)), i32x4.le_s(column, most)),
    v128.and(i32x4.ge_s(row, i32x4.splat(0)), i32x4.le_s(row, most)),
  );
  const cells = i32x4.add(i32x4.mul(row, i32x4.splat(CELLS)), column);
  const own = i32x4.shr_s(side, 3);
  // Neighbours mostly share a cell: each is visited once, for all four points.
  let left = i32x4.bitmask(v128.and(facing, inside));
  v128.store(scratch, cells);
  let lit = facing;
  while (left !== 0) {
    const cell = load<i32>(scratch + (<usize>ctz(left) << 2));
    left &= ~i32x4.bitmask(i32x4.eq(cells, i32x4.splat(cell)));
    lit = v128.andnot(lit, hidden(cell, lit, own, px, py, pz, first, second, height));
    if (!v128.any_true(lit)) return lit;
  }
  return lit;
}

/** Which of the lit points any shape of a cell hides. */
function hidden(cell: i32, lit: v128, own: v128, px: v128, py: v128, pz: v128, first: v128, second: v128, height: v128): v128 {
  const end = load<i32>(starts + (<usize>cell << 2), 4);
  let dark = i32x4.splat(0);
  for (let item = load<i32>(starts + (<usize>cell << 2)); item < end; item++) {
    const shape = <i32>load<i16>(items + (<usize>item << 1));
    const record = records + <usize>shape * RECORD;
    let open = v128.andnot(lit, i32x4.eq(own, i32x4.splat(shape)));
    open = v128.and(open, f32x4.lt(height, s(record + TOP)));
    open = v128.and(open, v128.and(f32x4.ge(first, s(record + RECTANGLE)), f32x4.le(first, s(record + RECTANGLE + 4))));
    open = v128.and(open, v128.and(f32x4.ge(second, s(record + RECTANGLE + 8)), f32x4.le(second, s(record + RECTANGLE + 12))));
    open = v128.andnot(open, dark);
    if (!v128.any_true(open)) continue;
    // The shape's centre as seen from the points.
    const wx = f32x4.sub(s(record + CENTRE), px);
    const wy = f32x4.sub(s(record + CENTRE + 4), py);
    const wz = f32x4.sub(s(record + CENTRE + 8), pz);
    const kind = load<f32>(record, KIND);
    let met: v128;
    if (kind === CAPSULE || kind === CYLINDER) met = roundMet(record, kind, wx, wy, wz);
    else met = kind === BOX ? boxMet(record, wx, wy, wz) : ellipsoidMet(record, wx, wy, wz);
    dark = v128.or(dark, v128.and(open, met));
  }
  return dark;
}

/** From where the ray is nearest to the centre, as in rasteriserCast.part.simd.ts. */
function roundMet(record: usize, kind: f32, wx: v128, wy: v128, wz: v128): v128 {
  const lx = s(scene);
  const ly = s(scene + 4);
  const lz = s(scene + 8);
  const axis = load<f32>(record, LIGHT + 8);
  const radius = load<f32>(record, HALF);
  const square = f32x4.splat(radius * radius);
  const half = s(record + HALF + 8);
  const near = dot(wx, lx, wy, ly, wz, lz);
  const mx = f32x4.sub(f32x4.mul(near, lx), wx);
  const my = f32x4.sub(f32x4.mul(near, ly), wy);
  const mz = f32x4.sub(f32x4.mul(near, lz), wz);
  const along = dot(mx, s(record + AXIS_Z), my, s(record + AXIS_Z + 4), mz, s(record + AXIS_Z + 8));
  const away = dot(mx, mx, my, my, mz, mz);
  const sine = <f32>1 - axis * axis;
  const parallel = sine < PARALLEL;
  const across = f32x4.splat(max<f32>(sine, TINY));
  const towards = f32x4.mul(f32x4.splat(axis), along);
  const outside = f32x4.sub(f32x4.sub(away, f32x4.mul(along, along)), square);
  const within = f32x4.sub(f32x4.mul(towards, towards), f32x4.mul(across, outside));
  const could = parallel ? i32x4.splat(-1) : f32x4.ge(within, f32x4.splat(0));
  const step = f32x4.div(f32x4.sub(towards, f32x4.sqrt(within)), across);
  const stem = fma(step, f32x4.splat(axis), along);
  const ends = parallel ? i32x4.splat(-1) : f32x4.gt(f32x4.abs(stem), half);
  const onSide = v128.and(f32x4.gt(f32x4.add(near, step), f32x4.splat(TOUCHING)), v128.andnot(could, ends));
  const sign = parallel ? f32x4.splat(-axis) : stem;
  const tip = v128.bitselect(half, sign, i32x4.splat(0x7fffffff));
  let onEnd: v128;
  let past: v128;
  if (kind === CYLINDER) {
    const toDisc = f32x4.div(f32x4.sub(tip, along), f32x4.splat(axis));
    onEnd = f32x4.le(f32x4.sub(fma(toDisc, toDisc, away), f32x4.mul(tip, tip)), square);
    past = f32x4.gt(f32x4.add(near, toDisc), f32x4.splat(TOUCHING));
  } else {
    const back = f32x4.mul(tip, f32x4.splat(axis));
    const off = f32x4.sub(fma(tip, f32x4.sub(tip, f32x4.add(along, along)), away), square);
    onEnd = f32x4.ge(f32x4.mul(back, back), off);
    past = f32x4.gt(f32x4.add(near, back), f32x4.splat(TOUCHING));
  }
  return v128.or(onSide, v128.and(v128.and(could, ends), v128.and(onEnd, past)));
}

function boxMet(record: usize, wx: v128, wy: v128, wz: v128): v128 {
  let enter = f32x4.splat(-Infinity);
  let leave = f32x4.splat(Infinity);
  for (let axis: usize = 0; axis < 3; axis++) {
    const from = record + AXIS_X + axis * 12;
    const step = load<f32>(record + LIGHT + (axis << 2));
    const per = <f32>1 / (abs<f32>(step) < TINY ? TINY : step);
    const middle = f32x4.mul(dot(wx, s(from), wy, s(from + 4), wz, s(from + 8)), f32x4.splat(per));
    const thick = f32x4.splat(load<f32>(record + HALF + (axis << 2)) * abs<f32>(per));
    enter = f32x4.max(enter, f32x4.sub(middle, thick));
    leave = f32x4.min(leave, f32x4.add(middle, thick));
  }
  return v128.and(f32x4.le(enter, leave), f32x4.gt(leave, f32x4.splat(TOUCHING)));
}

function ellipsoidMet(record: usize, wx: v128, wy: v128, wz: v128): v128 {
  const perX = s(record + HALF);
  const perY = s(record + HALF + 4);
  const perZ = s(record + HALF + 8);
  const cx = f32x4.div(dot(wx, s(record + AXIS_X), wy, s(record + AXIS_X + 4), wz, s(record + AXIS_X + 8)), perX);
  const cy = f32x4.div(dot(wx, s(record + AXIS_Y), wy, s(record + AXIS_Y + 4), wz, s(record + AXIS_Y + 8)), perY);
  const cz = f32x4.div(dot(wx, s(record + AXIS_Z), wy, s(record + AXIS_Z + 4), wz, s(record + AXIS_Z + 8)), perZ);
  const dx = f32x4.div(s(record + LIGHT), perX);
  const dy = f32x4.div(s(record + LIGHT + 4), perY);
  const dz = f32x4.div(s(record + LIGHT + 8), perZ);
  const near = f32x4.div(dot(cx, dx, cy, dy, cz, dz), dot(dx, dx, dy, dy, dz, dz));
  const mx = f32x4.sub(f32x4.mul(near, dx), cx);
  const my = f32x4.sub(f32x4.mul(near, dy), cy);
  const mz = f32x4.sub(f32x4.mul(near, dz), cz);
  const off = dot(mx, mx, my, my, mz, mz);
  return v128.and(f32x4.gt(near, f32x4.splat(TOUCHING)), f32x4.le(off, f32x4.splat(1)));
}
