import { join } from "node:path";
import { z } from "zod";
import { TendonError } from "../../../core/errors.ts";
import { openParquet } from "../../../formats/parquet/read.ts";
import { fillPath, type Info, PATHS } from "../info.ts";
import { listFiles, readJsonLines, sizeOf } from "./files.ts";
import type { Note } from "./notes.ts";

/** Where one camera's frames lie. */
export interface VideoEntry {
  /** Relative to the dataset's folder. */
  readonly file: string;
  /** v3.0: seconds in the file; absent: the whole file. */
  readonly fromSec?: number;
  readonly toSec?: number;
}

/** One episode as the metadata tells of it. */
export interface Entry {
  readonly index: number;
  /** Rows; absent where the metadata does not say. */
  readonly length?: number;
  /** Instructions, or indices of them. */
  readonly tasks: readonly (string | number)[];
  /** The table, relative to the dataset's folder. */
  readonly data: string;
  readonly videos: ReadonlyMap<string, VideoEntry>;
  /** GR00T's: what is done in which rows (half-open). */
  readonly subTasks?: readonly SubTask[];
  /** v3.0: one row of the episodes table, where its statistics stand. */
  readonly row?: { readonly file: string; readonly row: number };
}

/** A stretch of an episode with an instruction of its own. */
export interface SubTask {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Entries in the order of their indices, and what cannot be an entry. */
export interface Entries {
  readonly list: readonly Entry[];
  /** Indices that stand in the metadata more than once and differ. */
  readonly ambiguous: ReadonlyMap<number, string>;
  /** Whether the metadata has a list at all. */
  readonly listed: boolean;
}

const EPISODES_MAX = 10_000_000;
const episodeLine = z.looseObject({
  episode_index: z.number().int().min(0),
  tasks: z.array(z.union([z.string(), z.number()])).nullish(),
  length: z.number().int().min(0).nullish(),
  sub_tasks: z.array(z.looseObject({ start: z.int(), end: z.int(), text: z.string() })).nullish(),
});

/** The episodes of a v2.0 or v2.1 dataset: those that `meta/episodes.jsonl` lists; without that file, those on disk. */
export async function readEntriesV2(root: string, info: Info, cameras: readonly string[], note: Note): Promise<Entries> {
  const found: Entry[] = [];
  const listed = (await sizeOf(join(root, "meta/episodes.jsonl"))) !== null;
  const paths = pathsV2(root, info, cameras);
  const share = sharing<string | number>();
  const make = (index: number, line: Partial<z.output<typeof episodeLine>>) =>
    new EntryV2(paths, index, line, share(line.tasks ?? []));
  // Paths that cannot be are told now, whoever asks for them later.
  paths.videos(0);
  paths.data(0);
  if (listed) {
    for await (const line of readJsonLines(join(root, "meta/episodes.jsonl"), episodeLine)) {
      found.push(make(line.episode_index, line));
      if (found.length > EPISODES_MAX) throw tooMany(root);
    }
  } else {
    note("risk", "meta/episodes.jsonl is missing: the episodes are those with a table on disk");
    for (const file of await listFiles(root, "data", ".parquet")) {
      const index = episodeNumber(file);
      if (index !== undefined && make(index, {}).data === file) found.push(make(index, {}));
    }
  }
  return { ...unambiguous(found, note), listed };
}

/** The number in a name such as `episode_000012.parquet`. */
export function episodeNumber(file: string): number | undefined {
  const match = /episode_(\d{1,12})\.\w+$/.exec(file);
  return match ? Number(match[1]) : undefined;
}

/** The paths of all v2.x episodes, by index. */
interface PathsV2 {
  data(index: number): string;
  videos(index: number): Map<string, VideoEntry>;
}

function pathsV2(root: string, info: Info, cameras: readonly string[]): PathsV2 {
  const file = join(root, "meta/info.json");
  const values = (index: number) => ({ episode_chunk: Math.floor(index / (info.chunks_size ?? 1000)), episode_index: index });
  return {
    data: (index) => fillPath(info.data_path ?? PATHS.v2.data, values(index), file),
    videos: (index) =>
      new Map(
        cameras.map((key) => [
          key,
          { file: fillPath(info.video_path ?? PATHS.v2.video, { ...values(index), video_key: key }, file) },
        ]),
      ),
  };
}

/** Of 10⁵ episodes the paths alone would take 100 MB: they are made when they are asked for. */
class EntryV2 implements Entry {
  readonly index: number;
  readonly length?: number;
  readonly tasks: readonly (string | number)[];
  readonly subTasks?: readonly SubTask[];
  readonly #paths: PathsV2;

  constructor(paths: PathsV2, index: number, line: Partial<z.output<typeof episodeLine>>, tasks: readonly (string | number)[]) {
    this.#paths = paths;
    this.index = index;
    this.tasks = tasks;
    if (line.length != null) this.length = line.length;
    if (line.sub_tasks) this.subTasks = line.sub_tasks;
  }

  get data(): string {
    return this.#paths.data(this.index);
  }

