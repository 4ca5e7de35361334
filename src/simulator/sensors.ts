import { Random } from "./random.ts";
import { CAMERAS, JOINTS } from "./robot.ts";
import { PHYSICS_HZ } from "./scene.ts";

/** The sensors that give numbers. */
export const NUMBER_SENSORS = ["joints", "commands", "imu"] as const;
export type NumberSensor = (typeof NUMBER_SENSORS)[number];
export type SensorName = NumberSensor | (typeof CAMERAS)[number];

/** What a sensor is. */
export interface Sensor {
  readonly name: SensorName;
  readonly topic: string;
  readonly rateHz: number;
  /** Numbers in one sample; 0 for a camera. */
  readonly width: number;
}

/** Frames a second of every camera. */
export const CAMERA_HZ = 30;

export const SENSORS: readonly Sensor[] = [
  { name: "joints", topic: "/joint_states", rateHz: 125, width: 3 * JOINTS.length },
  { name: "commands", topic: "/joint_commands", rateHz: 50, width: JOINTS.length },
  { name: "imu", topic: "/imu/data", rateHz: 250, width: 10 },
  ...CAMERAS.map((name): Sensor => ({ name, topic: `/camera/${name}/compressed_video`, rateHz: CAMERA_HZ, width: 0 })),
];

export const INSTRUCTION_TOPIC = "/instruction";

/** How wrong a sensor's clock is, and how late its messages arrive. */
export interface ClockFacts {
  readonly offsetSec: number;
  /** Parts in a million that it runs fast. */
  readonly driftPpm: number;
  /** Standard deviation of one stamp. */
  readonly jitterSec: number;
  /** From the sample to its message at the recorder: at least, and what comes on top in the mean. */
  readonly latencySec: number;
  readonly latencyJitterSec: number;
}

const PERFECT: ClockFacts = { offsetSec: 0, driftPpm: 0, jitterSec: 0, latencySec: 0, latencyJitterSec: 0 };

/** A sensor's clock: what stands in its headers, and when the recorder hears of it. */
export class SensorClock {
  readonly facts: ClockFacts;
  readonly #jitter: Random;
  readonly #startNs: bigint;
  #last = -1n;

  constructor(sensor: Sensor, about: { readonly seed: number; readonly startNs: bigint; readonly noise: "usual" | "none" }) {
    this.facts = about.noise === "none" ? PERFECT : drawFacts(sensor, new Random(about.seed, `clock of ${sensor.name}`));
    this.#jitter = new Random(about.seed, `jitter of ${sensor.name}`);
    this.#startNs = about.startNs;
  }

  /** The header's time of a sample taken at a true time; `shiftSec` is what a fault adds. */
  stamp(trueSec: number, shiftSec: number): bigint {
    const { offsetSec, driftPpm, jitterSec } = this.facts;
    const read = trueSec * (1 + driftPpm * 1e-6) + offsetSec + jitterSec * this.#jitter.normal() + shiftSec;
    return this.#startNs + BigInt(Math.round(read * 1e9));
  }

  /** When the recorder writes the message down: messages of a sensor do not overtake one another. */
  log(trueSec: number): bigint {
    const { latencySec, latencyJitterSec } = this.facts;
    const late = latencySec + latencyJitterSec * Math.abs(this.#jitter.normal());
    const at = this.#startNs + BigInt(Math.round((trueSec + late) * 1e9));
    this.#last = at > this.#last ? at : this.#last + 1n;
    return this.#last;
  }
}

/**
 * When the first sample may come, in physics steps: each sensor runs by itself. The cameras begin after the
 * joints, the main one last, and end first, as where a recorder starts them in that order.
 */
const PHASES: { readonly [name in SensorName]: readonly [number, number] } = {
  commands: [0, 0],
  joints: [0, 4],
  imu: [0, 2],
  right_wrist: [8, 11],
  head: [17, 22],
};
const CAMERAS_END_STEPS = 30;

/** The physics steps in which a sensor takes its samples, ascending. */
export function sampleSteps(sensor: Sensor, about: { readonly seed: number; readonly steps: number }): number[] {
  const period = PHYSICS_HZ / sensor.rateHz;
  const phase = new Random(about.seed, `phase of ${sensor.name}`).between(...PHASES[sensor.name]);
  const end = about.steps - (sensor.width === 0 ? CAMERAS_END_STEPS : 0);
  const steps: number[] = [];
  for (let index = 0; ; index++) {
    const step = Math.floor(phase + index * period);
    if (step >= end) return steps;
    steps.push(step);
  }
}

function drawFacts(sensor: Sensor, random: Random): ClockFacts {
  const camera = sensor.width === 0;
  return {
    // Cameras stamp when they are read out; the joints' bus and the IMU know better.
    offsetSec: camera ? random.between(-0.004, 0.004) : random.between(-0.0006, 0.0006),
    driftPpm: random.between(-60, 60),
    jitterSec: camera ? random.between(0.0001, 0.0005) : random.between(0.00003, 0.0001),
    latencySec: camera ? random.between(0.018, 0.035) : random.between(0.0005, 0.003),
    latencyJitterSec: camera ? 0.002 : 0.0003,
  };
}
