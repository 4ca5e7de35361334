import type { Physics } from "./physics.ts";
import { ARM_REST, armJoints, type Side } from "./robot.ts";
import { rotationBetween } from "./rotation.ts";

/** Where a hand is to be: a position and a rotation, row by row. */
export interface HandPose {
  readonly position: readonly number[];
  readonly rotation: readonly number[];
}

const DAMPING = 0.02;
/** How strongly the elbow is drawn to where it likes to be, each step. */
const POSTURE = 0.02;
/** Steps are cut to this, rad, so that a far target cannot throw the arm. */
const STEP_MAX = 0.2;

/**
 * Inverse kinematics of one arm by damped least squares (Nakamura and Hanafusa, 1986; Wampler, 1986) on
 * MuJoCo's Jacobians, with what is left of the seven joints drawn to a posture. Runs on a world of its own.
 */
export class Reach {
  readonly #world: Physics;
  readonly #site: number;
  readonly #joints: readonly { readonly qpos: number; readonly dof: number; readonly range: readonly [number, number] }[];

  constructor(world: Physics, side: Side) {
    this.#world = world;
    this.#site = world.site(`${side}_grasp`);
    this.#joints = armJoints(side).map((joint) => world.joint(joint));
  }

  /** The arm's joints now. */
  get angles(): number[] {
    const qpos = this.#world.qpos;
    return this.#joints.map((joint) => qpos[joint.qpos]!);
  }

  set angles(angles: readonly number[]) {
    const qpos = this.#world.qpos;
    this.#joints.forEach((joint, index) => {
      qpos[joint.qpos] = angles[index]!;
    });
  }

  /** Moves the arm towards a pose by a number of steps; gives how far it is still away, m and rad. */
  towards(target: HandPose, steps: number): { readonly position: number; readonly rotation: number } {
    for (let step = 0; step < steps; step++) this.#step(target);
    const error = this.#error(target);
    return { position: norm(error.slice(0, 3)), rotation: norm(error.slice(3)) };
  }

  #error(target: HandPose): number[] {
    this.#world.place();
    const { position, rotation } = this.#world.sitePose(this.#site);
    return [...target.position.map((value, index) => value - position[index]!), ...rotationBetween(rotation, target.rotation)];
  }

  #step(target: HandPose): void {
    const error = this.#error(target);
    const jacobian = this.#jacobian();
    const angles = this.angles;
    const bent = angles.map((angle, index) => POSTURE * (ARM_REST[index]! - angle));
    // J⁺ e + (1 − J⁺ J) b is b + J⁺ (e − J b).
    const left = error.map((value, row) => value - dot(jacobian[row]!, bent));
    const solved = solve(gram(jacobian, DAMPING ** 2), left);
    const move = bent.map((value, joint) => value + jacobian.reduce((sum, row, index) => sum + row[joint]! * solved[index]!, 0));
    const cut = Math.min(1, STEP_MAX / Math.max(...move.map(Math.abs), 1e-9));
    this.angles = angles.map((angle, index) => {
      const [low, high] = this.#joints[index]!.range;
      return Math.min(high - 0.01, Math.max(low + 0.01, angle + cut * move[index]!));
    });
  }

  /** `[6, 7]`: position above rotation. */
  #jacobian(): number[][] {
    const { position, rotation } = this.#world.jacobian(this.#site);
    const { dofs } = this.#world;
    const rows = (from: Float64Array) => [0, 1, 2].map((row) => this.#joints.map(({ dof }) => from[row * dofs + dof]!));
    return [...rows(position), ...rows(rotation)];
  }
}

/** J Jᵀ with damping on its diagonal. */
function gram(jacobian: readonly number[][], damping: number): number[][] {
  return jacobian.map((row, i) => jacobian.map((other, j) => dot(row, other) + (i === j ? damping : 0)));
}

/** Solves a symmetric positive definite system by Cholesky's decomposition. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const size = right.length;
  const lower = matrix.map(() => right.map(() => 0));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  }
  const between: number[] = [];
  for (let i = 0; i < size; i++) {
    let sum = right[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i]![k]! * between[k]!;
    between[i] = sum / lower[i]![i]!;
  }
  const result = right.map(() => 0);
  for (let i = size - 1; i >= 0; i--) {
    let sum = between[i]!;
    for (let k = i + 1; k < size; k++) sum -= lower[k]![i]! * result[k]!;
    result[i] = sum / lower[i]![i]!;
  }
  return result;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

function norm(vector: readonly number[]): number {
  return Math.sqrt(dot(vector, vector));
}
