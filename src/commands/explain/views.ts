import { readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TendonError } from "../../core/errors.ts";
import type { SamplePlace } from "../../core/source.ts";
import { openSnapshots } from "../../dataset/snapshots.ts";
import { openParquet } from "../../formats/parquet/read.ts";
import { listFiles, readJsonLines } from "../../layouts/lerobot/read/files.ts";
import { builtIns } from "../../plugins.ts";
import { lookContext } from "../lookContext.ts";
import type { History } from "./history.ts";
import type { ExplainedView } from "./types.ts";

/** A view as it stands on the disk: which episode each of its numbers is. */
export interface ViewFolder {
  readonly sink: string;
  readonly embodiment: string;
  readonly path: string;
}

const VIEW = z.looseObject({ sink: z.string(), embodiment: z.string() });
const LINE = z.looseObject({ episode_index: z.number().int(), source_episode: z.string().optional() });

/** The views of a snapshot that still stand. */
export async function viewsOf({ home, snapshot }: History): Promise<ViewFolder[]> {
  if (snapshot === null) return [];
  const listed = z.array(VIEW).safeParse((await openSnapshots(home).manifest(snapshot)).views);
  const views: ViewFolder[] = [];
  for (const { sink, embodiment } of listed.data ?? []) {
    // The path that users know, where it shows this snapshot.
    const shown = (await readlink(home.at(sink)).catch(() => "")) === join("views", snapshot, sink);
    const path = shown ? home.at(sink, embodiment) : home.at("views", snapshot, sink, embodiment);
    if (await stat(path).catch(() => undefined)) views.push({ sink, embodiment, path });
  }
  return views;
}

/** The numbers that an episode has in a view. */
export async function numbersIn(view: ViewFolder, episode: string): Promise<ExplainedView> {
  const numbers: number[] = [];
  for await (const line of linesOf(view.path)) if (line.source_episode === episode) numbers.push(line.episode_index);
  return { sink: view.sink, embodiment: view.embodiment, path: view.path, numbers };
}

/** The episode that has a number in a view; of several views, in the first where `wanted` fits. */
export async function episodeAt(
  views: readonly ViewFolder[],
  number: number,
  wanted: { readonly sink?: string; readonly embodiment?: string },
): Promise<string> {
  const fitting = views.filter(
    ({ sink, embodiment }) =>
      sink === (wanted.sink ?? sink) && (wanted.embodiment === undefined || embodiment === wanted.embodiment),
  );
  const view = fitting.find(({ sink }) => sink === "lerobot") ?? fitting[0];
  const there = views.map(({ sink, embodiment }) => `${sink}/${embodiment}`).join(", ") || "none";
  if (!view) throw new TendonError("not-found", `there is no such view (there are: ${there})`, { place: { path: "--view" } });
  const robots = fitting.filter(({ sink }) => sink === view.sink);
  if (robots.length > 1) {
    const message = `"${number}" may be of several robots; name one, as in --view ${robots.map(({ sink, embodiment }) => `${sink}/${embodiment}`).join(" or --view ")}`;
    throw new TendonError("bad-pipeline", message, { place: { path: "--view" } });
  }
  let count = 0;
  for await (const line of linesOf(view.path)) {
    count++;
    if (line.episode_index === number && line.source_episode !== undefined) return line.source_episode;
  }
  throw new TendonError("not-found", `has no episode ${number}; it has ${count}, numbered from 0`, {
    place: { file: view.path },
  });
}

/** GR00T's flavour lists episodes as JSON lines, LeRobot v3.0 in Parquet. */
async function* linesOf(view: string): AsyncGenerator<z.output<typeof LINE>> {
  yield* readJsonLines(join(view, "meta", "episodes.jsonl"), LINE);
  for (const file of await listFiles(view, "meta/episodes", ".parquet")) {
    const table = await openParquet(join(view, file));
    const columns = ["episode_index", "source_episode"].filter((name) => table.fields.some((field) => field.name === name));
    for await (const row of table.objects({ columns })) yield LINE.parse({ ...row, episode_index: Number(row.episode_index) });
  }
}

/** Where a row of an episode stands in the files of a view: its table, and the frame of each video. */
export async function placesInView(view: string, number: number, row: number): Promise<readonly SamplePlace[]> {
  const plugin = builtIns.get("source", "lerobot", "");
  const source = plugin.create(plugin.options.parse({ path: view }));
  await using context = await lookContext({ find: () => undefined });
  await using found = await source.find?.(`episode_${String(number).padStart(6, "0")}`, context);
  if (!found?.locate) return [];
  const { schema } = found.episode;
  const streams = schema.grid?.streams ?? [];
  const cameras = streams.filter((stream) => schema.features[stream]?.dtype === "video");
  const sought = [];
  for (const stream of [...streams.filter((each) => !cameras.includes(each)).slice(0, 1), ...cameras]) {
    const time = (await found.episode.times(stream)).time[row];
    if (time !== undefined) sought.push({ stream, first: time, last: time });
  }
  return found.locate(sought);
}
