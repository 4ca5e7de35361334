import { join, resolve } from "node:path";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { Feature } from "../core/feature.ts";
import { openDataset } from "../layouts/lerobot/read/dataset.ts";
import { type Described, describeDataset } from "../layouts/lerobot/read/describe.ts";
import type { Entry } from "../layouts/lerobot/read/entries.ts";
import { sizeOf } from "../layouts/lerobot/read/files.ts";
import { VideoShelf } from "../layouts/lerobot/read/shelf.ts";

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
}

/** Opens one dataset's folder by its metadata and its first table. */
export async function openLoaded(path: string): Promise<LoadedDataset> {
  const root = resolve(path);
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
  };
}

async function keySpacingsOf({ dataset, cameras }: Described, shelf: VideoShelf): Promise<Map<string, number>> {
  const spacings = new Map<string, number>();
  for (const camera of cameras.keys()) {
    const file = dataset.entries.list.find(({ videos }) => videos.has(camera))?.videos.get(camera)?.file;
    if (file === undefined || (await sizeOf(join(dataset.root, file))) === null) continue;
    const path = join(dataset.root, file);
    const { key } = (await shelf.take(path)).times();
    await shelf.release(path);
    spacings.set(camera, usualSpacing(key));
  }
  return spacings;
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