  get videos(): ReadonlyMap<string, VideoEntry> {
    return this.#paths.videos(this.index);
  }
}

/** Gives equal lists as one: most episodes of a dataset have the same instruction. */
function sharing<T>(): (list: readonly T[]) => readonly T[] {
  const known = new Map<string, readonly T[]>();
  return (list) => {
    const key = JSON.stringify(list);
    const found = known.get(key) ?? list;
    known.set(key, found);
    return found;
  };
}

/** The episodes of a v3.0 dataset, from all files of `meta/episodes`. */
export async function readEntriesV3(root: string, info: Info, cameras: readonly string[], note: Note): Promise<Entries> {
  const files = await listFiles(root, "meta/episodes", ".parquet");
  if (files.length === 0)
    throw new TendonError("bad-data", "meta/episodes holds no Parquet file: a v3.0 dataset lists its episodes there", {
      place: { file: join(root, "meta/episodes") },
    });
  const found: Entry[] = [];
  const fill = fillOnce(join(root, "meta/info.json"));
  for (const file of files) {
    const table = await openParquet(join(root, file));
    const wanted = ["episode_index", "length", "tasks", "data/chunk_index", "data/file_index"];
    for (const key of cameras) {
      for (const part of ["chunk_index", "file_index", "from_timestamp", "to_timestamp"]) wanted.push(`videos/${key}/${part}`);
    }
    const columns = wanted.filter((name) => table.fields.some((field) => field.name === name));
    const needed = ["episode_index", "data/chunk_index", "data/file_index"].filter((name) => !columns.includes(name));
    if (needed.length > 0)
      throw new TendonError("bad-data", `has no column ${needed.join(", ")}: an episodes table must`, {
        place: { file: table.path },
      });
    const rows = await table.objects({ columns });
    for (const [at, row] of rows.entries()) found.push({ ...entryV3(info, cameras, row, fill), row: { file, row: at } });
    if (found.length > EPISODES_MAX) throw tooMany(root);
  }
  return { ...unambiguous(found, note), listed: true };
}

type Fill = (template: string, place: { chunk: number; index: number }, camera?: string) => string;

/** Many episodes lie in one file, whose name is one text for all of them. */
function fillOnce(infoFile: string): Fill {
  const known = new Map<string, string>();
  return (template, { chunk, index }, camera) => {
    const key = `${camera ?? ""} ${chunk} ${index}`;
    const values = { chunk_index: chunk, file_index: index, ...(camera !== undefined && { video_key: camera }) };
    const path = known.get(key) ?? fillPath(template, values, infoFile);
    known.set(key, path);
    return path;
  };
}

function entryV3(info: Info, cameras: readonly string[], row: Record<string, unknown>, fill: Fill): Entry {
  const number = (name: string) => (row[name] === null || row[name] === undefined ? undefined : Number(row[name]));
  const videos = new Map<string, VideoEntry>();
  for (const key of cameras) {
    const chunk = number(`videos/${key}/chunk_index`);
    const index = number(`videos/${key}/file_index`);
    if (chunk === undefined || index === undefined) continue;
    const [fromSec, toSec] = [number(`videos/${key}/from_timestamp`), number(`videos/${key}/to_timestamp`)];
    videos.set(key, {
      file: fill(info.video_path ?? PATHS.v3.video, { chunk, index }, key),
      ...(fromSec !== undefined && { fromSec }),
      ...(toSec !== undefined && { toSec }),
    });
  }
  const place = { chunk: number("data/chunk_index") ?? 0, index: number("data/file_index") ?? 0 };
  const length = number("length");
  const tasks = Array.isArray(row.tasks) ? row.tasks.filter((task) => typeof task === "string") : [];
  return {
    index: number("episode_index") ?? -1,
    ...(length !== undefined && { length }),
    tasks,
    data: fill(info.data_path ?? PATHS.v3.data, place),
    videos,
  };
}

/** Equal entries count once; entries that differ under one index name no episode. */
function unambiguous(found: readonly Entry[], note: Note): Pick<Entries, "list" | "ambiguous"> {
  const byIndex = new Map<number, Entry>();
  const twice = new Map<number, Entry[]>();
  for (const entry of found) {
    const first = byIndex.get(entry.index);
    if (first) twice.set(entry.index, [...(twice.get(entry.index) ?? [first]), entry]);
    else byIndex.set(entry.index, entry);
  }
  const ambiguous = new Map<number, string>();
  for (const [index, same] of twice) {
    const forms = new Set(same.map(({ length, tasks, data, videos }) => JSON.stringify([length, tasks, data, [...videos]])));
    if (forms.size > 1) {
      const lengths = same.map((entry) => entry.length ?? "unknown").join(" and ");
      ambiguous.set(index, `the metadata lists episode_index ${index} ${same.length} times, with ${lengths} rows: keep one`);
      byIndex.delete(index);
    } else note("risk", `the metadata lists episode_index ${index} ${same.length} times; it is read once`);
  }
  const list = [...byIndex.values()];
  return { list: list.sort((a, b) => a.index - b.index), ambiguous };
}

function tooMany(root: string): TendonError {
  return new TendonError("bad-data", `lists more than ${EPISODES_MAX} episodes`, { place: { file: root } });
}
