import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PartReader, PlacedPart, ViewPlan } from "../../../core/part.ts";
import type { FileReceipt } from "../../../core/sink.ts";
import type { InfoFeature } from "../../lerobot/write/columns.ts";
import type { FeatureStatistics } from "../../lerobot/write/counted.ts";
import type { EpisodeSummary } from "../../lerobot/write/episode.ts";
import { taskTable, type ViewEpisode } from "../../lerobot/write/place.ts";
import { pythonJson } from "../../lerobot/write/pythonJson.ts";
import type { RowColumn, RowsResult } from "../../lerobot/write/rows.ts";
import { splitOf } from "../../lerobot/write/splits.ts";
import type { StatisticsByFeature } from "../../lerobot/write/statistics.ts";
import { lerobotStatisticsOf } from "../../lerobot/write/statisticsJson.ts";
import { type ViewFacts, type ViewTally, viewTally } from "../../lerobot/write/tally.ts";
import { CHUNK_EPISODES, episodePath, PATHS, placeEpisodes } from "./files.ts";
import { statisticsFingerprints } from "./fingerprints.ts";
import { type Modality, modalityJson } from "./modality.ts";
import { relativePairs, relativeStatistics } from "./relative.ts";

/** What a GR00T view is made of. */
export interface Gr00tView {
  readonly view: ViewPlan;
  readonly columns: readonly RowColumn[];
  readonly modality: Modality;
  readonly parts: () => AsyncIterable<PlacedPart<EpisodeSummary>>;
  readonly fingerprints: boolean;
  /** Rows of an action chunk; absent: no relative statistics. */
  readonly horizon?: number;
  /** Whether there are files of streams at their own rate. */
  readonly native: boolean;
}

/** Writes `meta/` of a view in the v2.1 layout into the folder where its files stand. */
export async function writeMeta(
  of: Gr00tView,
  made: { readonly files: readonly FileReceipt[]; readonly folder: string },
  parts: PartReader,
): Promise<void> {
  const meta = join(made.folder, "meta");
  await mkdir(meta, { recursive: true });
  const tally = viewTally(of.view, of.columns);
  const texts = await writeEpisodes(meta, of, made.files, tally);
  const facts = tally.facts();
  const tables = () => tablesOf(of);
  await writeFile(join(meta, "tasks.jsonl"), texts.map((task, index) => `${pythonJson({ task_index: index, task })}\n`).join(""));
  await writeFile(join(meta, "modality.json"), `${pythonJson(modalityJson(of.modality), 4)}\n`);
  const whole = await tally.statistics(tables, parts);
  await writeFile(join(meta, "stats.json"), `${pythonJson(gr00tStatistics(whole, facts.features, of.fingerprints), 4)}\n`);
  if (of.horizon !== undefined) {
    const told = await relativeStatistics(relativePairs(of.modality), of.horizon, tables, parts);
    await writeFile(join(meta, "relative_stats.json"), `${pythonJson(told, 4)}\n`);
  }
  await writeFile(join(meta, "info.json"), `${pythonJson(infoJson(facts, { texts: texts.length, native: of.native }), 4)}\n`);
}

/** `episodes.jsonl` and `episodes_stats.jsonl`, a line an episode. Gives the texts of `tasks.jsonl`. */
async function writeEpisodes(
  meta: string,
  of: Gr00tView,
  files: readonly FileReceipt[],
  tally: ViewTally,
): Promise<readonly string[]> {
  const results = new Map(files.map((file) => [file.path, file.result as unknown as RowsResult]));
  const texts = taskTable();
  await using episodes = await open(join(meta, "episodes.jsonl"), "wx");
  await using statistics = await open(join(meta, "episodes_stats.jsonl"), "wx");
  for await (const episode of placeEpisodes(of.view, of.columns, of.parts(), texts)) {
    const built = results.get(episodePath(PATHS.data, episode.episode))!.episodes[0]!;
    const stats = lerobotStatisticsOf(tally.add(episode, built), { quantiles: false });
    await episodes.appendFile(`${pythonJson(episodeJson(episode))}\n`);
    await statistics.appendFile(`${pythonJson({ episode_index: episode.episode, stats })}\n`);
  }
  return texts.list();
}

function episodeJson({ episode, rows, tasks, placed }: ViewEpisode): object {
  return {
    episode_index: episode,
    tasks: tasks.map((task) => task.text),
    length: rows,
    split: splitOf(placed.facts) ?? "train",
    source_episode: placed.part.episode,
  };
}

function infoJson(facts: ViewFacts, { texts, native }: { texts: number; native: boolean }): object {
  return {
    codebase_version: "v2.1",
    robot_type: facts.robot,
    total_episodes: facts.episodes,
    total_frames: facts.frames,
    total_tasks: texts,
    total_videos: facts.episodes * facts.cameras,
    total_chunks: Math.ceil(facts.episodes / CHUNK_EPISODES),
    chunks_size: CHUNK_EPISODES,
    fps: facts.rateHz,
    splits: facts.splits,
    data_path: PATHS.data,
    video_path: facts.cameras === 0 ? null : PATHS.video,
    ...(native && { native_action_path: PATHS.native }),
    features: facts.features,
  };
}

/** Six fields of every float column, as GR00T's loaders ask for them. */
function gr00tStatistics(
  whole: StatisticsByFeature,
  features: { readonly [name: string]: InfoFeature },
  fingerprints: boolean,
): object {
  const floats = Object.keys(features).filter((name) => features[name]!.dtype.startsWith("float") && whole[name]);
  const told = Object.fromEntries(floats.map((name) => [name, sixFields(whole[name]!)]));
  return fingerprints ? { ...told, __fingerprints__: statisticsFingerprints(features, floats) } : told;
}

function sixFields({ mean, std, min, max, quantiles }: FeatureStatistics): object {
  const { q01 = [], q99 = [] } = quantiles;
  const fields = { mean, std, min, max, q01, q99 };
  return Object.fromEntries(Object.entries(fields).map(([field, values]) => [field, Float64Array.from(values)]));
}

async function* tablesOf({ view, columns, parts }: Gr00tView): AsyncGenerator<string> {
  for await (const episode of placeEpisodes(view, columns, parts(), taskTable())) {
    yield episode.placed.part.tables.rows!.key;
  }
}
