import type { Camera, CameraPose, Shape } from "../../src/simulator/rasteriser.ts";

type Three = readonly [number, number, number];

/** A bimanual humanoid behind a table with things on it: 74 shapes, none of them from a simulator. */
export interface Scene {
  readonly shapes: readonly Shape[];
  /** 12 numbers a shape. */
  readonly poses: Float64Array;
}

export const SQUARE_CAMERA: Camera = { width: 256, height: 256, fx: 240, fy: 240, cx: 128, cy: 128 };

const WHITE: Three = [0.86, 0.88, 0.9];
const DARK: Three = [0.2, 0.22, 0.26];
const ORANGE: Three = [0.95, 0.5, 0.14];
const WOOD: Three = [0.72, 0.54, 0.36];

export function humanoidScene(): Scene {
  const shapes: Shape[] = [];
  const poses: number[] = [];
  const add = (kind: Shape["kind"], size: Three, colour: Three, position: Three, rotation = IDENTITY) => {
    shapes.push({ kind, size, rgba: [...colour, 1] });
    poses.push(...position, ...rotation);
  };
  const limb = (kind: "capsule" | "cylinder", radius: number, colour: Three, from: Three, to: Three) => {
    const along = minus(to, from);
    const length = Math.sqrt(dot(along, along));
    const middle: Three = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2, (from[2] + to[2]) / 2];
    add(kind, [radius, length / 2, 0], colour, middle, towards(along));
  };
  add("plane", [0, 0, 0.05], [0.72, 0.72, 0.74], [0, 0, 0]);
  table(add);
  things(add, limb);
  body(add, limb);
  for (const side of [1, -1]) arm(side, add, limb);
  return { shapes, poses: Float64Array.from(poses) };
}

type Add = (kind: Shape["kind"], size: Three, colour: Three, position: Three, rotation?: readonly number[]) => void;
type Limb = (kind: "capsule" | "cylinder", radius: number, colour: Three, from: Three, to: Three) => void;

function table(add: Add): void {
  add("box", [0.35, 0.6, 0.02], WOOD, [0.62, 0, 0.72]);
  for (const x of [0.32, 0.92]) for (const y of [-0.55, 0.55]) add("box", [0.025, 0.025, 0.35], DARK, [x, y, 0.35]);
}

function things(add: Add, limb: Limb): void {
  const turned = [0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1];
  add("box", [0.035, 0.035, 0.035], [0.85, 0.16, 0.14], [0.52, 0.12, 0.775], turned);
  add("box", [0.05, 0.025, 0.03], [0.16, 0.4, 0.85], [0.62, -0.2, 0.77]);
  add("sphere", [0.04, 0, 0], [0.95, 0.8, 0.15], [0.68, 0.05, 0.78]);
  add("cylinder", [0.033, 0.06, 0], [0.2, 0.66, 0.36], [0.55, -0.05, 0.8]);
  add("ellipsoid", [0.06, 0.035, 0.03], [0.6, 0.25, 0.65], [0.72, -0.12, 0.77], turned);
  add("cylinder", [0.11, 0.006, 0], [0.92, 0.92, 0.88], [0.6, 0.32, 0.746]);
  add("cylinder", [0.08, 0.008, 0], [0.86, 0.86, 0.8], [0.6, 0.32, 0.754]);
  limb("capsule", 0.012, [0.95, 0.45, 0.55], [0.75, 0.2, 0.753], [0.8, 0.36, 0.753]);
  for (const y of [-0.42, -0.34]) add("box", [0.12, 0.006, 0.05], [0.5, 0.36, 0.22], [0.66, y, 0.79]);
  for (const x of [0.546, 0.774]) add("box", [0.006, 0.034, 0.05], [0.5, 0.36, 0.22], [x, -0.38, 0.79]);
  add("box", [0.11, 0.036, 0.004], [0.44, 0.32, 0.2], [0.66, -0.38, 0.744]);
}

