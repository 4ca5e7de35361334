import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { parseFault } from "../simulator/faults.ts";
import { planEpisodes, type SimulationOptions, type TaskName } from "../simulator/plan.ts";
import { writeTruth } from "../simulator/truth.ts";
import type { SimulationKind, WrittenEpisode } from "../simulator/write.ts";
import { type SimulateProgress, simulateInWorkers } from "./simulateWorkers.ts";

const EPISODES_MAX = 100_000;

export interface SimulateOptions {
  /** Default `recordings`. */
  readonly kind?: SimulationKind;
  /** Default 6. */
  readonly episodes?: number;
  readonly seed?: number;
  /** Each as `KIND[@TARGET][#EPISODE][:START-END][=VALUE]`, such as `frozen@head:1.2-1.9`. */
  readonly faults?: readonly string[];
  readonly noise?: "usual" | "none";
  readonly cameras?: "all" | "none";
  /** One kind of task alone: `put` or `hand-over`. */
  readonly task?: TaskName;
  /** The folder of the truth. Default: beside the recordings, with `-truth` behind its name. */
  readonly truth?: string;
  /** Threads. Default: the cores. Results do not depend on it. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Hears of pictures as they are taken, and of each episode when it is written. */
  onProgress?(news: SimulateProgress): void;
}

/** What was simulated. */
export interface SimulateReport {
  readonly kind: SimulationKind;
  readonly out: string;
  readonly truth: string;
  readonly seed: number;
  readonly frames: number;
  readonly seconds: number;
  readonly episodes: readonly Omit<WrittenEpisode, "truth" | "clips">[];
}

/** Simulates episodes of a bimanual humanoid into a new folder, and what was true of them into another. */
export async function simulate(target: string, options: SimulateOptions = {}): Promise<SimulateReport> {
  const started = performance.now();
  const { kind = "recordings", seed = 0, episodes: count = 6 } = options;
  const out = resolve(target);
  const truth = resolve(options.truth ?? `${out}-truth`);
  const simulation = checkedSimulation({ ...options, seed, episodes: count });
  if (kind === "clips" && simulation.cameras === "none") throw wrong("cameras", "clips are pictures: leave --cameras none out");
  if (simulation.cameras === "all") await checkEncoder();
  for (const folder of [out, truth]) await newFolder(folder);
  const { written, frames } = await simulateInWorkers({ options: simulation, kind, out, truth }, options).catch(
    async (thrown: unknown) => {
      // The same command must find its folders empty again.
      for (const folder of [out, truth]) await emptyFolder(folder);
      throw thrown;
    },
  );
  const episodes = written.toSorted((a, b) => a.index - b.index);
  await writeTruth(
    truth,
    seed,
    episodes.flatMap((episode) => (episode.truth ? [episode.truth] : [])),
  );
  if (kind === "clips") {
    const lines = episodes.flatMap(({ clips }) => clips ?? []).map((clip) => `${JSON.stringify(clip)}\n`);
    await writeFile(join(out, "clips.jsonl"), lines.join(""));
  }
  const seconds = (performance.now() - started) / 1000;
  const told = episodes.map(({ truth: _truth, clips: _clips, ...episode }) => episode);
  return { kind, out, truth, seed, frames, seconds, episodes: told };
}

/** What is simulated, checked. */
export function checkedSimulation(
  options: SimulateOptions & { readonly seed: number; readonly episodes: number },
): SimulationOptions {
  const { episodes, seed, faults = [], noise = "usual", cameras = "all", task } = options;
  if (!Number.isInteger(episodes) || episodes < 1 || episodes > EPISODES_MAX)
    throw wrong("episodes", `must be a whole number from 1 to ${EPISODES_MAX} (got ${episodes})`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw wrong("seed", `must be a whole number from 0 (got ${seed})`);
  const simulation = { episodes, seed, faults: faults.map(parseFault), noise, cameras, task };
  planEpisodes({ ...simulation, episodes: Math.min(episodes, 1), faults: [] });
  return simulation;
}

/** Says what to install before anything is computed. */
export async function checkEncoder(): Promise<void> {
  try {
    await openCodecs();
  } catch (thrown) {
    const { code, message } = asTendonError(thrown, "missing-tool");
    throw new TendonError(code, `${message}, or simulate without pictures: --cameras none`, { cause: thrown });
  }
}

const OURS = /^(episode_\d+[._]|truth\.json$|clips\.jsonl$|(videos|captions|cameras)$)/;

/** Removes what was written. */
export async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (OURS.test(name)) await rm(join(folder, name), { recursive: true });
}

/** A folder that holds nothing; made if need be. */
export async function newFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const held = await readdir(folder);
    if (held.length === 0) return;
  } catch (thrown) {
    throw asTendonError(thrown, "not-found", { file: folder });
  }
  throw new TendonError("bad-pipeline", "is not empty: name a new folder, or empty it first", { place: { file: folder } });
}

function wrong(option: string, message: string): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path: option } });
}
