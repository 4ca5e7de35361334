import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { asTendonError, TendonError } from "../core/errors.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { parseFault } from "../simulator/faults.ts";
import { planEpisodes, type SimulationOptions } from "../simulator/plan.ts";
import { writeTruth } from "../simulator/truth.ts";
import type { WorkerNews, WorkerTask } from "../simulator/worker.ts";
import type { SimulationKind, WrittenEpisode } from "../simulator/write.ts";

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "../simulator/worker.ts" : "../simulator/worker.js", import.meta.url);
const EPISODES_MAX = 100_000;

export interface SimulateOptions {
  readonly kind?: SimulationKind;
  /** Default 6. */
  readonly episodes?: number;
  readonly seed?: number;
  /** Each as `KIND[@TARGET][#EPISODE][:START-END][=VALUE]`, such as `frozen@head:1.2-1.9`. */
  readonly faults?: readonly string[];
  readonly noise?: "usual" | "none";
  readonly cameras?: "all" | "none";
  /** The folder of the truth. Default: beside the recordings, with `-truth` behind its name. */
  readonly truth?: string;
  /** Threads. Default: the cores. Results do not depend on it. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Hears of pictures as they are taken, and of each episode when it is written. */
  onProgress?(news: {
    readonly frames: number;
    readonly episode?: WrittenEpisode;
    readonly done: number;
    readonly total: number;
  }): void;
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
  const simulation = checked({ ...options, seed, episodes: count });
  if (kind === "clips" && simulation.cameras === "none") throw wrong("cameras", "clips are pictures: leave --cameras none out");
  if (simulation.cameras === "all") await checkEncoder();
  for (const folder of [out, truth]) await newFolder(folder);
  const { written, frames } = await inWorkers({ options: simulation, kind, out, truth }, options).catch(
    async (thrown: unknown) => {
      // The same command must find its folders empty again.
      for (const folder of [out, truth]) await empty(folder);
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

function checked(options: SimulateOptions & { readonly seed: number; readonly episodes: number }): SimulationOptions {
  const { episodes, seed, faults = [], noise = "usual", cameras = "all" } = options;
  if (!Number.isInteger(episodes) || episodes < 1 || episodes > EPISODES_MAX)
    throw wrong("episodes", `must be a whole number from 1 to ${EPISODES_MAX} (got ${episodes})`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw wrong("seed", `must be a whole number from 0 (got ${seed})`);
  const simulation = { episodes, seed, faults: faults.map(parseFault), noise, cameras };
  planEpisodes({ ...simulation, episodes: Math.min(episodes, 1), faults: [] });
  return simulation;
}

/** Says what to install before anything is computed. */
async function checkEncoder(): Promise<void> {
  try {
    await openCodecs();
  } catch (thrown) {
    const { code, message } = asTendonError(thrown, "missing-tool");
    throw new TendonError(code, `${message}, or simulate without pictures: --cameras none`, { cause: thrown });
  }
}

const OURS = /^(episode_\d+[._]|truth\.json$|clips\.jsonl$|(videos|captions|cameras)$)/;

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (OURS.test(name)) await rm(join(folder, name), { recursive: true });
}

async function newFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const held = await readdir(folder);
    if (held.length === 0) return;
  } catch (thrown) {
    throw asTendonError(thrown, "not-found", { file: folder });
  }
  throw new TendonError("bad-pipeline", "is not empty: name a new folder, or empty it first", { place: { file: folder } });
}

/** Hands the episodes out one at a time, each to the thread that is free first. */
async function inWorkers(task: WorkerTask, options: SimulateOptions): Promise<{ written: WrittenEpisode[]; frames: number }> {
  const total = task.options.episodes;
  const count = Math.min(options.workers ?? availableParallelism(), total);
  const written: WrittenEpisode[] = [];
  let frames = 0;
  let next = 0;
  const hear = (news: WorkerNews) => {
    if (news.type === "frames") frames += news.frames;
    if (news.type === "written") written.push(news.episode);
    const episode = news.type === "written" ? { episode: news.episode } : {};
    options.onProgress?.({ frames, done: written.length, total, ...episode });
  };
  const threads = Array.from({ length: count }, () => new Worker(ENTRY, { workerData: task }));
  const stop = () => threads.map((thread) => thread.terminate());
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const nextIndex = () => (next < total ? next++ : undefined);
    await Promise.all(
      threads.map((thread) => drive(thread, nextIndex, { hear, ...(options.signal && { signal: options.signal }) })),
    );
  } finally {
    options.signal?.removeEventListener("abort", stop);
    await Promise.all(stop());
  }
  return { written, frames };
}

function drive(
  thread: Worker,
  nextIndex: () => number | undefined,
  { hear, signal }: { hear: (news: WorkerNews) => void; signal?: AbortSignal },
): Promise<void> {
  return new Promise((done, fail) => {
    thread.on("message", (news: WorkerNews) => {
      if (news.type === "failed") return fail(new TendonError(news.code, news.message, { place: news.place }));
      hear(news);
      if (news.type === "frames") return;
      const index = nextIndex();
      if (index === undefined) done();
      else thread.postMessage(index);
    });
    thread.on("error", fail);
    thread.on("exit", () =>
      fail(
        signal?.aborted
          ? new TendonError("cancelled", "stopped")
          : new TendonError("plugin-failed", "a simulating thread ended early"),
      ),
    );
  });
}

function wrong(option: string, message: string): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path: option } });
}
