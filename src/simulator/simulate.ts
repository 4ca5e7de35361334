import type { Codecs } from "../core/codecs.ts";
import { Attempt, type Outcome } from "./attempt.ts";
import { decideFault, type Fault } from "./faults.ts";
import { type Film, FilmCamera, Studio } from "./film.ts";
import type { EpisodePlan } from "./plan.ts";
import { PHYSICS_HZ } from "./scene.ts";
import { type ClockFacts, SENSORS, type Sensor, SensorClock, sampleSteps } from "./sensors.ts";
import { Signals } from "./signals.ts";
import { spoilNumbers } from "./spoil.ts";

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

/** A fault, and where it is on the clock of the messages that it is in: half-open. */
export interface PlantedFault extends Fault {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** Everything of one episode: what was recorded, and what was true. */
export interface SimulatedEpisode {
  readonly plan: EpisodePlan;
  readonly durationSec: number;
  readonly instruction: string;
  readonly logs: readonly SensorLog[];
  readonly faults: readonly PlantedFault[];
  readonly outcome: Outcome;
  readonly signals: Signals;
}

export interface SimulateTools {
  /** Needed where there are cameras. */
  readonly codecs?: Codecs;
  readonly signal?: AbortSignal;
  /** Hears of every picture. */
  readonly onFrame?: () => void;
}

/** What is told, and what is felt, at the moment from which a step is made. */
const KNOWN_BY_THE_STEP: ReadonlySet<string> = new Set(["imu", "commands"]);

/** Simulates one episode: physics, pictures, clocks and faults. Equal plans give equal bytes. */
export async function simulateEpisode(plan: EpisodePlan, tools: SimulateTools): Promise<SimulatedEpisode> {
  using attempt = await Attempt.open(plan.task, { seed: plan.seed, swaySeed: plan.noiseSeed });
  const durationSec = attempt.steps / PHYSICS_HZ;
  const faults = plan.faults.map((wish) => decideFault(wish, plan.task, durationSec));
  const signals = new Signals(attempt.steps);
  const studio = new Studio(attempt.world);
  await using takes = new AsyncDisposableStack();
  const recorders: Recorder[] = [];
  for (const sensor of SENSORS) {
    if (sensor.width > 0) recorders.push(new Recorder(sensor, plan, attempt.steps));
    else if (plan.cameras === "all" && tools.codecs) {
      const about = { studio, codecs: tools.codecs, faults, seed: plan.noiseSeed, noise: plan.noise };
      const camera = takes.use(await FilmCamera.open(sensor.name as never, about));
      recorders.push(new Recorder(sensor, plan, attempt.steps, camera));
    }
  }
  for (let step = 0; step < attempt.steps; step++) {
    // The world is seen as it stands, then told and moved; the IMU feels how it is moved.
    const due = recorders.filter((recorder) => recorder.isDue(step));
    for (const recorder of due) {
      if (KNOWN_BY_THE_STEP.has(recorder.sensor.name)) continue;
      await recorder.take(attempt, step);
      if (recorder.sensor.width > 0) continue;
      tools.onFrame?.();
      tools.signal?.throwIfAborted();
    }
    signals.takePlaces(attempt, step);
    attempt.step();
    for (const recorder of due) if (KNOWN_BY_THE_STEP.has(recorder.sensor.name)) await recorder.take(attempt, step);
    signals.takeStep(attempt, step);
  }
  const logs: SensorLog[] = [];
  for (const recorder of recorders) logs.push(await recorder.finish(plan, faults));
  return {
    plan,
    durationSec,
    instruction: faults.some(({ kind }) => kind === "wrong-instruction") ? plan.task.otherInstruction : plan.task.instruction,
    logs,
    faults: faults.map((fault) => ({ ...fault, ...onTheClock(fault, logs, plan, durationSec) })),
    outcome: attempt.outcome(),
    signals,
  };
}

/** Takes one sensor's samples when they are due. */
class Recorder {
  readonly sensor: Sensor;
  readonly #steps: readonly number[];
  readonly #values: Float64Array;
  readonly #camera: FilmCamera | undefined;
  #count = 0;

  constructor(sensor: Sensor, plan: EpisodePlan, steps: number, camera?: FilmCamera) {
    this.sensor = sensor;
    this.#steps = sampleSteps(sensor, { seed: plan.noiseSeed, steps });
    this.#values = new Float64Array(this.#steps.length * sensor.width);
    this.#camera = camera;
  }

  isDue(step: number): boolean {
    return this.#steps[this.#count] === step;
  }

  async take(attempt: Attempt, step: number): Promise<void> {
    const at = this.#count++ * this.sensor.width;
    if (this.#camera) await this.#camera.shoot(step / PHYSICS_HZ);
    else if (this.sensor.name === "joints") attempt.joints(this.#values, at);
    else if (this.sensor.name === "imu") attempt.imu(this.#values, at);
    else this.#values.set(attempt.command, at);
  }

  async finish(plan: EpisodePlan, faults: readonly Fault[]): Promise<SensorLog> {
    const { sensor } = this;
    const own = faults.filter((fault) => fault.sensor === sensor.name || fault.sensor === "all");
    const trueSec = Float64Array.from(this.#steps, (step) => step / PHYSICS_HZ);
    const clock = new SensorClock(sensor, { seed: plan.noiseSeed, startNs: plan.startNs, noise: plan.noise });
    const stampNs = new BigInt64Array(trueSec.length);
    const logNs = new BigInt64Array(trueSec.length);
    const arrived = new Uint8Array(trueSec.length).fill(1);
    trueSec.forEach((time, index) => {
      stampNs[index] = clock.stamp(time, shiftAt(own, time));
      logNs[index] = clock.log(time);
      if (own.some((fault) => fault.kind === "dropped" && isIn(fault, time))) arrived[index] = 0;
    });
    if (sensor.width > 0) spoilNumbers(this.#values, { sensor, trueSec, faults: own, plan });
    const film = this.#camera ? { film: await this.#camera.develop() } : {};
    return { sensor, clock: clock.facts, trueSec, stampNs, logNs, values: this.#values, arrived, ...film };
  }
}

/** Whether a moment is inside a fault. */
export function isIn(fault: Fault, timeSec: number): boolean {
  return timeSec >= fault.startSec && timeSec < fault.endSec;
}

function shiftAt(faults: readonly Fault[], timeSec: number): number {
  return faults
    .filter((fault) => (fault.kind === "clock-offset" || fault.kind === "clock-step") && isIn(fault, timeSec))
    .reduce((sum, { value }) => sum + value!, 0);
}

/** From the stamp of the first message that a fault is in to that of the first behind it. */
function onTheClock(fault: Fault, logs: readonly SensorLog[], plan: EpisodePlan, durationSec: number) {
  const log = logs.find(({ sensor }) => sensor.name === fault.sensor);
  const atNs = (seconds: number) => plan.startNs + BigInt(Math.round(seconds * 1e9));
  if (!log) return { startNs: atNs(fault.startSec), endNs: atNs(Math.min(fault.endSec, durationSec)) };
  const first = log.trueSec.findIndex((time) => time >= fault.startSec);
  const after = log.trueSec.findIndex((time) => time >= fault.endSec);
  const period = BigInt(Math.round(1e9 / log.sensor.rateHz));
  return {
    startNs: log.stampNs[first] ?? atNs(fault.startSec),
    endNs: after < 0 ? log.stampNs.at(-1)! + period : log.stampNs[after]!,
  };
}
