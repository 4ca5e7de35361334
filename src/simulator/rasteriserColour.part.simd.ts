/**
 * Linear light from what was met: Lambert's and a little of Blinn's for the sun, a sky and a ground that
 * light from all round, and a weak lamp on the camera, so that what lies in shadow keeps its form.
 */
import { dot, f, fma, s } from "./rasteriserFour.part.simd";
import { ALBEDO, AXIS_X, AXIS_Y, CENTRE, KIND, lightPlane, PLANE, RECORD, records, scene, shapes } from "./rasteriserMemory.part.simd";
import { reached } from "./rasteriserShadow.part.simd";

const CAMERA_LAMP: f32 = 0.1;
const GLOSS: f32 = 0.16;

/** Edge of a plane's squares, metres, and how much darker every second one is. */
const SQUARE: f32 = 0.25;
const DARKER: f32 = 0.36;

/** Planes are half hidden by haze at this distance, metres. */
const HAZE: f32 = 14;

/** Squares hardly wider than a pixel have no edges that could look jagged. */
const SHARP: f32 = 0.6;

/**
 * Fills red, green and blue from `out` on, and keys, for rays `from` to `to` of a row. Two rays with one key have
 * nothing between them that could look jagged. `row` is the row's first hit, of planes of `plane` bytes.
 */
export function paint(row: usize, plane: usize, xs: usize, dy: f32, from: i32, to: i32, out: usize, keyRow: usize): void {
  const end = <usize>to << 2;
  const y = f(dy);
  const rowSquare = f(dy * dy + 1);
  for (let at = (<usize>from & ~3) << 2; at < end; at += 16) {
    const side = v128.load(row + at + plane);
    const x = v128.load(xs + at);
    const perLength = f32x4.div(f(1), f32x4.sqrt(fma(x, x, rowSquare)));
    const none = i32x4.lt_s(side, i32x4.splat(0));
    if (i32x4.all_true(none)) {
      sky(v128.not(i32x4.splat(0)), perLength, x, y, out + at);
      v128.store(keyRow + at, i32x4.splat(-1));
      continue;
    }
    surface(row + at, plane, side, x, y, perLength, out + at, keyRow + at);
    if (v128.any_true(none)) {
      sky(none, perLength, x, y, out + at);
      v128.store(keyRow + at, v128.or(v128.load(keyRow + at), none));
    }
  }
}

/** What stands in `scene`: light 0, shadow axes 12 and 24, shadow grid 36, up 52, pixel's slope 64, ambient 68, shadows 72. */
@inline
function surface(hit: usize, plane: usize, side: v128, x: v128, y: v128, perLength: v128, out: usize, keyAt: usize): void {
  const depth = v128.load(hit);
  const ax = v128.load(hit + 2 * plane);
  const ay = v128.load(hit + 3 * plane);
  const az = v128.load(hit + 4 * plane);
  const lx = s(scene);
  const ly = s(scene + 4);
  const lz = s(scene + 8);
  const ambient = s(scene + 68);
  const known = i32x4.ge_s(side, i32x4.splat(0));
  const facingLight = dot(ax, lx, ay, ly, az, lz);
  let lit = v128.and(known, f32x4.gt(facingLight, f(0)));
  if (load<f32>(scene, 72) > 0 && v128.any_true(lit))
    lit = reached(lit, side, f32x4.mul(depth, x), f32x4.mul(depth, y), depth);
  // Towards the camera.
  const vx = f32x4.neg(f32x4.mul(x, perLength));
  const vy = f32x4.neg(f32x4.mul(y, perLength));
  const vz = f32x4.neg(perLength);
  const facing = f32x4.max(f(0), dot(ax, vx, ay, vy, az, vz));
  const above = fma(f(0.5), dot(ax, s(scene + 52), ay, s(scene + 56), az, s(scene + 60)), f(0.5));
  const direct = f32x4.sub(f(1), ambient);
  const sun = v128.and(lit, f32x4.mul(direct, facingLight));
  const half = dot(ax, f32x4.add(lx, vx), ay, f32x4.add(ly, vy), az, f32x4.add(lz, vz));
  const whole = fma(f(2), dot(lx, vx, ly, vy, lz, vz), f(2.0001));
  const square = f32x4.div(f32x4.mul(half, half), whole);
  const fourth = f32x4.mul(f32x4.mul(square, square), f32x4.mul(square, square));
  const gloss = v128.and(lit, f32x4.mul(f32x4.mul(f(GLOSS), direct), f32x4.mul(f32x4.mul(fourth, fourth), fourth)));
  const up = f32x4.mul(ambient, above);
  const down = f32x4.sub(ambient, up);
  const lamp = f32x4.mul(f(CAMERA_LAMP), facing);
  const shape0 = record(i32x4.extract_lane(side, 0));
  const shape1 = record(i32x4.extract_lane(side, 1));
  const shape2 = record(i32x4.extract_lane(side, 2));
  const shape3 = record(i32x4.extract_lane(side, 3));
  const red = f32x4.add(dot(sun, f(1.06), up, f(0.94), down, f(0.5)), lamp);
  const green = f32x4.add(dot(sun, f(1), up, f(1), down, f(0.46)), lamp);
  const blue = f32x4.add(dot(sun, f(0.9), up, f(1.1), down, f(0.42)), lamp);
  v128.store(out, fma(red, four(shape0, shape1, shape2, shape3, ALBEDO), gloss));
  v128.store(out + lightPlane, fma(green, four(shape0, shape1, shape2, shape3, ALBEDO + 4), gloss));
  v128.store(out + 2 * lightPlane, fma(blue, four(shape0, shape1, shape2, shape3, ALBEDO + 8), gloss));
  v128.store(keyAt, v128.or(i32x4.shl(side, 2), v128.and(lit, i32x4.splat(2))));
  for (let shape = 0; shape < shapes; shape++) {
    const ground = records + <usize>shape * RECORD;
    // Planes stand first.
    if (load<f32>(ground, KIND) !== PLANE) break;
    const mask = v128.and(known, i32x4.eq(i32x4.shr_s(side, 3), i32x4.splat(shape)));
    if (v128.any_true(mask)) floor(ground, mask, depth, x, y, facing, perLength, out, keyAt);
  }
}

