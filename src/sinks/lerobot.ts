import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { ViewPlan } from "../core/part.ts";
import { defineSink } from "../core/plugin.ts";
import type { ArrangeContext, FilePlan, FileReceipt, Sink } from "../core/sink.ts";
import { cameraFacts } from "../layouts/lerobot/write/cameras.ts";
import { columnFeatures, rowColumns } from "../layouts/lerobot/write/columns.ts";
import { type EpisodeSummary, watchEpisode } from "../layouts/lerobot/write/episode.ts";
import { CHUNK_FILES, joinFiles } from "../layouts/lerobot/write/joined.ts";
import { encodingOf, VIDEO_OPTIONS } from "../layouts/lerobot/write/options.ts";
import { taskTable } from "../layouts/lerobot/write/place.ts";
import { pythonJson } from "../layouts/lerobot/write/pythonJson.ts";
import { frameSeconds, rateOf } from "../layouts/lerobot/write/rational.ts";
import { robotOf } from "../layouts/lerobot/write/robot.ts";
import { buildRows, type RowsRecipe, type RowsResult } from "../layouts/lerobot/write/rows.ts";
import { splitOf, splitRanges } from "../layouts/lerobot/write/splits.ts";
import { episodeStatistics, viewStatistics } from "../layouts/lerobot/write/statistics.ts";
import { lerobotStatisticsOf } from "../layouts/lerobot/write/statisticsJson.ts";
import { tableStreams, viewStreams } from "../layouts/lerobot/write/streams.ts";
import { chunkFile, episodesTable, writeTasksTable } from "../layouts/lerobot/write/tables.ts";
import { buildVideo, type VideoRecipe } from "../layouts/lerobot/write/video.ts";

const options = z.strictObject({
  version: z.literal("3.0").default("3.0").describe("Version of the format"),
  ...VIDEO_OPTIONS,
  dataFileMb: z
    .number()
    .positive()
    .max(10_000)
    .default(100)
    .describe("A file of rows is closed before it grows past this, in MiB of plain values"),
  videoFileMb: z.number().positive().max(100_000).default(200).describe("A video is closed before it grows past this, in MiB"),
});
type Options = z.output<typeof options>;

const CHOICES = { indexed: (stream: string) => stream === "task", list: () => false };

/**
 * Writes LeRobot v3.0: episodes joined into Parquet files (one row group each) and videos, with ten
 * statistics of every feature. `timestamp` is i / fps, as the format wants it; the true time of a row
 * is the column `time_ns`. Files are shared between views and never rewritten; `meta/` is this view's
 * own.
 */
export const lerobot = defineSink<typeof options, EpisodeSummary>({
  name: "lerobot",
  version: "1",
  about: "A LeRobot v3.0 dataset",
  example: '- lerobot: { version: "3.0", video: auto }',
  options,
  create: (settings) => sink(settings),
});

