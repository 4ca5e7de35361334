/**
 * Which shape each ray meets first. Rays start at the camera and go through (x, y, 1), so a hit's
 * parameter is its depth along the camera's z axis. Each shape is asked in closed form, four rays of a
 * row at a time. Only the side that faces the ray is seen, and only from NEAR on: a camera inside a
 * shape looks out of it.
 *
 * Round shapes are asked from the point of the ray that is nearest to their centre (`middle`, at parameter
 * `near`), where 32 bits are exact to the micrometre however far the camera is.
 */
import { dot, fma, s } from "./rasteriserFour.part.simd";
import { AXIS_X, AXIS_Y, AXIS_Z, BOX, CAPSULE, CENTRE, CYLINDER, HALF, KIND, PLANE } from "./rasteriserMemory.part.simd";

/** Metres along the camera's z axis. */
const NEAR: f32 = 0.01;
/** Below this part of its square, a ray's component across an axis is nothing but rounding. */
const PARALLEL: f32 = 1e-6;
/** Stands for a component of less, so that nothing becomes 0 / 0 or ∞ − ∞. */
const TINY: f32 = 1e-20;

/** Puts a shape before whatever rays `from` to `to` of a row met farther away. `row`: the row's first hit; `xs`: its rays. */
export function cast(record: usize, shape: i32, row: usize, plane: usize, xs: usize, dy: f32, from: i32, to: i32): void {
  const kind = load<f32>(record, KIND);
  const first = (<usize>from & ~3) << 2;
  const end = <usize>to << 2;
  if (kind === CAPSULE) castCapsule(record, shape << 3, row, plane, xs, dy, first, end);
  else if (kind === CYLINDER) castCylinder(record, shape << 3, row, plane, xs, dy, first, end);
  else if (kind === BOX) castBox(record, shape << 3, row, plane, xs, dy, first, end);
  else if (kind === PLANE) castPlane(record, shape << 3, row, plane, xs, dy, first, end);
  else castEllipsoid(record, shape << 3, row, plane, xs, dy, first, end);
}

/** Where `hit` is before what was met so far. */
@inline
function before(hit: v128, at: usize): v128 {
  return v128.and(f32x4.ge(hit, f32x4.splat(NEAR)), f32x4.lt(hit, v128.load(at)));
}

@inline
function keep(at: usize, plane: usize, mask: v128, hit: v128, side: v128, nx: v128, ny: v128, nz: v128): void {
  put(at, mask, hit);
  put(at + plane, mask, side);
  put(at + 2 * plane, mask, nx);
  put(at + 3 * plane, mask, ny);
  put(at + 4 * plane, mask, nz);
}

@inline
function put(at: usize, mask: v128, value: v128): void {
  v128.store(at, v128.bitselect(value, v128.load(at), mask));
}

