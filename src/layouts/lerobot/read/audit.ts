import { join } from "node:path";
import type { EpisodeSchema } from "../../../core/feature.ts";
import { width } from "../../../core/feature.ts";
import { flatNumbers } from "./carried.ts";
import { type Dataset, statsFile } from "./dataset.ts";
import { episodeNumber } from "./entriesV2.ts";
import { listFiles, readJsonFile, sizeOf } from "./files.ts";
import { type Note, some } from "./notes.ts";

interface Audited {
  readonly features: EpisodeSchema["features"];
  /** Cameras that have files. */
  readonly cameras: readonly string[];
  readonly note: Note;
}

/** Compares the counts, splits and statistics in the metadata with what is there. */
export async function auditMetadata(dataset: Dataset, { features, cameras, note }: Audited): Promise<void> {
  auditTotals(dataset, cameras, note);
  auditSplits(dataset, note);
  auditTasks(dataset, note);
  await auditFiles(dataset, note);
  await auditStatistics(dataset, features, note);
}

function auditTotals({ info, entries, tasks, version }: Dataset, cameras: readonly string[], note: Note): void {
  const listed = entries.list.length;
  const frames = entries.list.every(({ length }) => length !== undefined)
    ? entries.list.reduce((sum, { length }) => sum + length!, 0)
    : undefined;
  const last = entries.list.at(-1)?.index ?? -1;
  const chunks = Math.floor(last / (info.chunks_size ?? 1000)) + 1;
  const said: [string, number | null | undefined, number | undefined][] = [
    ["total_episodes", info.total_episodes, listed],
    ["total_frames", info.total_frames, frames],
    ["total_tasks", info.total_tasks, tasks.size],
    ["total_videos", version === 2 ? info.total_videos : undefined, listed * cameras.length],
    ["total_chunks", version === 2 ? info.total_chunks : undefined, chunks],
  ];
  const wrong = said.filter(([, value, there]) => value != null && there !== undefined && value !== there);
  if (wrong.length > 0) {
    const each = wrong.map(([name, value, there]) => `${name} ${value} (there are ${there})`);
    note("note", `info.json has wrong counts: ${each.join(", ")}; what is there was counted instead`);
  }
}

function auditTasks({ entries, tasks }: Dataset, note: Note): void {
  const numbered = entries.list.filter((entry) => entry.tasks.some((task) => typeof task === "number"));
  if (numbered.length > 0)
    note(
      "risk",
      `episodes.jsonl lists task numbers where texts belong, in ${numbered.length} episodes; they are looked up in tasks.jsonl`,
    );
  const known = new Set(tasks.values());
  const strange = entries.list.flatMap((entry) =>
    entry.tasks.filter((task) => (typeof task === "number" ? !tasks.has(task) : !known.has(task))),
  );
  if (strange.length > 0 && tasks.size > 0)
    note("risk", `episodes name tasks that stand in no tasks file: ${some([...new Set(strange)], 3)}`);
}

function auditSplits({ info, entries }: Dataset, note: Note): void {
  const count = (entries.list.at(-1)?.index ?? -1) + 1;
  for (const [name, range] of Object.entries(info.splits ?? {})) {
    const parsed = parseSplit(range);
    if (!parsed) note("risk", `info.json: the split ${name} is "${range}", which is no range such as 0:20`);
    else if (parsed.end > count) note("risk", `info.json: the split ${name} is ${range}, but there are ${count} episodes`);
    else if (Object.keys(info.splits ?? {}).length === 1 && parsed.end - parsed.start < count)
      note(
        "note",
        `info.json: the split ${name} is ${range}, so ${count - (parsed.end - parsed.start)} of ${count} episodes are in no split`,
      );
  }
}

/** `0:20` as a half-open range of episodes. */
function parseSplit(range: string): { start: number; end: number } | undefined {
  const match = /^\s*(\d{1,9})\s*:\s*(\d{1,9})\s*$/.exec(range);
  return match ? { start: Number(match[1]), end: Number(match[2]) } : undefined;
}