function sink(settings: Options): Sink<EpisodeSummary> {
  return {
    wants(schema) {
      const streams = viewStreams(schema);
      return [
        ...tableStreams(streams).map((stream) => {
          const as = schema.features[stream]!.dtype === "text" ? ("bytes" as const) : ("rows" as const);
          return { stream, as };
        }),
        ...streams.cameras.map((stream) => ({ stream, as: "packets" as const, encoding: encodingOf(settings) })),
      ];
    },
    write: (episode, context) => watchEpisode(episode, context, { ...settings, indexed: CHOICES.indexed }),
    async *layout(view, parts): AsyncGenerator<FilePlan> {
      const joined = joinFiles(view, settings, columnsOf(view));
      for await (const { closed } of joined.place(parts, taskTable())) yield* closed;
      yield* joined.end();
    },
    async build(file, target, context): Promise<Json> {
      const recipe = file.recipe as unknown as RowsRecipe | VideoRecipe;
      if (recipe.form === "video 1") return buildVideo(target, recipe, context.parts);
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
  const { folder } = made;
  const streams = viewStreams(view.schema);
  const columns = columnsOf(view);
  const rate = rateOf(streams.rateHz);
  const results = builtEpisodes(made.files);
  const cameras = new Map(streams.cameras.map((stream) => [stream, cameraFacts(view.schema, stream, streams.rateHz)]));
  const statistics = viewStatistics(columns, rate);
  const splits = splitRanges();
  const robot = robotOf(view);
  const tasks = taskTable();
  const table = episodesTable(folder, CHUNK_FILES);
  const totals = { episodes: 0, frames: 0 };
  await mkdir(join(folder, "meta"), { recursive: true });
  for await (const { episode, data, videos } of joinFiles(view, settings, columns).place(made.parts(), tasks)) {
    const { facts, part } = episode.placed;
    const built = results(data.file);
    statistics.add(episode, built);
    splits.add(splitOf(facts));
    robot.add(facts);
    for (const [stream, camera] of cameras) camera.add(part.packets[stream]!, part.summary.cameras[stream]!);
    totals.episodes += 1;
    totals.frames += episode.rows;
    const integers: { [column: string]: number } = {
      episode_index: episode.episode,
      length: episode.rows,
      "data/chunk_index": Math.floor(data.file / CHUNK_FILES),
      "data/file_index": data.file % CHUNK_FILES,
      dataset_from_index: episode.index,
      dataset_to_index: episode.index + episode.rows,
    };
    const seconds: { [column: string]: number } = {};
    for (const [stream, { file, firstFrame }] of Object.entries(videos)) {
      integers[`videos/${stream}/chunk_index`] = Math.floor(file / CHUNK_FILES);
      integers[`videos/${stream}/file_index`] = file % CHUNK_FILES;
      seconds[`videos/${stream}/from_timestamp`] = frameSeconds(firstFrame, rate);
      seconds[`videos/${stream}/to_timestamp`] = frameSeconds(firstFrame + episode.rows, rate);
    }
    await table.add({
      integers,
      seconds,
      texts: { split: splitOf(facts) ?? "train", source_episode: part.episode },
      tasks: episode.tasks.map((task) => task.text),
      statistics: episodeStatistics(episode, built, rate),
    });
  }
  await table.close();
  await writeTasksTable(folder, tasks.list());
  const whole = await statistics.end(() => tablesOf(made, view, settings, columns), context.parts);
  await writeFile(join(folder, "meta/stats.json"), `${pythonJson(lerobotStatisticsOf(whole, { quantiles: true }), 4)}\n`);
  const info = {
    codebase_version: "v3.0",
    robot_type: robot.end(),
    total_episodes: totals.episodes,
    total_frames: totals.frames,
    total_tasks: tasks.list().length,
    chunks_size: CHUNK_FILES,
    data_files_size_in_mb: settings.dataFileMb,
    video_files_size_in_mb: settings.videoFileMb,
    fps: streams.rateHz,
    splits: splits.end(),
    data_path: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    video_path: cameras.size === 0 ? null : "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    features: {
      ...Object.fromEntries([...cameras].map(([stream, camera]) => [stream, camera.feature()])),
      ...columnFeatures(view.schema, columns),
    },
  };
  await writeFile(join(folder, "meta/info.json"), `${pythonJson(info, 4)}\n`);
}

/** What building the files of rows told, episode by episode in the order of the view. */
function builtEpisodes(files: readonly FileReceipt[]): (file: number) => RowsResult["episodes"][number] {
  const byPath = new Map(files.map((file) => [file.path, file.result as unknown as RowsResult]));
  const taken = new Map<number, number>();
  return (file) => {
    const at = taken.get(file) ?? 0;
    taken.set(file, at + 1);
    const path = `data/${chunkFile({ file, chunkFiles: CHUNK_FILES, extension: "parquet" })}`;
    return byPath.get(path)!.episodes[at]!;
  };
}

async function* tablesOf(made: Made, view: ViewPlan, settings: Options, columns: ReturnType<typeof columnsOf>) {
  for await (const { episode } of joinFiles(view, settings, columns).place(made.parts(), taskTable())) {
    yield episode.placed.part.tables.rows!.key;
  }
}
