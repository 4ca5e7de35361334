import { join } from "node:path";
import { z } from "zod";
import { fillPath, type Info, PATHS } from "../info.ts";
import { checkCount, type Entries, type Entry, type SubTask, sharing, unambiguous, type VideoEntry } from "./entries.ts";
import { listFiles, readJsonLines, sizeOf } from "./files.ts";
import type { Note } from "./notes.ts";

const episodeLine = z.looseObject({
  episode_index: z.number().int().min(0),
  tasks: z.array(z.union([z.string(), z.number()])).nullish(),
  length: z.number().int().min(0).nullish(),
  sub_tasks: z.array(z.looseObject({ start: z.int(), end: z.int(), text: z.string() })).nullish(),
});

/** The episodes of a v2.0 or v2.1 dataset: those that `meta/episodes.jsonl` lists; without that file, those on disk. */
export async function readEntriesV2(root: string, info: Info, cameras: readonly string[], note: Note): Promise<Entries> {
  const found: Entry[] = [];
  const listed = sizeOf(join(root, "meta/episodes.jsonl")) !== null;
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
      checkCount(found, root);
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
