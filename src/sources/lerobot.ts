import { join } from "node:path";
import { z } from "zod";
import type { SourceContext } from "../core/context.ts";
import { digest } from "../core/digest.ts";
import type { Bad, Episode } from "../core/episode.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { defineSource, unfingerprinted } from "../core/plugin.ts";
import type { FoundEpisode, Partition, Source } from "../core/source.ts";
import { openParquet } from "../formats/parquet/read.ts";
import { fileToken } from "../io/reader.ts";
import { openDataset } from "../layouts/lerobot/read/dataset.ts";
import { type Described, describeDataset, isAbsent } from "../layouts/lerobot/read/describe.ts";
import type { Entry } from "../layouts/lerobot/read/entries.ts";
import { openEpisode } from "../layouts/lerobot/read/episode.ts";
import { listFiles, sizeOf } from "../layouts/lerobot/read/files.ts";
import { type DatasetFolder, findDatasets } from "../layouts/lerobot/read/folders.ts";
import { heldTable } from "../layouts/lerobot/read/heldTable.ts";
import { locateEpisodes } from "../layouts/lerobot/read/locate.ts";
import { placeSamples } from "../layouts/lerobot/read/samplePlaces.ts";
import { VideoShelf } from "../layouts/lerobot/read/shelf.ts";

const options = z.strictObject({
  path: unfingerprinted(
    z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe("A dataset's folder, a folder of datasets, a pattern such as `data/*`, or a list of these"),
  ),
  rateHz: z
    .number()
    .positive()
    .max(100_000)
    .optional()
    .describe("Rows a second, where info.json is wrong. Absent: its fps, unless raw times and video agree against it"),
});
type Options = z.output<typeof options>;

/** Reads LeRobot datasets of any version, and GR00T's flavour. */
export const lerobot = defineSource({
  name: "lerobot",
  version: "2",
  about: "LeRobot datasets v2.0, v2.1 and v3.0, with or without GR00T's modality.json, from local folders",
  example: "sources:\n  teleop: { lerobot: { path: datasets/g1_teleop }, tier: real }\n",
  options,
  create: (given): Source => ({
    schema: (context) => schemas(given, context),
    plan: (context) => plan(given, context),
    open: (partition, context) => open(given, { partition, from: 0 }, context),
    openFrom: (partition, from, context) => open(given, { partition, from }, context),
    find: (id, context) => find(given, id, context),
  }),
});

/** What `open` needs to find its episodes again. */
interface Opening {
  readonly root: string;
  readonly key: string;
  readonly data: string;
  readonly episodes: readonly number[];
}

async function schemas(given: Options, context: SourceContext): Promise<EpisodeSchema[]> {
  const found: EpisodeSchema[] = [];
  const failed: { folder: DatasetFolder; error: unknown }[] = [];
  for (const folder of await findDatasets(given.path)) {
    context.signal.throwIfAborted();
    try {
      const { schema, findings } = await described(given, folder, context);
      for (const finding of findings)
        context.find(folder.key === "" ? finding : { ...finding, message: `${folder.key}: ${finding.message}` });
      found.push(schema);
    } catch (error) {
      failed.push({ folder, error });
    }
  }
  // One dataset among several that cannot be read is left to `plan`, which names it; its neighbours go on.
  if (found.length === 0 && failed[0]) throw asTendonError(failed[0].error, "bad-data", { file: failed[0].folder.root });
  return found;
}

/** Opened once a worker, for as long as its metadata stays the same. */
async function described(given: Options, folder: DatasetFolder, context: SourceContext): Promise<Described> {
  const files = await listFiles(folder.root, "meta", "");
  const tokens = await Promise.all(files.map((file) => fileToken(join(folder.root, file))));
  const key = `lerobot ${folder.key} ${folder.root} ${digest([files, tokens])} ${given.rateHz ?? ""}`;
  return await context.hold(key, async () => {
    const dataset = await openDataset(folder.root);
    return await describeDataset(dataset, { key: folder.key || ".", shelf: await shelfOf(context), rateHz: given.rateHz });
  });
}

function shelfOf(context: SourceContext): Promise<VideoShelf> {
  return context.hold("lerobot videos", async () => new VideoShelf());
}

async function* plan(given: Options, context: SourceContext): AsyncGenerator<Partition | Bad> {
  for (const folder of await findDatasets(given.path)) {
    context.signal.throwIfAborted();
    let all: Described;
    try {
      all = await described(given, folder, context);
    } catch (error) {
      yield { bad: true, id: folder.key || ".", error };
      continue;
    }
    yield* planDataset(all, folder);
  }
}

