import { resolve } from "node:path";
import { TendonError } from "../core/errors.ts";
import { wilsonInterval } from "../kernels/wilson.ts";
import { openOnnxPolicy } from "../simulator/onnxPolicy.ts";
import type { TaskName } from "../simulator/plan.ts";
import { writeTruth } from "../simulator/truth.ts";
import type { WrittenEpisode } from "../simulator/write.ts";
import { checkEncoder, checkedSimulation, emptyFolder, newFolder } from "./simulate.ts";
import { type SimulateProgress, simulateInWorkers } from "./simulateWorkers.ts";

export interface RollOutOptions {
  /** The ONNX file. */
  readonly policy: string;
  /** Default 50. */
  readonly episodes?: number;
  /** Default 0. Recordings of the same seed hold the same tasks. */
  readonly seed?: number;
  readonly noise?: "usual" | "none";
  readonly task?: TaskName;
  /** A new folder for recordings of what the policy did. Absent: none are kept. */
  readonly out?: string;
  /** The folder of the truth about them. Default: beside them, with `-truth` behind its name. */
  readonly truth?: string;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  onProgress?(news: SimulateProgress): void;
}

/** How often a policy did what it was to do. */
export interface SuccessRate {
  readonly attempts: number;
  readonly successes: number;
  /** Successes a attempt. */
  readonly rate: number;
  /** What holds the true rate with 95 % certainty (Wilson's score interval). */
  readonly interval: readonly [number, number];
}

/** What a policy did. */
export interface RollOutReport extends SuccessRate {
  readonly policy: string;
  readonly seed: number;
  /** By kind of task and hand. */
  readonly tasks: { readonly [task: string]: SuccessRate };
  readonly seconds: number;
  /** Where recordings and the truth about them are, if they were kept. */
  readonly out?: string;
  readonly truth?: string;
  readonly episodes: readonly Omit<WrittenEpisode, "truth" | "clips" | "faults">[];
}

/** Lets a policy act in the simulator, and counts how often it succeeds, as physics judge it. */
export async function rollOut(options: RollOutOptions): Promise<RollOutReport> {
  const started = performance.now();
  const { seed = 0, episodes: count = 50 } = options;
  const policy = resolve(options.policy);
  const simulation = checkedSimulation({ ...options, seed, episodes: count });
  const folders = foldersOf(options);
  // Says what is wrong with it before anything is computed.
  await (await openOnnxPolicy(policy))[Symbol.asyncDispose]();
  if (folders) await checkEncoder();
  for (const folder of Object.values(folders ?? {})) await newFolder(folder);
  const { written } = await simulateInWorkers({ options: simulation, kind: "recordings", policy, ...folders }, options).catch(
    async (thrown: unknown) => {
      for (const folder of Object.values(folders ?? {})) await emptyFolder(folder);
      throw thrown;
    },
  );
  const episodes = written.toSorted((a, b) => a.index - b.index);
  const truths = episodes.flatMap(({ truth }) => (truth ? [truth] : []));
  if (folders) await writeTruth(folders.truth, seed, truths);
  const tasks = Map.groupBy(episodes, ({ kind, side }) => (kind === "place" ? `put, ${side} hand` : "hand over"));
  return {
    policy,
    seed,
    ...rateOf(episodes),
    tasks: Object.fromEntries(Array.from(tasks, ([task, own]) => [task, rateOf(own)])),
    seconds: (performance.now() - started) / 1000,
    ...folders,
    episodes: episodes.map(({ truth: _truth, clips: _clips, faults: _faults, ...episode }) => episode),
  };
}

function foldersOf({ out, truth }: RollOutOptions): { readonly out: string; readonly truth: string } | undefined {
  if (out !== undefined) return { out: resolve(out), truth: resolve(truth ?? `${out}-truth`) };
  if (truth === undefined) return undefined;
  const message = "the truth is about recordings: name a folder for them, or leave --truth out";
  throw new TendonError("bad-pipeline", message, { place: { path: "truth" } });
}

function rateOf(episodes: readonly WrittenEpisode[]): SuccessRate {
  const attempts = episodes.length;
  const successes = episodes.filter(({ success }) => success).length;
  return { attempts, successes, rate: successes / attempts, interval: wilsonInterval(successes, attempts) };
}
