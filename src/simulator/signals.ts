import type { Attempt } from "./attempt.ts";
import { JOINTS, SIDES } from "./robot.ts";
import { PHYSICS_HZ } from "./scene.ts";

/** Physics steps from one row to the next. */
const EVERY = 4;
export const SIGNALS_HZ = PHYSICS_HZ / EVERY;

/** The names of the columns of the noiseless signals, in their order. */
export const SIGNAL_COLUMNS: readonly string[] = [
  "time_sec",
  ...JOINTS.map((joint) => `position.${joint}`),
  ...JOINTS.map((joint) => `velocity.${joint}`),
  ...JOINTS.map((joint) => `effort.${joint}`),
  ...JOINTS.map((joint) => `command.${joint}`),
  ...["x", "y", "z", "w"].map((axis) => `imu.orientation.${axis}`),
  ...["x", "y", "z"].map((axis) => `imu.angular_velocity.${axis}`),
  ...["x", "y", "z"].map((axis) => `imu.linear_acceleration.${axis}`),
  ...["x", "y", "z"].map((axis) => `thing.position.${axis}`),
  ...["x", "y", "z", "w"].map((axis) => `thing.orientation.${axis}`),
  ...SIDES.flatMap((side) => ["x", "y", "z"].map((axis) => `${side}_hand.position.${axis}`)),
];

const COMMAND_COLUMN = 1 + 3 * JOINTS.length;

/** What was true, without noise, delay or fault: a table of float64, `[row, column]`. */
export class Signals {
  readonly #values: Float64Array;
  #row = 0;

  constructor(steps: number) {
    this.#values = new Float64Array(Math.ceil(steps / EVERY) * SIGNAL_COLUMNS.length);
  }

  get rows(): number {
    return this.#row;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#row * SIGNAL_COLUMNS.length);
  }

  /** Before a step is made: how everything stands. */
  takePlaces(attempt: Attempt, step: number): void {
    if (step % EVERY !== 0) return;
    const values = this.#values;
    let at = this.#row * SIGNAL_COLUMNS.length;
    values[at++] = step / PHYSICS_HZ;
    attempt.joints(values, at);
    at += 3 * JOINTS.length;
    attempt.thing(values, at + JOINTS.length + 10);
    at += JOINTS.length + 17;
    for (const side of SIDES) {
      values.set(attempt.world.sitePose(attempt.world.site(`${side}_grasp`)).position, at);
      at += 3;
    }
  }

  /** After it: what the robot was told and the IMU felt when it began, which ends the row. */
  takeStep(attempt: Attempt, step: number): void {
    if (step % EVERY !== 0) return;
    const at = this.#row++ * SIGNAL_COLUMNS.length + COMMAND_COLUMN;
    this.#values.set(attempt.command, at);
    attempt.imu(this.#values, at + JOINTS.length);
  }
}
