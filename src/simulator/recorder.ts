import type { Attempt } from "./attempt.ts";
import { type Fault, isIn } from "./faults.ts";
import type { Film, FilmCamera } from "./film.ts";
import type { EpisodePlan } from "./plan.ts";
import { PHYSICS_HZ } from "./scene.ts";
import { type ClockFacts, type Sensor, SensorClock, sampleSteps } from "./sensors.ts";
import { Noise, spoilNumbers } from "./spoil.ts";

/** The messages of one sensor as they reach the recorder. */
export interface SensorLog {
  readonly sensor: Sensor;
  readonly clock: ClockFacts;
  /** When each sample was truly taken, seconds since the episode's start. */
  readonly trueSec: Float64Array;
  /** What its header says, and when the recorder wrote it down: nanoseconds since 1970. */
  readonly stampNs: BigInt64Array;
  readonly logNs: BigInt64Array;
  /** `[sample, sensor.width]`, as the sensor says it; empty for a camera. */
  readonly values: Float64Array;
  readonly film?: Film;
  /** 0 where the message got lost on the way. */
  readonly arrived: Uint8Array;
}

/** Takes one sensor's samples when they are due. */
export class Recorder {
  readonly sensor: Sensor;
  readonly camera: FilmCamera | undefined;
  readonly #plan: EpisodePlan;
  readonly #faults: readonly Fault[];
  readonly #steps: readonly number[];
  readonly #clock: SensorClock;
  readonly #noise: Noise;
  readonly #values: Float64Array;
  readonly #stampNs: BigInt64Array;
  readonly #logNs: BigInt64Array;
  #count = 0;

  /** Of the faults it takes those that are its own. */
  constructor(
    sensor: Sensor,
    about: {
      readonly plan: EpisodePlan;
      readonly faults: readonly Fault[];
      readonly steps: number;
      readonly camera?: FilmCamera;
    },
  ) {
    const { plan, faults, steps, camera } = about;
    const { noiseSeed: seed, startNs, noise } = plan;
    this.sensor = sensor;
    this.camera = camera;
    this.#plan = plan;
    this.#faults = faults.filter((fault) => fault.sensor === sensor.name || fault.sensor === "all");
    this.#steps = sampleSteps(sensor, { seed, steps });
    this.#clock = new SensorClock(sensor, { seed, startNs, noise });
    this.#noise = new Noise(sensor, { seed, noise });
    this.#values = new Float64Array(this.#steps.length * sensor.width);
    this.#stampNs = new BigInt64Array(this.#steps.length);
    this.#logNs = new BigInt64Array(this.#steps.length);
  }

  isDue(step: number): boolean {
    return this.#steps[this.#count] === step;
  }

  /** How many samples were taken. */
  get count(): number {
    return this.#count;
  }

  /** The last sample's numbers. */
  get last(): Float64Array {
    const { width } = this.sensor;
    return this.#values.subarray((this.#count - 1) * width, this.#count * width);
  }

  /** When the last sample reaches the recorder, seconds since the episode's start. */
  get arrivesSec(): number {
    return Number(this.#logNs[this.#count - 1]! - this.#plan.startNs) / 1e9;
  }

  /** Takes the sample of this moment; a picture that is `unseen` need not be drawn where none are kept. */
  async take(attempt: Attempt, step: number, unseen = false): Promise<void> {
    const index = this.#count++;
    const at = index * this.sensor.width;
    const time = step / PHYSICS_HZ;
    if (this.camera) await this.camera.shoot(time, unseen);
    else if (this.sensor.name === "joints") attempt.joints(this.#values, at);
    else if (this.sensor.name === "imu") attempt.imu(this.#values, at);
    else this.#values.set(attempt.command, at);
    this.#noise.add(this.#values, at);
    this.#stampNs[index] = this.#clock.stamp(time, shiftAt(this.#faults, time));
    this.#logNs[index] = this.#clock.log(time);
  }

  async finish(): Promise<SensorLog> {
    const { sensor } = this;
    const count = this.#count;
    const trueSec = Float64Array.from(this.#steps.slice(0, count), (step) => step / PHYSICS_HZ);
    const lost = (time: number) => this.#faults.some((fault) => fault.kind === "dropped" && isIn(fault, time));
    const values = this.#values.subarray(0, count * sensor.width);
    const film = await this.camera?.develop();
    spoilNumbers(values, { sensor, trueSec, faults: this.#faults, seed: this.#plan.noiseSeed });
    return {
      sensor,
      clock: this.#clock.facts,
      trueSec,
      stampNs: this.#stampNs.subarray(0, count),
      logNs: this.#logNs.subarray(0, count),
      values,
      arrived: Uint8Array.from(trueSec, (time) => (lost(time) ? 0 : 1)),
      ...(film && { film }),
    };
  }
}

function shiftAt(faults: readonly Fault[], timeSec: number): number {
  return faults
    .filter((fault) => (fault.kind === "clock-offset" || fault.kind === "clock-step") && isIn(fault, timeSec))
    .reduce((sum, { value }) => sum + value!, 0);
}
