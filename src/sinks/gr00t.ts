import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { ViewPlan } from "../core/part.ts";
import { defineSink } from "../core/plugin.ts";
import type { ArrangeContext, FilePlan, Sink } from "../core/sink.ts";
import { CHUNK_EPISODES, episodeFiles, episodePath, PATHS, placeEpisodes } from "../layouts/gr00t/write/files.ts";
import { statisticsFingerprints } from "../layouts/gr00t/write/fingerprints.ts";
import { isModality, MODALITY_OPTION, type Modality, modalityJson, modalityOf } from "../layouts/gr00t/write/modality.ts";
import { buildNative, type NativeRecipe, nativeActions, nativeTables } from "../layouts/gr00t/write/native.ts";
import { relativePairs, relativeStatistics } from "../layouts/gr00t/write/relative.ts";
import { cameraFacts } from "../layouts/lerobot/write/cameras.ts";
import { columnFeatures, type InfoFeature, rowColumns } from "../layouts/lerobot/write/columns.ts";
import type { FeatureStatistics } from "../layouts/lerobot/write/counted.ts";
import { type EpisodeSummary, watchEpisode } from "../layouts/lerobot/write/episode.ts";
import { encodingOf, VIDEO_OPTIONS } from "../layouts/lerobot/write/options.ts";
import { taskTable } from "../layouts/lerobot/write/place.ts";
import { pythonJson } from "../layouts/lerobot/write/pythonJson.ts";
import { rateOf } from "../layouts/lerobot/write/rational.ts";
import { robotOf } from "../layouts/lerobot/write/robot.ts";
import { buildRows, type RowsRecipe, type RowsResult } from "../layouts/lerobot/write/rows.ts";
import { splitOf, splitRanges } from "../layouts/lerobot/write/splits.ts";
import { episodeStatistics, type StatisticsByFeature, viewStatistics } from "../layouts/lerobot/write/statistics.ts";
import { lerobotStatisticsOf } from "../layouts/lerobot/write/statisticsJson.ts";
import { tableStreams, viewStreams } from "../layouts/lerobot/write/streams.ts";
import { buildVideo, type VideoRecipe } from "../layouts/lerobot/write/video.ts";

const options = z.strictObject({
  for: z.enum(["n1.5", "n1.7"]).default("n1.5").describe("GR00T's version; n1.7 adds fingerprints to stats.json"),
  ...VIDEO_OPTIONS,
  modality: MODALITY_OPTION,
  horizon: z
    .number()
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe("Writes relative_stats.json for action chunks of so many rows; absent: none"),
  nativeActions: z
    .boolean()
    .default(false)
    .describe("Also writes the action streams that are not on the grid, at their own rate and times, under native/"),
});
type Options = z.output<typeof options>;

const CHOICES = { indexed: (stream: string) => stream === "task" || stream.startsWith("annotation."), list: isModality };

/**
 * Writes GR00T's flavour of LeRobot v2.1: one Parquet file and one video of each camera an episode,
 * `modality.json`, and the statistics that GR00T and LeRobot 0.3 ask for. Video keeps its frames in
 * the order of the rows, so loaders that look up by frame number and by `timestamp` agree.
 */
export const gr00t = defineSink<typeof options, EpisodeSummary>({
  name: "gr00t",
  version: "1",
  about: "A GR00T dataset (LeRobot v2.1 with modality.json)",
  example: "- gr00t: { for: n1.7, horizon: 16 }",
  options,
  create: (settings) => sink(settings),
});

function sink(settings: Options): Sink<EpisodeSummary> {
  return {
    wants(schema) {
      const streams = viewStreams(schema);
      modalityOf(schema, streams, settings.modality);
      const native = settings.nativeActions ? nativeActions(schema) : [];
      return [
        ...[...tableStreams(streams), ...native].map((stream) => {
          const as = schema.features[stream]!.dtype === "text" ? ("bytes" as const) : ("rows" as const);
          return { stream, as };
        }),
        ...streams.cameras.map((stream) => ({ stream, as: "packets" as const, encoding: encodingOf(settings) })),
      ];
    },
    write: (episode, context) =>
      watchEpisode(episode, context, {
        ...settings,
        indexed: CHOICES.indexed,
        ...(settings.nativeActions && { tables: nativeTables }),
      }),
    async *layout(view, parts): AsyncGenerator<FilePlan> {
      const columns = columnsOf(view);
      for await (const episode of placeEpisodes(view, columns, parts, taskTable())) {
        yield* episodeFiles(view, columns, episode, settings.nativeActions);
      }
    },
    async build(file, target, context): Promise<Json> {
      const recipe = file.recipe as unknown as RowsRecipe | VideoRecipe | NativeRecipe;
      if (recipe.form === "video 1") return buildVideo(target, recipe, context.parts);
      if (recipe.form === "native 1") return buildNative(target, recipe, context.parts);
      return (await buildRows(target, recipe, context.parts)) as unknown as Json;
    },
    finish: (view, made, context) => finish(view, made, context, settings),
  };
}

function columnsOf(view: ViewPlan) {
  return rowColumns(view.schema, viewStreams(view.schema), CHOICES);
}

type Made = Parameters<Sink<EpisodeSummary>["finish"]>[1];

