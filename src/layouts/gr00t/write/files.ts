import type { Json } from "../../../core/json.ts";
import type { PlacedPart, ViewPlan } from "../../../core/part.ts";
import type { FilePlan } from "../../../core/sink.ts";
import { datasetsMetadata } from "../../lerobot/write/columns.ts";
import type { EpisodeSummary } from "../../lerobot/write/episode.ts";
import { numberEpisodes, type TaskTable, type ViewEpisode } from "../../lerobot/write/place.ts";
import { rateOf } from "../../lerobot/write/rational.ts";
import type { RowColumn, RowsRecipe } from "../../lerobot/write/rows.ts";
import { viewStreams } from "../../lerobot/write/streams.ts";
import type { VideoRecipe } from "../../lerobot/write/video.ts";
import { type NativeRecipe, nativeActions, nativeTable } from "./native.ts";

/** Episodes a chunk folder holds in v2.1. */
export const CHUNK_EPISODES = 1000;

/** `info.json`'s path templates. */
export const PATHS = {
  data: "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
  video: "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
  native: "native/chunk-{episode_chunk:03d}/{action_key}/episode_{episode_index:06d}.parquet",
} as const;

/** Numbers episodes, and their texts: first the instructions, then annotations in the order of the columns. */
export async function* placeEpisodes(
  view: ViewPlan,
  columns: readonly RowColumn[],
  parts: AsyncIterable<PlacedPart<EpisodeSummary>>,
  tasks: TaskTable,
): AsyncGenerator<ViewEpisode & { readonly texts: { readonly [text: string]: number } }> {
  for await (const episode of numberEpisodes(view, viewStreams(view.schema), parts, tasks)) {
    const texts: { [text: string]: number } = {};
    if (episode.task === null) for (const { text, index } of episode.tasks) texts[text] = index;
    for (const column of columns) {
      if (column.fill !== "text index") continue;
      const own = episode.placed.part.summary.texts[column.stream]?.values ?? [""];
      for (const text of own) texts[text] = tasks.indexOf(text);
    }
    yield { ...episode, texts };
  }
}

/** The files of one episode: its rows, a video of each camera, and what keeps its own rate. */
export function* episodeFiles(
  view: ViewPlan,
  columns: readonly RowColumn[],
  episode: ViewEpisode & { readonly texts: { readonly [text: string]: number } },
  native: boolean,
): Generator<FilePlan> {
  const { part } = episode.placed;
  const streams = viewStreams(view.schema);
  const { num, den } = rateOf(streams.rateHz);
  const rate = { num: num.toString(), den: den.toString() };
  const rows: RowsRecipe = {
    form: "rows 1",
    rate,
    columns,
    texts: episode.texts,
    metadata: datasetsMetadata(columns),
    quantiles: {},
    episodes: [
      { table: part.tables.rows!.key, rows: episode.rows, episode: episode.episode, index: episode.index, task: episode.task },
    ],
  };
  yield { path: episodePath(PATHS.data, episode.episode), share: "link", recipe: rows as Json };
  for (const stream of streams.cameras) {
    const { key, bFrames } = part.packets[stream]!;
    const video: VideoRecipe = { form: "video 1", rate, parts: [{ packets: key, frames: episode.rows, bFrames }] };
    yield { path: episodePath(PATHS.video, episode.episode, stream), share: "link", recipe: video };
  }
  for (const stream of native ? nativeActions(view.schema) : []) {
    const table = part.tables[nativeTable(stream)];
    if (!table) continue;
    const { dtype, shape } = view.schema.features[stream]!;
    const recipe = { form: "native 1", table: table.key, stream, dtype, shape, rows: part.tables.rows!.key } as NativeRecipe;
    yield { path: episodePath(PATHS.native, episode.episode, stream), share: "link", recipe: recipe as Json };
  }
}

/** Fills in a template of `PATHS`. */
export function episodePath(template: string, episode: number, stream = ""): string {
  const chunk = Math.floor(episode / CHUNK_EPISODES);
  return template
    .replace("{episode_chunk:03d}", chunk.toString().padStart(3, "0"))
    .replace("{episode_index:06d}", episode.toString().padStart(6, "0"))
    .replace(/\{(video|action)_key\}/, () => stream.replaceAll("/", "_"));
}