/** The endless cylinder around the axis first; a hit beyond an end can only be a hit of the ball there. */
function castCapsule(record: usize, side: i32, row: usize, plane: usize, xs: usize, dy: f32, first: usize, end: usize): void {
  const cx = s(record + CENTRE);
  const cy = s(record + CENTRE + 4);
  const cz = s(record + CENTRE + 8);
  const nx = s(record + AXIS_Z);
  const ny = s(record + AXIS_Z + 4);
  const nz = s(record + AXIS_Z + 8);
  const radius = load<f32>(record, HALF);
  const square = f32x4.splat(radius * radius);
  const per = f32x4.splat(<f32>1 / radius);
  const half = s(record + HALF + 8);
  const y = f32x4.splat(dy);
  const rowSquare = f32x4.splat(dy * dy + 1);
  const rowAxis = fma(y, ny, nz);
  const rowCentre = fma(y, cy, cz);
  for (let at = first; at < end; at += 16) {
    const x = v128.load(xs + at);
    const length = fma(x, x, rowSquare);
    const axis = fma(x, nx, rowAxis);
    const near = f32x4.div(fma(x, cx, rowCentre), length);
    const mx = f32x4.sub(f32x4.mul(near, x), cx);
    const my = f32x4.sub(f32x4.mul(near, y), cy);
    const mz = f32x4.sub(near, cz);
    const along = dot(mx, nx, my, ny, mz, nz);
    const away = dot(mx, mx, my, my, mz, mz);
    const across = f32x4.max(f32x4.sub(length, f32x4.mul(axis, axis)), f32x4.splat(TINY));
    const towards = f32x4.mul(axis, along);
    const outside = f32x4.sub(f32x4.sub(away, f32x4.mul(along, along)), square);
    const within = f32x4.sub(f32x4.mul(towards, towards), f32x4.mul(across, outside));
    const parallel = f32x4.lt(across, f32x4.mul(length, f32x4.splat(PARALLEL)));
    let mask = v128.or(f32x4.ge(within, f32x4.splat(0)), parallel);
    if (!v128.any_true(mask)) continue;
    let step = f32x4.div(f32x4.sub(towards, f32x4.sqrt(within)), across);
    let stem = fma(step, axis, along);
    const beyond = v128.or(f32x4.gt(f32x4.abs(stem), half), parallel);
    if (v128.any_true(v128.and(beyond, mask))) {
      // The end that the ray comes by first: with the ray along the axis, the one that it comes from.
      const sign = v128.bitselect(f32x4.neg(axis), stem, parallel);
      const tip = v128.bitselect(half, sign, i32x4.splat(0x7fffffff));
      const back = f32x4.mul(tip, axis);
      const off = f32x4.sub(fma(tip, f32x4.sub(tip, f32x4.add(along, along)), away), square);
      const inBall = f32x4.sub(f32x4.mul(back, back), f32x4.mul(length, off));
      const toBall = f32x4.div(f32x4.sub(back, f32x4.sqrt(inBall)), length);
      mask = v128.and(mask, v128.or(v128.not(beyond), f32x4.ge(inBall, f32x4.splat(0))));
      step = v128.bitselect(toBall, step, beyond);
      stem = v128.bitselect(tip, stem, beyond);
    }
    const hit = f32x4.add(near, step);
    mask = v128.and(mask, before(hit, row + at));
    if (!v128.any_true(mask)) continue;
    const px = f32x4.mul(f32x4.sub(fma(step, x, mx), f32x4.mul(stem, nx)), per);
    const py = f32x4.mul(f32x4.sub(fma(step, y, my), f32x4.mul(stem, ny)), per);
    const pz = f32x4.mul(f32x4.sub(f32x4.add(step, mz), f32x4.mul(stem, nz)), per);
    keep(row + at, plane, mask, hit, i32x4.splat(side), px, py, pz);
  }
}

