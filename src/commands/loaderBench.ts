import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Size } from "../core/batch.ts";
import { type Loader, type LoaderTimes, loader } from "../loader/loader.ts";
import { type OpenedLoader, openLoader } from "../loader/open.ts";
import { orderQuality } from "../loader/quality.ts";
import type { OrderOption } from "../loader/types.ts";
import { type Estimate, estimate } from "./loaderBench/estimate.ts";
import { openLimit } from "./loaderBench/limit.ts";
import { isOfNetwork, processIo } from "./loaderBench/processIo.ts";
import { usualWindows } from "./loaderBench/usualWindows.ts";

export interface LoaderBenchOptions {
  /** Default: two pictures of every camera, the state, and 16 actions, as far as there are such streams. */
  readonly windows?: { readonly [stream: string]: readonly number[] };
  readonly size?: Size;
  /** Default 64. */
  readonly batchSize?: number;
  readonly order?: OrderOption;
  /** Default: the cores. */
  readonly threads?: number;
  /** How long batches are taken. Default 5. */
  readonly seconds?: number;
  /** Samples a second that a training needs. */
  readonly need?: number;
  readonly signal?: AbortSignal;
}

/** What loading costs here, and where time goes. Shares are of 1. */
export interface LoaderBenchReport {
  readonly windows: { readonly [stream: string]: readonly number[] };
  readonly batchSize: number;
  readonly threads: number;
  readonly samplesPerSec: number;
  readonly firstBatchSec: number;
  /** 0: as recorded; 1: as well as uniform. */
  readonly spread: number;
  readonly decodedPerServed: number;
  /** A second. Without Linux what came from elsewhere is not known, and stands under memory. */
  readonly bytes: { readonly memory: number; readonly disk: number; readonly network: number };
  /** Of the time of the threads that decode, and of the loop that took batches. */
  readonly time: {
    readonly storage: number;
    readonly decode: number;
    readonly transform: number;
    readonly transport: number;
    readonly idle: number;
    readonly consumer: number;
  };
  /** What decoding and scaling alone give on as many threads. Absent where there are no pictures. */
  readonly limit?: { readonly picturesPerSec: number; readonly samplesPerSec: number; readonly reached: number };
  readonly needed?: Estimate;
}

const LIMIT_SEC = 2;
const WARM_SHARE = 0.3;

/** Takes batches for some seconds, as fast as they come, and tells what that took. */
export async function loaderBench(path: string, options: LoaderBenchOptions = {}): Promise<LoaderBenchReport> {
  const { batchSize = 64, threads = availableParallelism(), seconds = 5, need, order = "local", signal } = options;
  const windows = options.windows ?? (await usualWindows(path));
  const given = {
    path,
    windows,
    batchSize,
    threads,
    order,
    ...(options.size && { size: options.size }),
    ...(signal && { signal }),
  };
  const opened = await openLoader(given);
  const start = performance.now();
  await using batches = await loader(given);
  const taken = await take(batches, { start, seconds, signal });
  const { decoded, wanted, samples } = taken;
  const limit = await limitOf(opened, { threads, converted: decoded > 0 ? wanted / decoded : 1 });
  const perSample = decoded / samples;
  const report = {
    windows,
    batchSize,
    threads,
    samplesPerSec: samples / taken.seconds,
    firstBatchSec: taken.first,
    spread: spreadOf(opened, batchSize),
    decodedPerServed: wanted > 0 ? decoded / wanted : 0,
    bytes: (await isOfNetwork(path)) ? { ...taken.bytes, disk: 0, network: taken.bytes.disk } : { ...taken.bytes, network: 0 },
    time: sharesOf(taken.times, taken.seconds * 1000, threads),
    ...(limit && {
      limit: {
        picturesPerSec: limit,
        samplesPerSec: limit / perSample,
        reached: decoded / taken.seconds / limit,
      },
    }),
  };
  if (need === undefined) return report;
  return { ...report, needed: await estimate(need, { taken, given, opened }) };
}