/** The sky's record is the first shape's: what comes of it is painted over. */
@inline
function record(side: i32): usize {
  return records + <usize>max(side >> 3, 0) * RECORD;
}

@inline
function four(a: usize, b: usize, c: usize, d: usize, offset: usize): v128 {
  let all = v128.load32_zero(a + offset);
  all = v128.load_lane<f32>(b + offset, all, 1);
  all = v128.load_lane<f32>(c + offset, all, 2);
  return v128.load_lane<f32>(d + offset, all, 3);
}

/** Squares on a plane, and haze over what of it is far. */
function floor(ground: usize, mask: v128, depth: v128, x: v128, y: v128, facing: v128, perLength: v128, out: usize, keyAt: usize): void {
  const px = f32x4.sub(f32x4.mul(depth, x), s(ground + CENTRE));
  const py = f32x4.sub(f32x4.mul(depth, y), s(ground + CENTRE + 4));
  const pz = f32x4.sub(depth, s(ground + CENTRE + 8));
  const along = dot(px, s(ground + AXIS_X), py, s(ground + AXIS_X + 4), pz, s(ground + AXIS_X + 8));
  const across = dot(px, s(ground + AXIS_Y), py, s(ground + AXIS_Y + 4), pz, s(ground + AXIS_Y + 8));
  const steps = f32x4.add(f32x4.floor(f32x4.mul(along, f(1 / SQUARE))), f32x4.floor(f32x4.mul(across, f(1 / SQUARE))));
  const dark = v128.and(i32x4.trunc_sat_f32x4_s(steps), i32x4.splat(1));
  // Squares that are hardly wider than a pixel blur into their mean.
  const blur = f32x4.div(f32x4.mul(depth, s(scene + 64)), fma(facing, f(SQUARE), f(1e-9)));
  const sharp = f32x4.div(f(1), fma(f32x4.mul(blur, blur), f(6), f(1)));
  const swing = f32x4.mul(f32x4.sub(f32x4.convert_i32x4_s(dark), f(0.5)), sharp);
  const shade = f32x4.sub(f(1), f32x4.mul(f(DARKER), f32x4.add(f(0.5), swing)));
  const distance = f32x4.div(depth, f32x4.mul(perLength, f(HAZE)));
  const far = f32x4.mul(distance, distance);
  const clear = f32x4.div(f(1), f32x4.add(f(1), far));
  hazy(out, mask, shade, clear, 0.72);
  hazy(out + lightPlane, mask, shade, clear, 0.78);
  hazy(out + 2 * lightPlane, mask, shade, clear, 0.84);
  const bit = v128.and(v128.and(mask, f32x4.gt(sharp, f(SHARP))), dark);
  v128.store(keyAt, v128.or(v128.load(keyAt), bit));
}

@inline
function hazy(at: usize, mask: v128, shade: v128, clear: v128, horizon: f32): void {
  const own = v128.load(at);
  const seen = f32x4.add(f32x4.mul(f32x4.mul(own, shade), clear), f32x4.mul(f32x4.sub(f(1), clear), f(horizon)));
  v128.store(at, v128.bitselect(seen, own, mask));
}

function sky(mask: v128, perLength: v128, x: v128, y: v128, out: usize): void {
  const rise = f32x4.mul(f32x4.add(f32x4.add(f32x4.mul(x, s(scene + 52)), f32x4.mul(y, s(scene + 56))), s(scene + 60)), perLength);
  const up = f32x4.max(rise, f(0));
  const high = f32x4.mul(up, f32x4.sub(f(2), up));
  v128.store(out, v128.bitselect(fma(high, f(0.22 - 0.72), f(0.72)), v128.load(out), mask));
  const green = out + lightPlane;
  v128.store(green, v128.bitselect(fma(high, f(0.36 - 0.78), f(0.78)), v128.load(green), mask));
  const blue = out + 2 * lightPlane;
  v128.store(blue, v128.bitselect(fma(high, f(0.58 - 0.84), f(0.84)), v128.load(blue), mask));
}