/** As a capsule, with discs for ends. */
function castCylinder(record: usize, side: i32, row: usize, plane: usize, xs: usize, dy: f32, first: usize, end: usize): void {
  const cx = s(record + CENTRE);
  const cy = s(record + CENTRE + 4);
  const cz = s(record + CENTRE + 8);
  const nx = s(record + AXIS_Z);
  const ny = s(record + AXIS_Z + 4);
  const nz = s(record + AXIS_Z + 8);
  const radius = load<f32>(record, HALF);
  const square = f32x4.splat(radius * radius);
  const per = f32x4.splat(<f32>1 / radius);
  const half = s(record + HALF + 8);
  const y = f32x4.splat(dy);
  const rowSquare = f32x4.splat(dy * dy + 1);
  const rowAxis = fma(y, ny, nz);
  const rowCentre = fma(y, cy, cz);
  for (let at = first; at < end; at += 16) {
    const x = v128.load(xs + at);
    const length = fma(x, x, rowSquare);
    const axis = fma(x, nx, rowAxis);
    const near = f32x4.div(fma(x, cx, rowCentre), length);
    const mx = f32x4.sub(f32x4.mul(near, x), cx);
    const my = f32x4.sub(f32x4.mul(near, y), cy);
    const mz = f32x4.sub(near, cz);
    const along = dot(mx, nx, my, ny, mz, nz);
    const away = dot(mx, mx, my, my, mz, mz);
    const across = f32x4.max(f32x4.sub(length, f32x4.mul(axis, axis)), f32x4.splat(TINY));
    const towards = f32x4.mul(axis, along);
    const outside = f32x4.sub(f32x4.sub(away, f32x4.mul(along, along)), square);
    const within = f32x4.sub(f32x4.mul(towards, towards), f32x4.mul(across, outside));
    const parallel = f32x4.lt(across, f32x4.mul(length, f32x4.splat(PARALLEL)));
    let mask = v128.or(f32x4.ge(within, f32x4.splat(0)), parallel);
    if (!v128.any_true(mask)) continue;
    let step = f32x4.div(f32x4.sub(towards, f32x4.sqrt(within)), across);
    const stem = fma(step, axis, along);
    const beyond = v128.or(f32x4.gt(f32x4.abs(stem), half), parallel);
    const sign = v128.bitselect(f32x4.neg(axis), stem, parallel);
    const tip = v128.bitselect(half, sign, i32x4.splat(0x7fffffff));
    const toDisc = f32x4.div(f32x4.sub(tip, along), axis);
    const rim = f32x4.sub(fma(f32x4.mul(toDisc, toDisc), length, away), f32x4.mul(tip, tip));
    mask = v128.and(mask, v128.or(v128.not(beyond), f32x4.le(rim, square)));
    step = v128.bitselect(toDisc, step, beyond);
    const hit = f32x4.add(near, step);
    mask = v128.and(mask, before(hit, row + at));
    if (!v128.any_true(mask)) continue;
    const turn = v128.bitselect(f32x4.splat(1), tip, i32x4.splat(0x7fffffff));
    const px = v128.bitselect(f32x4.mul(turn, nx), f32x4.mul(f32x4.sub(fma(step, x, mx), f32x4.mul(stem, nx)), per), beyond);
    const py = v128.bitselect(f32x4.mul(turn, ny), f32x4.mul(f32x4.sub(fma(step, y, my), f32x4.mul(stem, ny)), per), beyond);
    const pz = v128.bitselect(f32x4.mul(turn, nz), f32x4.mul(f32x4.sub(f32x4.add(step, mz), f32x4.mul(stem, nz)), per), beyond);
    const flat = v128.and(beyond, i32x4.splat(1));
    keep(row + at, plane, mask, hit, v128.or(i32x4.splat(side), flat), px, py, pz);
  }
}

/** One over a component; what is next to nothing counts as TINY, since one over it has no end. */
@inline
function inverse(value: v128): v128 {
  const none = f32x4.lt(f32x4.abs(value), f32x4.splat(TINY));
  return f32x4.div(f32x4.splat(1), v128.bitselect(f32x4.splat(TINY), value, none));
}