/** What was counted while batches were taken. */
export interface Taken {
  readonly samples: number;
  readonly seconds: number;
  readonly first: number;
  readonly cpuSeconds: number;
  readonly decoded: number;
  readonly wanted: number;
  readonly times: LoaderTimes;
  readonly bytes: { readonly memory: number; readonly disk: number };
}

/** What was decoded ahead before the clock starts is taken first. */
async function take(
  batches: Loader,
  { start, seconds, signal }: { start: number; seconds: number; signal: AbortSignal | undefined },
): Promise<Taken> {
  let first = 0;
  let begun: (ReturnType<typeof now> & { readonly samples: number }) | undefined;
  let samples = 0;
  const now = () => ({
    at: performance.now(),
    cpu: process.cpuUsage(),
    counts: { ...batches.counts() },
    times: batches.times(),
    io: processIo(),
  });
  for await (const batch of batches) {
    samples += batch.samples;
    first ||= (performance.now() - start) / 1000;
    const running = (performance.now() - start) / 1000;
    signal?.throwIfAborted();
    if (!begun && running > first + WARM_SHARE * seconds) begun = { ...now(), samples };
    if (begun && performance.now() - begun.at >= seconds * 1000) break;
  }
  const [from, to] = [begun!, now()];
  const took = (to.at - from.at) / 1000;
  const difference = (name: keyof LoaderTimes) => to.times[name] - from.times[name];
  const disk = to.io && from.io ? (to.io.fromDisk - from.io.fromDisk) / took : 0;
  const read = to.io && from.io ? (to.io.read - from.io.read) / took : difference("bytes") / took;
  const cpu = to.cpu.user + to.cpu.system - from.cpu.user - from.cpu.system;
  const names = ["storageMs", "decodeMs", "transformMs", "transportMs", "bytes", "waitingMs", "elsewhereMs"] as const;
  return {
    samples: samples - from.samples,
    seconds: took,
    first,
    cpuSeconds: cpu / 1e6,
    decoded: to.counts.decoded - from.counts.decoded,
    wanted: to.counts.wanted - from.counts.wanted,
    times: Object.fromEntries(names.map((name) => [name, difference(name)])) as unknown as LoaderTimes,
    bytes: { memory: Math.max(0, read - disk), disk },
  };
}

function sharesOf(times: LoaderTimes, ms: number, threads: number): LoaderBenchReport["time"] {
  const all = ms * threads;
  const { storageMs, decodeMs, transformMs, transportMs, elsewhereMs } = times;
  return {
    storage: storageMs / all,
    decode: decodeMs / all,
    transform: transformMs / all,
    transport: transportMs / all,
    idle: Math.max(0, 1 - (storageMs + decodeMs + transformMs + transportMs) / all),
    consumer: elsewhereMs / ms,
  };
}

function spreadOf({ open }: OpenedLoader, batchSize: number): number {
  const own = open.map(({ order, share }) => ({
    share,
    spread: orderQuality(order, { batchSize: Math.max(1, Math.round(batchSize * share)) }).spread,
  }));
  return Math.min(
    1,
    own.reduce((sum, { share, spread }) => sum + share * spread, 0),
  );
}

async function limitOf(
  { open, layout }: OpenedLoader,
  { threads, converted }: { threads: number; converted: number },
): Promise<number | undefined> {
  const sizes = new Map<string, Size>();
  for (const [dataset, { loaded }] of open.entries()) {
    for (const { videos } of loaded.episodes.slice(0, threads)) {
      for (const { sources, size } of layout.pictures) {
        const video = videos.get(sources[dataset]?.stream ?? "");
        if (video) sizes.set(join(loaded.root, video.file), size);
      }
    }
  }
  if (sizes.size === 0) return undefined;
  await using limit = await openLimit(threads, { videos: Array.from(sizes, ([file, size]) => ({ file, size })), converted });
  await limit.slice(LIMIT_SEC / 4);
  return (await limit.slice(LIMIT_SEC)).perSecond;
}