async function* planDataset(all: Described, folder: DatasetFolder): AsyncGenerator<Partition | Bad> {
  const { dataset } = all;
  for (const [index, message] of dataset.entries.ambiguous)
    yield {
      bad: true,
      id: idOf(folder, index),
      error: new TendonError("bad-data", message, { place: { file: join(folder.root, "meta") } }),
    };
  const metadata = digest([
    dataset.info.features,
    dataset.info.fps,
    dataset.info.robot_type ?? null,
    dataset.modality ?? null,
    [...dataset.tasks],
    all.rateHz,
  ]);
  for (const [data, entries] of byTable(dataset.entries.list)) {
    if (sizeOf(join(folder.root, data)) === null) {
      yield* missingTable(all, folder, data, entries);
      continue;
    }
    yield await partitionOf(folder, data, entries, { metadata, schema: all.schema.key, version: dataset.version });
  }
}

/** Episodes whose table is not there. Those of which nothing is there were said to be absent, by `schema`. */
async function* missingTable(
  all: Described,
  folder: DatasetFolder,
  data: string,
  entries: readonly Entry[],
): AsyncGenerator<Bad> {
  for (const entry of entries) {
    if (all.dataset.version === 2 && (await isAbsent(all.dataset, entry))) continue;
    const error = new TendonError(
      "not-found",
      "is not there, but the metadata lists the episode: copy the table, or remove the episode",
      {
        place: { file: join(folder.root, data) },
      },
    );
    yield { bad: true, id: idOf(folder, entry.index), error };
  }
}

function byTable(entries: readonly Entry[]): Map<string, Entry[]> {
  const tables = new Map<string, Entry[]>();
  for (const entry of entries) {
    const same = tables.get(entry.data);
    if (same) same.push(entry);
    else tables.set(entry.data, [entry]);
  }
  return tables;
}

async function partitionOf(
  folder: DatasetFolder,
  data: string,
  entries: readonly Entry[],
  { metadata, schema, version }: { metadata: string; schema: string; version: 2 | 3 },
): Promise<Partition> {
  const videos = new Set(entries.flatMap((entry) => [...entry.videos.values()].map(({ file }) => file)));
  const tokens: string[] = [];
  let bytes = 0;
  for (const file of [data, ...videos]) {
    const size = sizeOf(join(folder.root, file));
    bytes += size ?? 0;
    tokens.push(size === null ? `${file} is missing` : `${file} ${await fileToken(join(folder.root, file))}`);
  }
  const facts = entries.map(({ index, length, tasks, videos: own }) => [index, length ?? null, tasks, [...own.values()]]);
  const open: Opening = { root: folder.root, key: folder.key, data, episodes: entries.map(({ index }) => index) };
  const name = version === 2 && entries.length === 1 ? episodeName(entries[0]!.index) : data.replace(/\.parquet$/, "");
  return {
    key: folder.key === "" ? name : `${folder.key}/${name}`,
    schema,
    version: digest([metadata, tokens, facts]),
    bytes,
    episodes: entries.length,
    open: { ...open },
  };
}

async function* open(
  given: Options,
  { partition, from }: { readonly partition: Partition; readonly from: number },
  context: SourceContext,
): AsyncGenerator<Episode | Bad> {
  const { root, key, data, episodes } = partition.open as unknown as Opening;
  const folder: DatasetFolder = { root, key };
  const all = await described(given, folder, context);
  const wanted = new Set(episodes);
  const entries = all.dataset.entries.list.filter((entry) => wanted.has(entry.index));
  const shelf = await shelfOf(context);
  const file = key === "" ? data : `${key}/${data}`;
  let opened: Awaited<ReturnType<typeof openTable>> | undefined;
  for (const entry of entries.slice(from)) {
    context.signal.throwIfAborted();
    const id = idOf(folder, entry.index);
    try {
      opened ??= await openTable(all, join(root, data));
      yield await openEpisode(all, { id, entry, table: opened.table, range: opened.locate(entry), file, shelf });
    } catch (thrown) {
      yield { bad: true, id, error: asTendonError(thrown, "bad-data", { episode: id }) };
    }
  }
}

async function find(given: Options, id: string, context: SourceContext): Promise<FoundEpisode | undefined> {
  for (const folder of await findDatasets(given.path)) {
    if (folder.key !== "" && !id.startsWith(`${folder.key}/`)) continue;
    const all = await described(given, folder, context);
    const entry = all.dataset.entries.list.find(({ index }) => idOf(folder, index) === id);
    if (!entry) continue;
    const shelf = await shelfOf(context);
    const { table, locate } = await openTable(all, join(folder.root, entry.data));
    const range = locate(entry);
    const file = folder.key === "" ? entry.data : `${folder.key}/${entry.data}`;
    return {
      episode: await openEpisode(all, { id, entry, table, range, file, shelf }),
      locate: (sought) => placeSamples({ described: all, entry, table, range, shelf }, sought),
      // Videos belong to the context's shelf, which is closed with it.
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  return undefined;
}

async function openTable({ dataset }: Described, path: string) {
  const table = heldTable(await openParquet(path));
  return { table, locate: await locateEpisodes(dataset, table) };
}

function idOf(folder: DatasetFolder, index: number): string {
  return folder.key === "" ? episodeName(index) : `${folder.key}/${episodeName(index)}`;
}

function episodeName(index: number): string {
  return `episode_${String(index).padStart(6, "0")}`;
}
