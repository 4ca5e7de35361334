import { openLimit, type Rate } from "../../src/commands/loaderBench/limit.ts";
import type { Size } from "../../src/core/batch.ts";
import { loader } from "../../src/index.ts";
import type { OrderOption } from "../../src/loader/types.ts";
import { median } from "../support/say.ts";
import { ownCpuMs, settle } from "../support/settle.ts";
import type { Asked, Slice } from "./asked.ts";
import { videosOf } from "./sets.ts";

const CAMERA = "observation.images.cam_high";
export const BATCH = 16;
export const WINDOWS = { [CAMERA]: [-1, 0], "observation.state": [0], action: Array.from({ length: 16 }, (_, step) => step) };

/** One cell of the table. */
export interface CellOptions {
  readonly set: string;
  readonly order: OrderOption;
  readonly size: Size | undefined;
  readonly threads: number;
  readonly rounds: number;
  readonly seconds: number;
  /** What starts Python's loader with these options; absent: it is not measured. */
  readonly python?: (options: object) => Promise<Asked>;
}

/** Samples a second, and the share of the decode limit by the clock and by processor time. */
export interface Measured {
  readonly samples: number;
  readonly wall: number;
  readonly cpu: number;
}

export interface Cell {
  readonly ours: Measured;
  readonly python: Measured | undefined;
  /** Samples a second that decoding and scaling alone would give. */
  readonly limit: number;
  /** Pictures decoded for each different one that was served. */
  readonly amplification: number;
}

/** Measures the limit and the loaders by turns, so that what else the machine does falls on all. */
export async function measureCell(options: CellOptions): Promise<Cell> {
  const { set, order, size, threads, rounds, seconds } = options;
  await using batches = await loader({ path: set, batchSize: BATCH, windows: WINDOWS, order, threads, ...(size && { size }) });
  const pull = batches[Symbol.asyncIterator]();
  const slice = async (): Promise<Slice & { decoded: number; wanted: number }> => {
    const [start, cpu, counts] = [performance.now(), ownCpuMs(), { ...batches.counts() }];
    let samples = 0;
    while (performance.now() - start < seconds * 1000) samples += (await pull.next()).value?.samples ?? 0;
    const end = await settle(ownCpuMs);
    const now = batches.counts();
    return {
      samples,
      seconds: (end - start) / 1000,
      cpuSeconds: (ownCpuMs() - cpu) / 1000,
      decoded: now.decoded - counts.decoded,
      wanted: now.wanted - counts.wanted,
    };
  };
  const warm = await slice();
  await using python = await options.python?.({
    path: set,
    batch_size: BATCH,
    windows: WINDOWS,
    order,
    threads,
    ...(size && { size: [size.height, size.width] }),
  });
  await using limit = await openLimit(threads, {
    videos: videosOf(set).map((file) => ({ file, size })),
    converted: warm.wanted / warm.decoded,
  });
  await limit.slice(0.5);
  await python?.slice(seconds);
  const all: { limit: Rate; ours: Awaited<ReturnType<typeof slice>>; python: Slice | undefined }[] = [];
  for (let round = 0; round < rounds; round++)
    all.push({ limit: await limit.slice(seconds), ours: await slice(), python: await python?.slice(seconds) });
  await pull.return?.(undefined);
  const total = (pick: (round: (typeof all)[number]) => number) => all.reduce((sum, round) => sum + pick(round), 0);
  // What the loop took and what was decoded meanwhile differ by what is held: over all rounds the cost of a sample is the order's.
  const perSample = total(({ ours }) => ours.decoded) / total(({ ours }) => ours.samples);
  const against = (pick: (round: (typeof all)[number]) => Slice): Measured => ({
    samples: median(all.map((round) => pick(round).samples / pick(round).seconds)),
    wall: median(all.map((round) => (pick(round).samples * perSample) / pick(round).seconds / round.limit.perSecond)),
    cpu: median(all.map((round) => (pick(round).samples * perSample) / pick(round).cpuSeconds / round.limit.perCpuSecond)),
  });
  return {
    ours: against((round) => round.ours),
    python: python && against((round) => round.python!),
    limit: median(all.map((round) => round.limit.perSecond)) / perSample,
    amplification: total(({ ours }) => ours.decoded) / total(({ ours }) => ours.wanted),
  };
}
