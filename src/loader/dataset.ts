import { join, resolve } from "node:path";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { Feature } from "../core/feature.ts";
import { openDataset } from "../layouts/lerobot/read/dataset.ts";
import { type Described, describeDataset } from "../layouts/lerobot/read/describe.ts";
import type { Entry } from "../layouts/lerobot/read/entries.ts";
import { listFiles, sizeOf } from "../layouts/lerobot/read/files.ts";
import { VideoShelf } from "../layouts/lerobot/read/shelf.ts";
import { SeenFiles } from "./seenFiles.ts";

/** Videos that are looked at for one that can be read. */
const TRIED_MAX = 8;

/** A dataset that is loaded from: its episodes, and what each row holds. */
export interface LoadedDataset {
  readonly described: Described;
  readonly root: string;
  readonly episodes: readonly Entry[];
  readonly lengths: Int32Array;
  readonly features: { readonly [stream: string]: Feature };
  /** Pictures from one key frame to the next in the first file, as it is most often, by camera. */
  readonly keySpacings: ReadonlyMap<string, number>;
  /** Of which episodes there are, how long they are and where their files lie below the root. */
  readonly identity: string;
  /** What its files were when they were first looked at. */
  readonly seen: SeenFiles;
}

/** Opens one dataset's folder by its metadata and its first table. */
export async function openLoaded(path: string): Promise<LoadedDataset> {
  const root = resolve(path);
  const seen = new SeenFiles(await metadataOf(root));
  const dataset = await openDataset(root);
  await using shelf = new VideoShelf();
  const described = await describeDataset(dataset, { key: ".", shelf });
  const episodes = dataset.entries.list;
  const unknown = episodes.find(({ length }) => length === undefined);
  if (unknown) {
    throw new TendonError("bad-data", `does not say how many rows episode ${unknown.index} has`, {
      place: { file: join(root, "meta") },
    });
  }
  return {
    described,
    root,
    episodes,
    lengths: Int32Array.from(episodes, ({ length }) => length!),
    features: described.schema.features,
    keySpacings: await keySpacingsOf(described, shelf),
    identity: digest(episodes.map(({ index, length, data }) => [index, length!, data])),
    seen,
  };
}

/** The files that say which episodes and instructions there are. */
async function metadataOf(root: string): Promise<string[]> {
  const single = ["info.json", "episodes.jsonl", "tasks.jsonl", "tasks.parquet"].map((name) => join(root, "meta", name));
  const lists = await listFiles(root, "meta/episodes", ".parquet");
  return [...single, ...lists.map((file) => join(root, file))];
}

async function keySpacingsOf({ dataset, cameras }: Described, shelf: VideoShelf): Promise<Map<string, number>> {
  const spacings = new Map<string, number>();
  for (const camera of cameras.keys()) {
    const tried = new Set<string>();
    for (const { videos } of dataset.entries.list) {
      const file = videos.get(camera)?.file;
      if (file === undefined || tried.has(file)) continue;
      const spacing = await keySpacing(join(dataset.root, file), shelf);
      if (spacing !== undefined) spacings.set(camera, spacing);
      if (spacing !== undefined || tried.add(file).size >= TRIED_MAX) break;
    }
  }
  return spacings;
}

/** Undefined where there is no such video, or a broken one: whoever asks for its pictures hears of it. */
async function keySpacing(path: string, shelf: VideoShelf): Promise<number | undefined> {
  if (sizeOf(path) === null) return undefined;
  try {
    const { key } = (await shelf.take(path)).times();
    await shelf.release(path);
    return usualSpacing(key);
  } catch {
    return undefined;
  }
}

/** The distance between key frames that there is most often. */
function usualSpacing(key: Uint8Array): number {
  const counts = new Map<number, number>();
  let last = 0;
  for (let picture = 1; picture <= key.length; picture++) {
    if (picture < key.length && key[picture] !== 1) continue;
    counts.set(picture - last, (counts.get(picture - last) ?? 0) + 1);
    last = picture;
  }
  const [[spacing] = [1]] = [...counts].sort(([a, many], [b, more]) => more - many || a - b);
  return spacing;
}
