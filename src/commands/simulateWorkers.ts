import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { TendonError } from "../core/errors.ts";
import { endThreads, newEnding } from "../io/threadEnd.ts";
import type { WorkerNews, WorkerTask } from "../simulator/worker.ts";
import type { WrittenEpisode } from "../simulator/write.ts";

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "../simulator/worker.ts" : "../simulator/worker.js", import.meta.url);

/** What is heard while episodes are simulated. */
export interface SimulateProgress {
  readonly frames: number;
  readonly episode?: WrittenEpisode;
  readonly done: number;
  readonly total: number;
}

interface WorkersOptions {
  /** Threads. Default: the cores. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  onProgress?(news: SimulateProgress): void;
}

/** Hands the episodes out one at a time, each to the thread that is free first. */
export async function simulateInWorkers(
  given: Omit<WorkerTask, "ending">,
  options: WorkersOptions,
): Promise<{ written: WrittenEpisode[]; frames: number }> {
  const task: WorkerTask = { ...given, ending: newEnding() };
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
  let ended: Promise<void> | undefined;
  const stop = () => {
    ended ??= endThreads(threads, task.ending);
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const nextIndex = () => (next < total ? next++ : undefined);
    await Promise.all(
      threads.map((thread) => drive(thread, nextIndex, { hear, ...(options.signal && { signal: options.signal }) })),
    );
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
    await ended;
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
