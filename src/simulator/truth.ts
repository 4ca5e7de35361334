import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROBOT } from "./plan.ts";
import { nameOf, PHYSICS_HZ } from "./scene.ts";
import { SIGNAL_COLUMNS, SIGNALS_HZ } from "./signals.ts";
import type { PlantedFault, SimulatedEpisode } from "./simulate.ts";

/** A fault as the truth file says it: true seconds since the episode's start, and the times of the messages that it is in; half-open. */
export interface TruthFault {
  readonly kind: string;
  /** The sensor: `joints`, `commands`, `imu`, a camera, `instruction`; `all` or `episode` where it is no single one. */
  readonly sensor: string;
  /** The topic; absent where it is no single one. */
  readonly topic?: string;
  readonly joint?: string;
  readonly startSec: number;
  readonly endSec: number;
  readonly startNs: string;
  readonly endNs: string;
  /** What `value` means for this kind stands in docs/simulate.md. */
  readonly value?: number;
}

/** What was true of one episode. */
export interface TruthEpisode {
  readonly episode: string;
  readonly index: number;
  readonly instruction: string;
  /** What was really done; differs from `instruction` where that is wrong. */
  readonly task: string;
  readonly kind: string;
  readonly success: boolean;
  readonly outcome: string;
  /** True second 0 on the recorder's clock. */
  readonly startNs: string;
  readonly durationSec: number;
  readonly thing: { readonly name: string; readonly end: readonly number[] };
  readonly place: { readonly word: string; readonly x: number; readonly y: number };
  readonly sensors: readonly {
    readonly sensor: string;
    readonly topic: string;
    readonly rateHz: number;
    readonly samples: number;
    readonly offsetSec: number;
    readonly driftPpm: number;
    readonly jitterSec: number;
    readonly latencySec: number;
  }[];
  readonly faults: readonly TruthFault[];
  /** Little-endian float64, `[row, column]`. */
  readonly signals: { readonly file: string; readonly rows: number; readonly rateHz: number };
  /** True time of every sample, little-endian float64 seconds, one sensor behind another in the order of `sensors`. */
  readonly times: { readonly file: string };
}

/** The whole of `truth.json`. */
export interface Truth {
  readonly tendon: "truth";
  readonly robot: string;
  readonly seed: number;
  readonly physicsHz: number;
  readonly signalColumns: readonly string[];
  readonly episodes: readonly TruthEpisode[];
}

/** The truth of an episode, and its noiseless signals written below `folder`. */
export async function writeTruthEpisode(folder: string, episode: SimulatedEpisode): Promise<TruthEpisode> {
  const { plan, signals, logs } = episode;
  await mkdir(folder, { recursive: true });
  const files = { signals: `${plan.name}.signals.f64`, times: `${plan.name}.times.f64` };
  await writeFile(join(folder, files.signals), bytesOf(signals.values));
  await writeFile(join(folder, files.times), Buffer.concat(logs.map(({ trueSec }) => bytesOf(trueSec))));
  return {
    ...truthOf(episode),
    signals: { file: files.signals, rows: signals.rows, rateHz: SIGNALS_HZ },
    times: { file: files.times },
  };
}

/** `truth.json`, once every episode is there. */
export async function writeTruth(folder: string, seed: number, episodes: readonly TruthEpisode[]): Promise<void> {
  const truth: Truth = { tendon: "truth", robot: ROBOT, seed, physicsHz: PHYSICS_HZ, signalColumns: SIGNAL_COLUMNS, episodes };
  await writeFile(join(folder, "truth.json"), `${JSON.stringify(truth, null, 1)}\n`);
}

function truthOf(episode: SimulatedEpisode): Omit<TruthEpisode, "signals" | "times"> {
  const { plan, outcome, logs, faults } = episode;
  const { task } = plan;
  const { word, x, y } = task.scene.place;
  const topics = new Map(logs.map(({ sensor }) => [sensor.name as string, sensor.topic]));
  return {
    episode: plan.name,
    index: plan.index,
    instruction: episode.instruction,
    task: task.instruction,
    kind: task.kind,
    success: outcome.success,
    outcome: outcome.what,
    startNs: String(plan.startNs),
    durationSec: episode.durationSec,
    thing: { name: nameOf(task.thing), end: outcome.position },
    place: { word, x, y },
    sensors: logs.map(({ sensor, clock, trueSec }) => ({
      sensor: sensor.name,
      topic: sensor.topic,
      rateHz: sensor.rateHz,
      samples: trueSec.length,
      offsetSec: clock.offsetSec,
      driftPpm: clock.driftPpm,
      jitterSec: clock.jitterSec,
      latencySec: clock.latencySec,
    })),
    faults: faults.map((fault) => faultOf(fault, topics.get(fault.sensor))),
  };
}

function faultOf({ startNs, endNs, ...fault }: PlantedFault, topic: string | undefined): TruthFault {
  return { ...fault, ...(topic !== undefined && { topic }), startNs: String(startNs), endNs: String(endNs) };
}

function bytesOf(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