function body(add: Add, limb: Limb): void {
  add("cylinder", [0.2, 0.03, 0], DARK, [0, 0, 0.03]);
  limb("cylinder", 0.07, DARK, [0, 0, 0.05], [0, 0, 0.62]);
  add("box", [0.1, 0.13, 0.07], DARK, [0, 0, 0.66]);
  limb("capsule", 0.08, WHITE, [0, -0.05, 0.8], [0, 0.05, 0.8]);
  add("ellipsoid", [0.12, 0.18, 0.17], WHITE, [0, 0, 1.02]);
  add("box", [0.02, 0.07, 0.06], ORANGE, [0.105, 0, 1.04]);
  limb("capsule", 0.06, WHITE, [0, -0.16, 1.13], [0, 0.16, 1.13]);
  limb("cylinder", 0.04, DARK, [0, 0, 1.15], [0, 0, 1.28]);
  add("ellipsoid", [0.1, 0.085, 0.115], WHITE, [0.02, 0, 1.37]);
  add("ellipsoid", [0.05, 0.07, 0.05], DARK, [0.085, 0, 1.375]);
  for (const y of [-0.03, 0.03]) add("sphere", [0.014, 0, 0], [0.3, 0.85, 0.95], [0.13, y, 1.385]);
  for (const y of [-0.09, 0.09]) limb("cylinder", 0.03, ORANGE, [0.02, y - 0.01, 1.37], [0.02, y + 0.01, 1.37]);
}

function arm(side: number, add: Add, limb: Limb): void {
  const shoulder: Three = [0, 0.22 * side, 1.13];
  const elbow: Three = [0.12, 0.34 * side, 0.92];
  const wrist: Three = side > 0 ? [0.4, 0.17, 0.94] : [0.36, -0.2, 0.88];
  const hand: Three = side > 0 ? [0.49, 0.13, 0.87] : [0.45, -0.17, 0.84];
  add("sphere", [0.07, 0, 0], ORANGE, shoulder);
  limb("capsule", 0.05, WHITE, shoulder, elbow);
  add("sphere", [0.056, 0, 0], DARK, elbow);
  limb("cylinder", 0.06, ORANGE, between(shoulder, elbow, 0.45), between(shoulder, elbow, 0.55));
  limb("capsule", 0.042, WHITE, elbow, wrist);
  limb("cylinder", 0.048, ORANGE, between(elbow, wrist, 0.7), between(elbow, wrist, 0.78));
  add("sphere", [0.044, 0, 0], DARK, wrist);
  limb("capsule", 0.034, WHITE, wrist, hand);
  add("box", [0.03, 0.05, 0.02], DARK, hand);
  for (const y of [-0.035, 0.035]) {
    const root: Three = [hand[0], hand[1] + y, hand[2]];
    const knuckle: Three = [hand[0] + 0.03, hand[1] + 1.25 * y, hand[2] - 0.04];
    const tip: Three = [hand[0] + 0.035, hand[1] + 0.9 * y, hand[2] - 0.085];
    limb("capsule", 0.011, WHITE, root, knuckle);
    limb("capsule", 0.01, WHITE, knuckle, tip);
    add("sphere", [0.013, 0, 0], ORANGE, knuckle);
    add("sphere", [0.012, 0, 0], DARK, tip);
  }
}

/** A camera at `eye` that looks at `at`, upright. */
export function lookAt(eye: Three, at: Three): CameraPose {
  const forward = unit(minus(at, eye));
  const right = unit(cross(forward, [0, 0, 1]));
  const down = cross(forward, right);
  return { position: eye, rotation: [0, 1, 2].flatMap((row) => [right[row]!, down[row]!, forward[row]!]) };
}

const IDENTITY: readonly number[] = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** A rotation whose z axis goes along a vector. */
function towards(along: Three): readonly number[] {
  const z = unit(along);
  const x = unit(cross(Math.abs(z[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0], z));
  const y = cross(z, x);
  return [0, 1, 2].flatMap((row) => [x[row]!, y[row]!, z[row]!]);
}

function between(a: Three, b: Three, part: number): Three {
  return [a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]), a[2] + part * (b[2] - a[2])];
}

function minus(a: Three, b: Three): Three {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Three, b: Three): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Three, b: Three): Three {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Three): Three {
  const per = 1 / Math.sqrt(dot(a, a));
  return [a[0] * per, a[1] * per, a[2] * per];
}
