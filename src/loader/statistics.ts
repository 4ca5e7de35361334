import { join } from "node:path";
import { z } from "zod";
import { TendonError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { flatNumbers } from "../layouts/lerobot/read/carried.ts";
import { readJsonFile } from "../layouts/lerobot/read/files.ts";
import type { Segment } from "./normalise.ts";

const CONTENT = z.record(z.string(), z.record(z.string(), z.unknown()));

/** `meta/stats.json` or `meta/relative_stats.json`: by column or part, by name of the statistic. */
export interface Statistics {
  readonly file: string;
  readonly of: { readonly [key: string]: { readonly [name: string]: unknown } };
}

/** Reads one of the two files; undefined where it is not there. */
export async function readStatistics(
  root: string,
  name: "stats.json" | "relative_stats.json" = "stats.json",
): Promise<Statistics | undefined> {
  const file = join(root, "meta", name);
  const content = await readJsonFile(file, CONTENT);
  return content === null ? undefined : { file, of: content };
}

/** Which numbers of a file to take: columns `start` to `end` (half-open) of what stands under a key. */
export interface Cut {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** What `key` must have: numbers for each of so many steps, or for all together. */
  readonly width: number;
  readonly steps?: number;
}

/** Rows of one statistic, `[step or 1][column]`. */
export function statistic({ file, of }: Statistics, name: string, cut: Cut): number[][] {
  const { key, start, end, width, steps } = cut;
  const place = { file };
  const held = of[key];
  if (!held) {
    const names = Object.keys(of);
    throw new TendonError("bad-data", `has no statistics of ${key}${didYouMean(key, names)}; there are ${names.join(", ")}`, {
      place,
    });
  }
  const flat = flatNumbers(held[name]);
  if (!flat)
    throw new TendonError("bad-data", `has no ${name} of ${key}, or one that is no number: compute the statistics again`, {
      place,
    });
  if (flat.length !== width * (steps ?? 1)) {
    const wanted = steps === undefined ? `${width} numbers` : `${steps} steps of ${width} numbers`;
    const hint = steps === undefined ? "" : "; they must be made for the same action steps";
    throw new TendonError("bad-data", `gives ${flat.length} numbers as ${name} of ${key}, which has ${wanted}${hint}`, { place });
  }
  return Array.from({ length: steps ?? 1 }, (_, step) => flat.slice(step * width + start, step * width + end));
}

/** How plain windows are normalised. */
export type Scaling = "min_max" | "q01_q99" | "mean_std";

/** A segment that scales by statistics. `isStill` says of each number, by its bounds or its deviation, whether it never changes. */
export function scaledSegment(
  statistics: Statistics,
  cut: Cut,
  options: Pick<Segment, "key" | "from" | "precision" | "clip" | "constant"> & {
    readonly kind: Scaling;
    /** `min_max` whose statistics stand under other names. */
    readonly names?: readonly [string, string];
    readonly isStill: (low: number, high: number) => boolean;
  },
): Segment {
  const { kind, isStill, names = NAMES[kind], ...rest } = options;
  const [first, second] = names.map((name) => statistic(statistics, name, cut)) as [number[][], number[][]];
  const deviates = kind === "mean_std";
  const still = first.map((row, step) =>
    row.map((value, column) => Number(deviates ? second[step]![column] === 0 : isStill(value, second[step]![column]!))),
  );
  return {
    ...rest,
    to: options.from + cut.end - cut.start,
    kind,
    ...(deviates ? { mean: first, std: second } : { low: first, high: second }),
    ...(still.flat().includes(1) && { still }),
  };
}

const NAMES = { min_max: ["min", "max"], q01_q99: ["q01", "q99"], mean_std: ["mean", "std"] } as const;

/**
 * One whole stream, normalised by `meta/stats.json` in float64 and not clipped, so that nothing is lost; what never
 * changes becomes 0.
 */
export function wholeStream(
  statistics: Statistics,
  stream: string,
  options: { readonly width: number; readonly kind: Scaling },
): Segment {
  const { width, kind } = options;
  return scaledSegment(
    statistics,
    { key: stream, start: 0, end: width, width },
    { key: stream, from: 0, kind, precision: "float64", clip: false, constant: "zero", isStill: (low, high) => low === high },
  );
}
