import { dirname } from "node:path";
import type { Episode } from "../../core/episode.ts";
import { asTendonError } from "../../core/errors.ts";
import type { EpisodeSchema } from "../../core/feature.ts";
import type { Source } from "../../core/source.ts";
import { builtIns } from "../../plugins.ts";
import { lookContext } from "../lookContext.ts";
import type { Survey } from "./survey.ts";

/** Recordings that are opened to see what they hold; the others are taken to be alike. */
const LOOKED_MAX = 24;
/** Episodes of each robot that are opened to see their facts. */
const OPENED_MAX = 2;

/** Recordings of one robot, looked at. */
export interface Looked {
  readonly kind: "mcap" | "lerobot";
  readonly robot: string;
  readonly schemas: readonly EpisodeSchema[];
  /** Paths for the pipeline, absolute. */
  readonly paths: readonly string[];
  readonly recordings: number;
  readonly looked: number;
  readonly episodes: readonly Episode[];
}

export interface LookedAll {
  readonly groups: readonly Looked[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Opens a sample of what was found, spread over all of it, and tells robots apart. */
export async function lookAt(found: Survey, signal?: AbortSignal): Promise<LookedAll> {
  const groups: Looked[] = [];
  const refused: { name: string; reason: string }[] = [];
  for (const [kind, all] of [["lerobot", found.datasets] as const, ["mcap", found.mcap] as const]) {
    const opened = new Map<string, number>();
    const byRobot = new Map<string, { schemas: EpisodeSchema[]; paths: string[]; episodes: Episode[] }>();
    const sample = spread(all, LOOKED_MAX);
    // Parts of one recording belong together, so that MCAP files are opened by their folder where they are few.
    // One file alone is opened as it is: where a user names it, its neighbours are not meant.
    const units = kind === "mcap" && all.length > 1 && sample.length === all.length ? topFolders(sample) : sample;
    for (const path of units) {
      signal?.throwIfAborted();
      const one = await lookAtOne(kind, path, { opened, signal });
      refused.push(...one.refused);
      for (const schema of one.schemas) {
        const group = byRobot.get(schema.embodiment) ?? { schemas: [], paths: [], episodes: [] };
        byRobot.set(schema.embodiment, group);
        if (!group.schemas.some(({ key }) => key === schema.key)) group.schemas.push(schema);
        group.paths.push(...(one.paths.get(schema.embodiment) ?? []));
        if (group.episodes.length < OPENED_MAX)
          group.episodes.push(...one.episodes.filter((each) => each.schema.embodiment === schema.embodiment));
      }
    }
    const single = byRobot.size === 1;
    for (const [robot, { schemas, paths, episodes }] of byRobot) {
      const unique = [...new Set(paths)];
      groups.push({
        kind,
        robot,
        schemas,
        paths: single ? whole(kind, found, all) : unique,
        recordings: single ? all.length : unique.length,
        looked: single ? sample.length : unique.length,
        episodes,
      });
    }
  }
  return { groups, refused: distinct(refused) };
}

/** Where all is of one robot, the folder says it: recordings that come later are found too. */
function whole(kind: "mcap" | "lerobot", found: Survey, all: readonly string[]): readonly string[] {
  if (kind === "lerobot") return all;
  return all.length === 1 ? all : [found.folder];
}

/** The folders of files, without those that lie in another of them: the source searches subfolders. */
function topFolders(files: readonly string[]): string[] {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  return folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
}

interface LookedOne {
  readonly schemas: readonly EpisodeSchema[];
  /** By robot. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  readonly episodes: readonly Episode[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

interface LookGiven {
  /** Episodes opened so far, by robot: an opened recording is read whole, which may take a while. */
  readonly opened: Map<string, number>;
  readonly signal: AbortSignal | undefined;
}

async function lookAtOne(kind: "mcap" | "lerobot", path: string, { opened, signal }: LookGiven): Promise<LookedOne> {
  const plugin = builtIns.get("source", kind, "");
  const source: Source = plugin.create(plugin.options.parse({ path }));
  const refused: { name: string; reason: string }[] = [];
  const paths = new Map<string, string[]>();
  const episodes: Episode[] = [];
  const refuse = (name: string, thrown: unknown) => refused.push({ name, reason: asTendonError(thrown, "bad-data").message });
  await using context = await lookContext({ find: () => undefined, ...(signal && { signal }) });
  try {
    const schemas = await source.schema(context);
    const robots = new Map(schemas.map((schema) => [schema.key, schema.embodiment]));
    for await (const partition of source.plan(context)) {
      if ("bad" in partition) {
        refuse(partition.id, partition.error);
        continue;
      }
      const robot = robots.get(partition.schema) ?? "";
      const own = kind === "mcap" ? filesOf(partition.open) : [path];
      paths.set(robot, [...(paths.get(robot) ?? []), ...own]);
      if ((opened.get(robot) ?? 0) >= OPENED_MAX) continue;
      opened.set(robot, (opened.get(robot) ?? 0) + 1);
      for await (const episode of source.open(partition, context)) {
        if ("bad" in episode) refuse(episode.id, episode.error);
        else episodes.push(episode);
        break;
      }
    }
    return { schemas, paths, episodes, refused };
  } catch (thrown) {
    refuse(path, thrown);
    return { schemas: [], paths, episodes, refused };
  }
}

/** MCAP's partitions name their files below a root. */
function filesOf(open: unknown): string[] {
  const { root, files } = open as { root?: string; files?: readonly string[] };
  return (files ?? []).map((file) => `${root}/${file}`);
}

/** Up to `max` items, evenly from the first to the last. */
export function spread<T>(all: readonly T[], max: number): T[] {
  if (all.length <= max) return [...all];
  return Array.from({ length: max }, (_, index) => all[Math.round((index * (all.length - 1)) / (max - 1))]!);
}

function distinct(refused: readonly { name: string; reason: string }[]) {
  return [...new Map(refused.map((one) => [`${one.name} ${one.reason}`, one])).values()];
}
