import type { Codecs } from "../core/codecs.ts";
import { Attempt, type Outcome } from "./attempt.ts";
import { decideFault, type Fault } from "./faults.ts";
import { FilmCamera, Studio } from "./film.ts";
import { LIMIT_SEC, PolicyPilot } from "./pilot.ts";
import type { EpisodePlan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import { Recorder, type SensorLog } from "./recorder.ts";
import type { CameraName } from "./robot.ts";
import { PHYSICS_HZ } from "./scene.ts";
import { SENSORS } from "./sensors.ts";
import { Signals } from "./signals.ts";

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
  /** Needed where cameras are recorded. */
  readonly codecs?: Codecs;
  /** Acts in place of the operator. */
  readonly policy?: Policy;
  readonly signal?: AbortSignal;
  /** Hears of every picture. */
  readonly onFrame?: () => void;
}

/** What is told, and what is felt, at the moment from which a step is made. */
const KNOWN_BY_THE_STEP: ReadonlySet<string> = new Set(["imu", "commands"]);

/** Simulates one episode: physics, pictures, clocks and faults. Equal plans give equal bytes. */
export async function simulateEpisode(plan: EpisodePlan, tools: SimulateTools): Promise<SimulatedEpisode> {
  const pilot = tools.policy && new PolicyPilot(tools.policy);
  const flown = pilot && { pilot, limitSec: LIMIT_SEC };
  using attempt = await Attempt.open(plan.task, { seed: plan.seed, swaySeed: plan.noiseSeed }, flown);
  const planned = attempt.steps / PHYSICS_HZ;
  const faults = plan.faults.map((wish) => decideFault(wish, plan.task, planned));
  const signals = new Signals(attempt.steps);
  await using cameras = new AsyncDisposableStack();
  const recorders = await openRecorders(plan, { attempt, faults, cameras, tools });
  for (let step = 0; !attempt.done; step++) {
    // The world is seen as it stands, then told and moved; the IMU feels how it is moved.
    const due = recorders.filter((recorder) => recorder.isDue(step));
    for (const recorder of due) {
      if (KNOWN_BY_THE_STEP.has(recorder.sensor.name)) continue;
      await recorder.take(attempt, step, pilot && !pilot.looksAt(recorder.count));
      if (!recorder.camera) continue;
      tools.onFrame?.();
      tools.signal?.throwIfAborted();
    }
    await pilot?.see(recorders, step / PHYSICS_HZ);
    signals.takePlaces(attempt, step);
    attempt.step();
    for (const recorder of due) if (KNOWN_BY_THE_STEP.has(recorder.sensor.name)) await recorder.take(attempt, step);
    signals.takeStep(attempt, step);
  }
  const logs: SensorLog[] = [];
  for (const recorder of recorders) logs.push(await recorder.finish());
  const durationSec = attempt.timeSec;
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

async function openRecorders(
  plan: EpisodePlan,
  about: {
    readonly attempt: Attempt;
    readonly faults: readonly Fault[];
    readonly cameras: AsyncDisposableStack;
    readonly tools: SimulateTools;
  },
): Promise<Recorder[]> {
  const { attempt, faults, cameras, tools } = about;
  const { codecs, policy } = tools;
  const { noiseSeed: seed, noise } = plan;
  const studio = new Studio(attempt.world);
  const recorders: Recorder[] = [];
  for (const sensor of SENSORS) {
    const own = { plan, faults, steps: attempt.steps };
    if (sensor.width > 0) recorders.push(new Recorder(sensor, own));
    else if (policy || (plan.cameras === "all" && codecs)) {
      const film = await FilmCamera.open(sensor.name as CameraName, { studio, ...(codecs && { codecs }), faults, seed, noise });
      recorders.push(new Recorder(sensor, { ...own, camera: cameras.use(film) }));
    }
  }
  return recorders;
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