async function finish(view: ViewPlan, made: Made, context: ArrangeContext, settings: Options): Promise<void> {
  const meta = join(made.folder, "meta");
  await mkdir(meta, { recursive: true });
  const streams = viewStreams(view.schema);
  const modality = modalityOf(view.schema, streams, settings.modality);
  const columns = columnsOf(view);
  const rate = rateOf(streams.rateHz);
  const results = new Map(made.files.map((file) => [file.path, file.result as unknown as RowsResult]));
  const cameras = new Map(streams.cameras.map((stream) => [stream, cameraFacts(view.schema, stream, streams.rateHz)]));
  const statistics = viewStatistics(columns, rate);
  const splits = splitRanges();
  const robot = robotOf(view);
  const tasks = taskTable();
  const totals = { episodes: 0, frames: 0 };
  const episodesFile = await open(join(meta, "episodes.jsonl"), "wx");
  const statisticsFile = await open(join(meta, "episodes_stats.jsonl"), "wx");
  try {
    for await (const episode of placeEpisodes(view, columns, made.parts(), tasks)) {
      const { facts, part } = episode.placed;
      const built = results.get(episodePath(PATHS.data, episode.episode))!.episodes[0]!;
      statistics.add(episode, built);
      splits.add(splitOf(facts));
      robot.add(facts);
      for (const [stream, camera] of cameras) camera.add(part.packets[stream]!, part.summary.cameras[stream]!);
      totals.episodes += 1;
      totals.frames += episode.rows;
      const line = {
        episode_index: episode.episode,
        tasks: episode.tasks.map((task) => task.text),
        length: episode.rows,
        split: splitOf(facts) ?? "train",
        source_episode: part.episode,
      };
      await episodesFile.write(`${pythonJson(line)}\n`);
      const stats = lerobotStatisticsOf(withoutTime(episodeStatistics(episode, built, rate)), { quantiles: false });
      await statisticsFile.write(`${pythonJson({ episode_index: episode.episode, stats })}\n`);
    }
  } finally {
    await episodesFile.close();
    await statisticsFile.close();
  }
  const lines = tasks.list().map((task, index) => `${pythonJson({ task_index: index, task })}\n`);
  await writeFile(join(meta, "tasks.jsonl"), lines.join(""));
  await writeFile(join(meta, "modality.json"), `${pythonJson(modalityJson(modality), 4)}\n`);
  const features = {
    ...Object.fromEntries([...cameras].map(([stream, camera]) => [stream, camera.feature()])),
    ...columnFeatures(view.schema, columns),
  };
  const tables = () => tablesOf(view, made, columns);
  const whole = await statistics.end(tables, context.parts);
  await writeFile(join(meta, "stats.json"), `${pythonJson(gr00tStatistics(whole, features, settings), 4)}\n`);
  await writeRelative(meta, modality, settings, tables, context);
  const info = {
    codebase_version: "v2.1",
    robot_type: robot.end(),
    total_episodes: totals.episodes,
    total_frames: totals.frames,
    total_tasks: tasks.list().length,
    total_videos: totals.episodes * cameras.size,
    total_chunks: Math.ceil(totals.episodes / CHUNK_EPISODES),
    chunks_size: CHUNK_EPISODES,
    fps: streams.rateHz,
    splits: splits.end(),
    data_path: PATHS.data,
    video_path: cameras.size === 0 ? null : PATHS.video,
    ...(settings.nativeActions && nativeActions(view.schema).length > 0 && { native_action_path: PATHS.native }),
    features,
  };
  await writeFile(join(meta, "info.json"), `${pythonJson(info, 4)}\n`);
}

/** Six fields of every float column, as its loaders ask for them. */
function gr00tStatistics(
  whole: StatisticsByFeature,
  features: { readonly [name: string]: InfoFeature },
  settings: Options,
): object {
  const floats = Object.keys(features).filter((name) => features[name]!.dtype.startsWith("float") && whole[name]);
  const told = Object.fromEntries(floats.map((name) => [name, sixFields(whole[name]!)]));
  return settings.for === "n1.7" ? { ...told, __fingerprints__: statisticsFingerprints(features, floats) } : told;
}

function sixFields({ mean, std, min, max, quantiles }: FeatureStatistics): object {
  const { q01 = [], q99 = [] } = quantiles;
  const fields = { mean, std, min, max, q01, q99 };
  return Object.fromEntries(Object.entries(fields).map(([field, values]) => [field, Float64Array.from(values)]));
}

/** LeRobot 0.3 knows no statistics of text and wants those of pictures in three channels: all others are vectors. */
function withoutTime(all: StatisticsByFeature): StatisticsByFeature {
  return Object.fromEntries(Object.entries(all).filter(([feature]) => feature !== "time_ns"));
}

async function writeRelative(
  meta: string,
  modality: Modality,
  { horizon }: Options,
  tables: () => AsyncIterable<string>,
  context: ArrangeContext,
): Promise<void> {
  if (horizon === undefined) return;
  const told = await relativeStatistics(relativePairs(modality), horizon, tables, context.parts);
  await writeFile(join(meta, "relative_stats.json"), `${pythonJson(told, 4)}\n`);
}

async function* tablesOf(view: ViewPlan, made: Made, columns: ReturnType<typeof columnsOf>) {
  for await (const episode of placeEpisodes(view, columns, made.parts(), taskTable())) {
    yield episode.placed.part.tables.rows!.key;
  }
}
