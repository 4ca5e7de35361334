import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LimitThreadData } from "./limitThread.ts";

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./limitThread.ts" : "./limitThread.js", import.meta.url);

/** Pictures a second, and of each second that processors work. */
export interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Threads that decode and scale pictures and do nothing with them, for as long as they are told. */
export interface Limit extends AsyncDisposable {
  slice(seconds: number): Promise<Rate>;
}

/** Starts as many threads as files can be shared by; a file is decoded again when it is over. */
export async function openLimit(threads: number, given: LimitThreadData): Promise<Limit> {
  const shares = Array.from({ length: threads }, (_, thread) => given.videos.filter((_video, at) => at % threads === thread));
  const workers = shares.map((videos) => {
    const workerData: LimitThreadData = { ...given, videos: videos.length > 0 ? videos : given.videos };
    return new Worker(ENTRY, { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  return {
    async slice(seconds) {
      const before = process.cpuUsage();
      const start = performance.now();
      const rates = workers.map(async (worker) => {
        worker.postMessage(seconds);
        const [rate] = (await once(worker, "message")) as [number];
        return rate;
      });
      const perSecond = (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0);
      const { user, system } = process.cpuUsage(before);
      return { perSecond, perCpuSecond: (perSecond * (performance.now() - start) * 1e3) / (user + system) };
    },
    async [Symbol.asyncDispose]() {
      // They wait for a message: nothing native is under way in them.
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
