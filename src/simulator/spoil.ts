import type { Fault } from "./faults.ts";
import { Random } from "./random.ts";
import { JOINTS } from "./robot.ts";
import type { Sensor } from "./sensors.ts";

const DEGREES = 180 / Math.PI;
/** Seconds from one spike to the next, in the mean. */
const SPIKES_APART = 0.4;

/** Standard deviations of the noise of position (rad), velocity (rad/s) and effort (N·m). */
const JOINT_NOISE = [0.0004, 0.006, 0.05];
/** Of orientation, angular velocity (rad/s) and specific force (m/s²). */
const IMU_NOISE = { orientation: 0, gyro: 0.003, accelerometer: 0.03 };

/** Adds a sensor's noise to its samples, one after another. */
export class Noise {
  readonly #sizes: readonly number[] | undefined;
  readonly #random: Random;

  constructor(sensor: Sensor, about: { readonly seed: number; readonly noise: "usual" | "none" }) {
    this.#sizes = about.noise === "usual" ? noiseOf(sensor) : undefined;
    this.#random = new Random(about.seed, `noise of ${sensor.name}`);
  }

  /** To the sample at `at` in `values`. */
  add(values: Float64Array, at: number): void {
    this.#sizes?.forEach((size, index) => {
      if (size > 0) values[at + index]! += size * this.#random.normal();
    });
  }
}

/** Plants the faults that are in a sensor's numbers. */
export function spoilNumbers(
  values: Float64Array,
  about: {
    readonly sensor: Sensor;
    readonly trueSec: Float64Array;
    readonly faults: readonly Fault[];
    readonly seed: number;
  },
): void {
  const { sensor, trueSec, seed } = about;
  if (sensor.name !== "joints") return;
  for (const fault of about.faults) {
    if (fault.kind === "degrees") toDegrees(values);
    else if (fault.joint !== undefined)
      spoilJoint(values, { fault, trueSec, random: new Random(seed, `${fault.kind} ${fault.joint}`) });
  }
}

function spoilJoint(
  values: Float64Array,
  { fault, trueSec, random }: { readonly fault: Fault; readonly trueSec: Float64Array; readonly random: Random },
): void {
  const width = 3 * JOINTS.length;
  const column = JOINTS.indexOf(fault.joint!);
  let held: number | undefined;
  let nextSpike = fault.startSec;
  trueSec.forEach((time, sample) => {
    if (time < fault.startSec || time >= fault.endSec) return;
    const at = sample * width + column;
    if (fault.kind === "nan") values[at] = Number.NaN;
    if (fault.kind === "stuck") {
      held ??= values[at]!;
      values[at] = held;
      values[at + JOINTS.length] = 0;
    }
    if (fault.kind === "spikes" && time >= nextSpike) {
      values[at]! += random.next() < 0.5 ? -fault.value! : fault.value!;
      nextSpike = time + SPIKES_APART * random.between(0.5, 1.5);
    }
  });
}

/** Positions and velocities, as a driver does that was set up in degrees; grippers too, it knows no difference. */
function toDegrees(values: Float64Array): void {
  const width = 3 * JOINTS.length;
  for (let index = 0; index < values.length; index++) if (index % width < 2 * JOINTS.length) values[index]! *= DEGREES;
}

function noiseOf({ name, width }: Sensor): readonly number[] | undefined {
  if (name === "commands") return undefined;
  if (name === "joints") return Array.from({ length: width }, (_, index) => JOINT_NOISE[Math.floor(index / JOINTS.length)]!);
  const { orientation, gyro, accelerometer } = IMU_NOISE;
  return [...Array(4).fill(orientation), ...Array(3).fill(gyro), ...Array(3).fill(accelerometer)];
}