/** The split that an episode is in, where exactly one names it and it is not the only one. */
export function splitOf({ info }: Dataset, index: number): string | undefined {
  const splits = Object.entries(info.splits ?? {});
  const own = splits.filter(([, range]) => {
    const parsed = parseSplit(range);
    return parsed && index >= parsed.start && index < parsed.end;
  });
  return splits.length > 1 && own.length === 1 ? own[0]![0] : undefined;
}

async function auditFiles(dataset: Dataset, note: Note): Promise<void> {
  const { root, entries, version } = dataset;
  const tables = await listFiles(root, "data", ".parquet");
  const paths = entries.list.map(({ data }) => data);
  const known = new Set(paths);
  const orphans = tables.filter((file) => !known.has(file) && !entries.ambiguous.has(episodeNumber(file) ?? -1));
  if (orphans.length > 0)
    note(
      "risk",
      `${orphans.length} ${orphans.length === 1 ? "table is" : "tables are"} listed by no episode and not read: ${some(orphans, 3)}`,
    );
  const there = new Set(tables);
  const absent: number[] = [];
  for (const [at, { index, videos }] of entries.list.entries()) {
    if (version !== 2 || there.has(paths[at]!)) continue;
    if (![...videos.values()].some(({ file }) => sizeOf(join(root, file)) !== null)) absent.push(index);
  }
  if (absent.length > 0) {
    const kept = entries.list.length - absent.length;
    const first = absent.slice(0, 5).map((index) => `episode_${String(index).padStart(6, "0")}`);
    note(
      "risk",
      `the metadata lists ${entries.list.length} episodes, ${kept} are there; of ${absent.length} there is neither a table nor a video: ${some([...first, ...absent.slice(5)])}`,
    );
  }
}

async function auditStatistics({ root }: Dataset, features: EpisodeSchema["features"], note: Note): Promise<void> {
  const stats = await readJsonFile(join(root, "meta/stats.json"), statsFile);
  if (!stats) return;
  const unknown: string[] = [];
  const wrong: string[] = [];
  for (const [key, values] of Object.entries(stats)) {
    if (key.startsWith("__")) continue;
    const feature = features[key];
    if (!feature) {
      if (!KNOWN_PLACES.has(key) && !key.startsWith("annotation.")) unknown.push(key);
      continue;
    }
    if (feature.dtype === "video" || feature.dtype === "text" || feature.shape.includes("any")) continue;
    const fault = implausible(values, width(feature));
    if (fault) wrong.push(`${key}: ${fault}`);
  }
  if (unknown.length > 0) note("note", `stats.json has statistics of ${some(unknown)}, which the dataset does not have`);
  if (wrong.length > 0) note("risk", `stats.json cannot be true (${some(wrong, 3)}); it is not used`);
}

function implausible(values: Record<string, unknown>, expected: number): string | undefined {
  const lists = new Map(Object.entries(values).map(([name, value]) => [name, flatNumbers(value)]));
  for (const [name, list] of lists) {
    if (!list) return `${name} holds no numbers`;
    if (name !== "count" && list.length !== expected) return `${name} has ${list.length} values for ${expected} columns`;
  }
  const [min, max, mean, std] = ["min", "max", "mean", "std"].map((name) => lists.get(name));
  for (let column = 0; column < expected; column++) {
    const [low, high, middle, spread] = [min?.[column], max?.[column], mean?.[column], std?.[column]];
    const slack = 1e-4 * Math.max(1, Math.abs(low ?? 0), Math.abs(high ?? 0));
    if (low !== undefined && high !== undefined && low > high) return `min ${low} above max ${high} in column ${column}`;
    if (middle !== undefined && ((low !== undefined && middle < low - slack) || (high !== undefined && middle > high + slack)))
      return `mean ${middle} outside ${low} to ${high} in column ${column}`;
    if (spread !== undefined && low !== undefined && high !== undefined && (spread < 0 || spread > (high - low) / 2 + slack))
      return `std ${spread} for values from ${low} to ${high} in column ${column}`;
  }
  return undefined;
}

const KNOWN_PLACES: ReadonlySet<string> = new Set(["timestamp", "frame_index", "episode_index", "index", "task_index"]);
