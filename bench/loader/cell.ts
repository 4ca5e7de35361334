import { openLimit, type Rate } from "../../src/commands/loaderBench/limit.ts";
import type { Size } from "../../src/core/batch.ts";
import type { OrderOption } from "../../src/loader/types.ts";
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
  /** What starts the loader in a process of its own. */
  readonly typescript: (options: object) => Promise<Asked>;
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
  const { set, order, size, threads, rounds, seconds, typescript, python } = options;
  await using ours = await typescript({ path: set, batchSize: BATCH, windows: WINDOWS, order, threads, ...(size && { size }) });
  await using other = await python?.({
    path: set,
    batch_size: BATCH,
    windows: WINDOWS,
    order,
    threads,
    ...(size && { size: [size.height, size.width] }),
  });
  // What was decoded before the first slice is taken in it.
  await ours.slice(seconds);
  await other?.slice(seconds);
  const counted = async () => [await ours.ask("decoded"), await ours.ask("wanted")] as const;
  const before = await counted();
  await using limit = await openLimit(threads, {
    videos: videosOf(set).map((file) => ({ file, size })),
    converted: before[1] / before[0],
  });
  await limit.slice(0.5);
  const all: { limit: Rate; ours: Slice; python: Slice | undefined }[] = [];
  for (let round = 0; round < rounds; round++)
    all.push({ limit: await limit.slice(seconds), ours: await ours.slice(seconds), python: await other?.slice(seconds) });
  const after = await counted();
  const [decoded, wanted] = [after[0] - before[0], after[1] - before[1]];
  const total = (pick: (round: (typeof all)[number]) => number) => all.reduce((sum, round) => sum + pick(round), 0);
  // Pictures are decoded a group of the order at a time, and batches come in lots: all rounds together even that out.
  const perSample = decoded / total((round) => round.ours.samples);
  const against = (pick: (round: (typeof all)[number]) => Slice): Measured => {
    const [samples, taken, cpu] = [
      total((round) => pick(round).samples),
      total((round) => pick(round).seconds),
      total((round) => pick(round).cpuSeconds),
    ];
    return {
      samples: samples / taken,
      wall: (samples * perSample) / taken / mean(all.map((round) => round.limit.perSecond)),
      cpu: (samples * perSample) / cpu / mean(all.map((round) => round.limit.perCpuSecond)),
    };
  };
  return {
    ours: against((round) => round.ours),
    python: other && against((round) => round.python!),
    limit: mean(all.map((round) => round.limit.perSecond)) / perSample,
    amplification: decoded / wanted,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
