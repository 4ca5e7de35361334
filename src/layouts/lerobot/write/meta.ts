import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PartReader, PlacedPart, ViewPlan } from "../../../core/part.ts";
import type { FileReceipt } from "../../../core/sink.ts";
import type { EpisodeSummary } from "./episode.ts";
import { CHUNK_FILES, type JoinedEpisode, joinFiles } from "./joined.ts";
import { taskTable } from "./place.ts";
import { pythonJson } from "./pythonJson.ts";
import { frameSeconds, type Rate } from "./rational.ts";
import type { RowColumn, RowsResult } from "./rows.ts";
import { splitOf } from "./splits.ts";
import type { StatisticsByFeature } from "./statistics.ts";
import { lerobotStatisticsOf } from "./statisticsJson.ts";
import { chunkFile, type EpisodeRow, episodesTable, writeTasksTable } from "./tables.ts";
import { type BuiltEpisode, type ViewFacts, viewTally } from "./tally.ts";

/** How a v3.0 view is laid out. */
export interface JoinedView {
  readonly view: ViewPlan;
  readonly columns: readonly RowColumn[];
  readonly limits: { readonly dataFileMb: number; readonly videoFileMb: number };
  readonly parts: () => AsyncIterable<PlacedPart<EpisodeSummary>>;
}

/** Writes `meta/` of a v3.0 view into the folder where its files stand. */
export async function writeMeta(
  joined: JoinedView,
  made: { readonly files: readonly FileReceipt[]; readonly folder: string },
  parts: PartReader,
): Promise<void> {
  const { view, columns, limits } = joined;
  const { folder, files } = made;
  await mkdir(join(folder, "meta"), { recursive: true });
  const tally = viewTally(view, columns);
  const built = builtEpisodes(files);
  const tasks = taskTable();
  const table = episodesTable(folder, CHUNK_FILES);
  for await (const place of joinFiles(view, limits, columns).place(joined.parts(), tasks)) {
    const statistics = tally.add(place.episode, built(place.data.file));
    await table.add(episodeRow(place, statistics, tally.rate));
  }
  await table.close();
  await writeTasksTable(folder, tasks.list());
  const whole = await tally.statistics(() => tablesOf(joined), parts);
  await writeFile(join(folder, "meta/stats.json"), `${pythonJson(lerobotStatisticsOf(whole, { quantiles: true }), 4)}\n`);
  const info = infoJson(tally.facts(), { limits, tasks: tasks.list().length });
  await writeFile(join(folder, "meta/info.json"), `${pythonJson(info, 4)}\n`);
}

function infoJson(facts: ViewFacts, { limits, tasks }: { limits: JoinedView["limits"]; tasks: number }): object {
  return {
    codebase_version: "v3.0",
    robot_type: facts.robot,
    total_episodes: facts.episodes,
    total_frames: facts.frames,
    total_tasks: tasks,
    chunks_size: CHUNK_FILES,
    data_files_size_in_mb: limits.dataFileMb,
    video_files_size_in_mb: limits.videoFileMb,
    fps: facts.rateHz,
    splits: facts.splits,
    data_path: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    video_path: facts.cameras === 0 ? null : "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    features: facts.features,
  };
}

function episodeRow({ episode, data, videos }: JoinedEpisode, statistics: StatisticsByFeature, rate: Rate): EpisodeRow {
  const { facts, part } = episode.placed;
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
  return {
    integers,
    seconds,
    texts: { split: splitOf(facts) ?? "train", source_episode: part.episode },
    tasks: episode.tasks.map((task) => task.text),
    statistics,
  };
}

/** What building the files of rows told, episode by episode in the order of the view. */
function builtEpisodes(files: readonly FileReceipt[]): (file: number) => BuiltEpisode {
  const byPath = new Map(files.map((file) => [file.path, file.result as unknown as RowsResult]));
  const taken = new Map<number, number>();
  return (file) => {
    const at = taken.get(file) ?? 0;
    taken.set(file, at + 1);
    const path = `data/${chunkFile({ file, chunkFiles: CHUNK_FILES, extension: "parquet" })}`;
    return byPath.get(path)!.episodes[at]!;
  };
}

async function* tablesOf({ view, limits, columns, parts }: JoinedView): AsyncGenerator<string> {
  for await (const { episode } of joinFiles(view, limits, columns).place(parts(), taskTable())) {
    yield episode.placed.part.tables.rows!.key;
  }
}