/** Three slabs: the last one entered before any is left. */
function castBox(record: usize, side: i32, row: usize, plane: usize, xs: usize, dy: f32, first: usize, end: usize): void {
  const xx = s(record + AXIS_X);
  const xy = s(record + AXIS_X + 4);
  const xz = s(record + AXIS_X + 8);
  const yx = s(record + AXIS_Y);
  const yy = s(record + AXIS_Y + 4);
  const yz = s(record + AXIS_Y + 8);
  const zx = s(record + AXIS_Z);
  const zy = s(record + AXIS_Z + 4);
  const zz = s(record + AXIS_Z + 8);
  const cx = s(record + CENTRE);
  const cy = s(record + CENTRE + 4);
  const cz = s(record + CENTRE + 8);
  const alongX = dot(cx, xx, cy, xy, cz, xz);
  const alongY = dot(cx, yx, cy, yy, cz, yz);
  const alongZ = dot(cx, zx, cy, zy, cz, zz);
  const y = f32x4.splat(dy);
  const rowX = fma(y, xy, xz);
  const rowY = fma(y, yy, yz);
  const rowZ = fma(y, zy, zz);
  for (let at = first; at < end; at += 16) {
    const x = v128.load(xs + at);
    const perX = inverse(fma(x, xx, rowX));
    const perY = inverse(fma(x, yx, rowY));
    const perZ = inverse(fma(x, zx, rowZ));
    const middleX = f32x4.mul(alongX, perX);
    const middleY = f32x4.mul(alongY, perY);
    const middleZ = f32x4.mul(alongZ, perZ);
    const thickX = f32x4.mul(s(record + HALF), f32x4.abs(perX));
    const thickY = f32x4.mul(s(record + HALF + 4), f32x4.abs(perY));
    const thickZ = f32x4.mul(s(record + HALF + 8), f32x4.abs(perZ));
    const enterX = f32x4.sub(middleX, thickX);
    const enterY = f32x4.sub(middleY, thickY);
    const enterZ = f32x4.sub(middleZ, thickZ);
    const hit = f32x4.max(f32x4.max(enterX, enterY), enterZ);
    const leave = f32x4.min(f32x4.min(f32x4.add(middleX, thickX), f32x4.add(middleY, thickY)), f32x4.add(middleZ, thickZ));
    const mask = v128.and(f32x4.le(hit, leave), before(hit, row + at));
    if (!v128.any_true(mask)) continue;
    const byX = f32x4.eq(hit, enterX);
    const byY = v128.andnot(f32x4.eq(hit, enterY), byX);
    const per = v128.bitselect(perX, v128.bitselect(perY, perZ, byY), byX);
    // Against the ray.
    const against = f32x4.neg(v128.bitselect(f32x4.splat(1), per, i32x4.splat(0x7fffffff)));
    const nx = f32x4.mul(against, v128.bitselect(xx, v128.bitselect(yx, zx, byY), byX));
    const ny = f32x4.mul(against, v128.bitselect(xy, v128.bitselect(yy, zy, byY), byX));
    const nz = f32x4.mul(against, v128.bitselect(xz, v128.bitselect(yz, zz, byY), byX));
    const face = v128.bitselect(i32x4.splat(1), v128.bitselect(i32x4.splat(2), i32x4.splat(3), byY), byX);
    keep(row + at, plane, mask, hit, v128.or(i32x4.splat(side), face), nx, ny, nz);
  }
}

