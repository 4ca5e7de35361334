import { join } from "node:path";
import { z } from "zod";
import type { StreamStatistics } from "../../../core/episode.ts";
import { openParquet, type ParquetFile } from "../../../formats/parquet/read.ts";
import type { Dataset } from "./dataset.ts";
import type { Entry } from "./entries.ts";
import { readJsonLines } from "./files.ts";

/** What the recording says of one episode's pictures, not yet believed. */
export interface SaidStatistics {
  /** Numbers by name, as they came. */
  readonly [name: string]: unknown;
}

/** Statistics of cameras that came with a dataset, by episode. Read when first asked for. */
export interface CarriedStatistics {
  /** Undefined where there are none. `rows` is what the statistics say they were made of. */
  of(entry: Entry, stream: string): Promise<{ said: SaidStatistics; rows: number | undefined } | undefined>;
}

const statsLine = z.looseObject({
  episode_index: z.number().int(),
  stats: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const NAMES = ["min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"];

/** Finds them in `meta/episodes_stats.jsonl` (v2.1) or in the columns of `meta/episodes` (v3.0). */
export function carriedStatistics(dataset: Dataset, pictures: readonly string[]): CarriedStatistics {
  return dataset.version === 3 ? fromTable(dataset) : fromLines(dataset, pictures);
}

function fromLines(dataset: Dataset, pictures: readonly string[]): CarriedStatistics {
  type Line = { readonly rows: number | undefined; readonly streams: ReadonlyMap<string, SaidStatistics> };
  let lines: Promise<ReadonlyMap<number, Line>> | undefined;
  const load = async () => {
    const found = new Map<number, Line>();
    for await (const { episode_index, stats } of readJsonLines(join(dataset.root, "meta/episodes_stats.jsonl"), statsLine)) {
      const rows = Object.entries(stats).find(([name]) => !pictures.includes(name))?.[1].count;
      const streams = new Map(pictures.flatMap((name) => (stats[name] ? [[name, stats[name]] as const] : [])));
      found.set(episode_index, { rows: flatNumbers(rows)?.[0], streams });
    }
    return found;
  };
  return {
    of: async (entry, stream) => {
      lines ??= load();
      const line = (await lines).get(entry.index);
      const said = line?.streams.get(stream);
      return line && said ? { said, rows: line.rows } : undefined;
    },
  };
}

function fromTable(dataset: Dataset): CarriedStatistics {
  const tables = new Map<string, Promise<ParquetFile>>();
  return {
    of: async ({ row }, stream) => {
      if (!row) return undefined;
      const open = tables.get(row.file) ?? openParquet(join(dataset.root, row.file));
      tables.set(row.file, open);
      const table = await open;
      const columns = NAMES.map((name) => `stats/${stream}/${name}`).filter((name) =>
        table.fields.some((field) => field.name === name),
      );
      const rowsColumn = ["timestamp", "index"]
        .map((name) => `stats/${name}/count`)
        .find((name) => table.fields.some((f) => f.name === name));
      if (columns.length === 0) return undefined;
      const wanted = rowsColumn ? [...columns, rowsColumn] : columns;
      const [values] = await Array.fromAsync(table.objects({ columns: wanted, from: row.row, to: row.row + 1 }));
      const said = Object.fromEntries(columns.map((name) => [name.slice(`stats/${stream}/`.length), values?.[name]]));
      return { said, rows: rowsColumn ? flatNumbers(values?.[rowsColumn])?.[0] : undefined };
    },
  };
}

/** Statistics of pictures in 0..1 that can be true of so many frames, or why they cannot. */
export function believed(said: SaidStatistics, channels: number, frames: number): StreamStatistics | string {
  const read = (name: string) => flatNumbers(said[name]);
  const [min, max, mean, std, count] = [read("min"), read("max"), read("mean"), read("std"), read("count")?.[0]];
  if (!min || !max || !mean || !std || count === undefined) return "min, max, mean, std or count is missing or no number";
  for (const list of [min, max, mean, std]) if (list.length !== channels) return `${list.length} values for ${channels} channels`;
  if (!(count > 0) || count > frames) return `they count ${count} pictures of ${frames}`;
  for (let channel = 0; channel < channels; channel++) {
    const [low, high, middle, spread] = [min[channel]!, max[channel]!, mean[channel]!, std[channel]!];
    const all = `min ${low}, mean ${middle}, max ${high}, std ${spread} in channel ${channel}`;
    if (!(low >= 0 && low <= middle && middle <= high && high <= 1)) return all;
    // No distribution between two bounds spreads more than half its mass at each would.
    if (!(spread >= 0 && spread <= (high - low) / 2 + 1e-6)) return all;
  }
  const quantiles = NAMES.filter((name) => name.startsWith("q")).flatMap((name) => {
    const list = read(name);
    return list?.length === channels && list.every((value, channel) => value >= min[channel]! && value <= max[channel]!)
      ? [[name, list] as const]
      : [];
  });
  return { count, min, max, mean, std, ...(quantiles.length > 0 && { quantiles: Object.fromEntries(quantiles) }) };
}

/** A number or nested lists of numbers, flat; undefined for anything else. */
export function flatNumbers(value: unknown): number[] | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? [value] : undefined;
  if (typeof value === "bigint") return [Number(value)];
  if (!Array.isArray(value) || value.length > 100_000) return undefined;
  const lists = value.map(flatNumbers);
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
}
