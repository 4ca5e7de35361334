import { dealFaults, type FaultWish } from "./faults.ts";
import { Random } from "./random.ts";
import { drawTask, type Task, type Wanted } from "./task.ts";

/** The robot's name in recordings. */
export const ROBOT = "tendon_humanoid";

/** Tasks that can be asked for by name. `put` is for the right hand, whose camera sees it. */
const TASKS = {
  put: { kind: "place", side: "right" },
  "hand-over": { kind: "hand over" },
} as const satisfies { readonly [name: string]: Wanted };
export type TaskName = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as TaskName[];

/** What is simulated. */
export interface SimulationOptions {
  readonly episodes: number;
  readonly seed: number;
  readonly faults: readonly FaultWish[];
  /** `none`: perfect clocks and sensors. */
  readonly noise: "usual" | "none";
  readonly cameras: "all" | "none";
  /** One kind of task alone. */
  readonly task?: TaskName | undefined;
}

/** One episode before anything of it is simulated. */
export interface EpisodePlan {
  readonly index: number;
  /** `episode_000`. */
  readonly name: string;
  /** Of the task and the operator's intent. */
  readonly seed: number;
  /** Of everything that differs when the same is done again: sway, noise, clocks. */
  readonly noiseSeed: number;
  readonly task: Task;
  readonly faults: readonly FaultWish[];
  /** When it begins, on the recorder's clock: nanoseconds since 1970. */
  readonly startNs: bigint;
  readonly noise: "usual" | "none";
  readonly cameras: "all" | "none";
}

/** 2026-01-05 09:00 UTC, a Monday. */
const FIRST_SEC = 1_767_603_600;
const APART_SEC = 120;
/** Episodes that are there so that success is not left to chance: the first two are done right. */
const DONE_RIGHT = 2;

/** All episodes of a simulation. An episode depends on the seed and its own number alone. */
export function planEpisodes(options: SimulationOptions): EpisodePlan[] {
  const wanted: Wanted = options.task ? TASKS[options.task] : {};
  const dealt = dealFaults(options.faults, options.episodes);
  return Array.from({ length: options.episodes }, (_, index) => {
    const faults = dealt.get(index) ?? [];
    const repeats = faults.find(({ kind }) => kind === "duplicate");
    const same = repeats ? (repeats.value ?? 0) : index;
    const seed = seedOf(options.seed, same, "task");
    const noiseSeed = seedOf(options.seed, index, "noise");
    const beginning = new Random(noiseSeed, "beginning").between(0, 20);
    return {
      index,
      name: `episode_${String(index).padStart(3, "0")}`,
      seed,
      noiseSeed,
      task: drawTask(seed, { ...wanted, ...(same < DONE_RIGHT && { slip: "none" }) }),
      faults,
      startNs: BigInt(FIRST_SEC + APART_SEC * index) * 1_000_000_000n + BigInt(Math.floor(beginning * 1e9)),
      noise: options.noise,
      cameras: options.cameras,
    };
  });
}

function seedOf(seed: number, index: number, what: string): number {
  return new Random(seed, `${what} of episode ${index}`).below(2 ** 48);
}