/** A ball of radius one, in axes that are stretched to make it one. */
function castEllipsoid(record: usize, side: i32, row: usize, plane: usize, xs: usize, dy: f32, first: usize, end: usize): void {
  const perX = f32x4.div(f32x4.splat(1), s(record + HALF));
  const perY = f32x4.div(f32x4.splat(1), s(record + HALF + 4));
  const perZ = f32x4.div(f32x4.splat(1), s(record + HALF + 8));
  const xx = f32x4.mul(s(record + AXIS_X), perX);
  const xy = f32x4.mul(s(record + AXIS_X + 4), perX);
  const xz = f32x4.mul(s(record + AXIS_X + 8), perX);
  const yx = f32x4.mul(s(record + AXIS_Y), perY);
  const yy = f32x4.mul(s(record + AXIS_Y + 4), perY);
  const yz = f32x4.mul(s(record + AXIS_Y + 8), perY);
  const zx = f32x4.mul(s(record + AXIS_Z), perZ);
  const zy = f32x4.mul(s(record + AXIS_Z + 4), perZ);
  const zz = f32x4.mul(s(record + AXIS_Z + 8), perZ);
  const cx = s(record + CENTRE);
  const cy = s(record + CENTRE + 4);
  const cz = s(record + CENTRE + 8);
  const alongX = dot(cx, xx, cy, xy, cz, xz);
  const alongY = dot(cx, yx, cy, yy, cz, yz);
  const alongZ = dot(cx, zx, cy, zy, cz, zz);
  const y = f32x4.splat(dy);
  for (let at = first; at < end; at += 16) {
    const x = v128.load(xs + at);
    const toX = f32x4.add(fma(x, xx, f32x4.mul(y, xy)), xz);
    const toY = f32x4.add(fma(x, yx, f32x4.mul(y, yy)), yz);
    const toZ = f32x4.add(fma(x, zx, f32x4.mul(y, zy)), zz);
    const square = dot(toX, toX, toY, toY, toZ, toZ);
    const near = f32x4.div(dot(toX, alongX, toY, alongY, toZ, alongZ), square);
    const mx = f32x4.sub(f32x4.mul(near, toX), alongX);
    const my = f32x4.sub(f32x4.mul(near, toY), alongY);
    const mz = f32x4.sub(f32x4.mul(near, toZ), alongZ);
    const within = f32x4.sub(f32x4.splat(1), dot(mx, mx, my, my, mz, mz));
    const step = f32x4.sqrt(f32x4.div(within, square));
    const hit = f32x4.sub(near, step);
    const mask = v128.and(f32x4.ge(within, f32x4.splat(0)), before(hit, row + at));
    if (!v128.any_true(mask)) continue;
    // The gradient there.
    const ux = f32x4.sub(mx, f32x4.mul(step, toX));
    const uy = f32x4.sub(my, f32x4.mul(step, toY));
    const uz = f32x4.sub(mz, f32x4.mul(step, toZ));
    const nx = dot(ux, xx, uy, yx, uz, zx);
    const ny = dot(ux, xy, uy, yy, uz, zy);
    const nz = dot(ux, xz, uy, yz, uz, zz);
    const per = f32x4.div(f32x4.splat(1), f32x4.sqrt(dot(nx, nx, ny, ny, nz, nz)));
    keep(row + at, plane, mask, hit, i32x4.splat(side), f32x4.mul(nx, per), f32x4.mul(ny, per), f32x4.mul(nz, per));
  }
}

/** Seen from above only, as MuJoCo draws it. */
function castPlane(record: usize, side: i32, row: usize, plane: usize, xs: usize, dy: f32, first: usize, end: usize): void {
  const cx = s(record + CENTRE);
  const cy = s(record + CENTRE + 4);
  const cz = s(record + CENTRE + 8);
  const nx = s(record + AXIS_Z);
  const ny = s(record + AXIS_Z + 4);
  const nz = s(record + AXIS_Z + 8);
  const above = dot(cx, nx, cy, ny, cz, nz);
  if (!(f32x4.extract_lane(above, 0) < 0)) return;
  const y = f32x4.splat(dy);
  for (let at = first; at < end; at += 16) {
    const x = v128.load(xs + at);
    const down = f32x4.add(fma(x, nx, f32x4.mul(y, ny)), nz);
    const hit = f32x4.div(above, down);
    let mask = v128.and(f32x4.lt(down, f32x4.splat(0)), before(hit, row + at));
    if (!v128.any_true(mask)) continue;
    const px = f32x4.sub(f32x4.mul(hit, x), cx);
    const py = f32x4.sub(f32x4.mul(hit, y), cy);
    const pz = f32x4.sub(hit, cz);
    const alongX = dot(px, s(record + AXIS_X), py, s(record + AXIS_X + 4), pz, s(record + AXIS_X + 8));
    const alongY = dot(px, s(record + AXIS_Y), py, s(record + AXIS_Y + 4), pz, s(record + AXIS_Y + 8));
    const onX = f32x4.le(f32x4.abs(alongX), s(record + HALF));
    mask = v128.and(mask, v128.and(onX, f32x4.le(f32x4.abs(alongY), s(record + HALF + 4))));
    if (v128.any_true(mask)) keep(row + at, plane, mask, hit, i32x4.splat(side), nx, ny, nz);
  }
}
