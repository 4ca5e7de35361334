import type { PartReader } from "../../../core/part.ts";
import { type Moments, type MomentsState, moments } from "../../../kernels/statistics.ts";
import {
  addPictures,
  mergeStatistics,
  noPictures,
  type PictureCounts,
  pictureStatistics,
} from "../../../kernels/statisticsPictures.ts";
import { exactQuantiles } from "../../../kernels/statisticsQuantiles.ts";
import { countedStatistics, type FeatureStatistics, inSeconds, QUANTILES, risingStatistics } from "./counted.ts";
import type { CameraSummary } from "./episode.ts";
import type { ViewEpisode } from "./place.ts";
import type { Rate } from "./rational.ts";
import { numberColumns, quantileRows, type RowColumn, type StreamNumbers, widthOf } from "./rows.ts";

export type StatisticsByFeature = { readonly [feature: string]: FeatureStatistics };

/** Statistics of one episode: its streams as they were built, LeRobot's own columns, its pictures. */
export function episodeStatistics(
  episode: ViewEpisode,
  built: { readonly [stream: string]: StreamNumbers },
  rate: Rate,
): StatisticsByFeature {
  const frames = risingStatistics(0, episode.rows);
  const tasks = [...episode.tasks].sort((a, b) => a.index - b.index);
  const cameras = Object.entries(episode.placed.part.summary.cameras).flatMap(([stream, camera]) => {
    const told = cameraStatistics(camera);
    return told ? [[stream, told] as const] : [];
  });
  return {
    ...Object.fromEntries(Object.entries(built).map(([stream, numbers]) => [stream, streamStatistics(numbers)])),
    ...Object.fromEntries(cameras),
    timestamp: inSeconds(frames, rate),
    frame_index: frames,
    episode_index: countedStatistics([episode.episode], [episode.rows]),
    index: risingStatistics(episode.index, episode.rows),
    task_index: countedStatistics(
      tasks.map((task) => task.index),
      tasks.map((task) => task.rows),
    ),
  };
}

/** Statistics of all rows of a view, from episodes in canonical order; the quantiles of streams come from a pass of their own. */
export interface ViewStatistics {
  add(episode: ViewEpisode, built: { readonly [stream: string]: StreamNumbers }): void;
  /** `pass` yields the keys of the parked tables, one for each episode of the view. */
  end(pass: () => AsyncIterable<string>, parts: PartReader): Promise<StatisticsByFeature>;
}

export function viewStatistics(columns: readonly RowColumn[], rate: Rate): ViewStatistics {
  const streams = numberColumns(columns);
  const merged = new Map<string, Moments>(streams.map((column) => [column.stream, moments(widthOf(column.shape))]));
  const cameras = new Map<string, CameraTotal>();
  const lengths: number[] = [];
  const taskRows: number[] = [];
  let rows = 0;
  return {
    add(episode, built) {
      for (const [stream, numbers] of Object.entries(built)) merged.get(stream)?.merge(numbers.moments);
      for (const [stream, camera] of Object.entries(episode.placed.part.summary.cameras)) {
        const total = cameras.get(stream) ?? { counts: noPictures(), each: [] };
        cameras.set(stream, addCamera(total, camera));
      }
      for (const task of episode.tasks) taskRows[task.index] = (taskRows[task.index] ?? 0) + task.rows;
      lengths.push(episode.rows);
      rows += episode.rows;
    },
    async end(pass, parts) {
      const quantiles = await exactQuantiles(() => allRows(pass(), parts, streams), {
        widths: streams.map((column) => widthOf(column.shape)),
        quantiles: Object.values(QUANTILES),
      });
      const told = streams.map(({ stream }, at) => {
        const named = Object.keys(QUANTILES).map((name, q) => [name, quantiles[at]![q]!] as const);
        return [stream, fromMoments(merged.get(stream)!, Object.fromEntries(named))] as const;
      });
      const seen = [...cameras].flatMap(([stream, total]) => {
        const statistics = totalStatistics(total);
        return statistics ? [[stream, statistics] as const] : [];
      });
      const frames = frameStatistics(lengths);
      return {
        ...Object.fromEntries(told),
        ...Object.fromEntries(seen),
        timestamp: inSeconds(frames, rate),
        frame_index: frames,
        episode_index: countedStatistics([...lengths.keys()], lengths),
        index: risingStatistics(0, rows),
        task_index: countedStatistics([...taskRows.keys()], taskRows),
      };
    },
  };
}

async function* allRows(tables: AsyncIterable<string>, parts: PartReader, streams: readonly { readonly stream: string }[]) {
  for await (const table of tables) yield* quantileRows(parts.table(table), streams);
}

function streamStatistics({ moments: state, quantiles }: StreamNumbers): FeatureStatistics {
  const merged = moments(state.count.length);
  merged.merge(state satisfies MomentsState);
  const known = Object.entries(quantiles).map(([name, values]) => [name, values.map((value) => value ?? Number.NaN)]);
  return fromMoments(merged, Object.fromEntries(known));
}

function fromMoments(merged: Moments, quantiles: FeatureStatistics["quantiles"]): FeatureStatistics {
  const { count, ...each } = merged.end();
  return { count: Math.max(0, ...count), ...each, quantiles };
}

/** Frame number v occurs once in every episode that is longer than v. */
function frameStatistics(lengths: readonly number[]): FeatureStatistics {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const counts = new Float64Array(longest);
  for (const length of lengths) counts[length - 1]!++;
  for (let frame = longest - 2; frame >= 0; frame--) counts[frame]! += counts[frame + 1]!;
  return countedStatistics(
    Float64Array.from({ length: longest }, (_, frame) => frame),
    counts,
  );
}

/** Pixel counts as long as every episode has them; its own statistics of each besides. */
interface CameraTotal {
  readonly counts: PictureCounts | undefined;
  readonly each: readonly FeatureStatistics[];
}

function addCamera(total: CameraTotal, camera: CameraSummary): CameraTotal {
  const own = cameraStatistics(camera);
  if (!own) return total;
  const { counted } = camera;
  const counts = counted && total.counts && addPictures(total.counts, pictureCounts(counted));
  return { counts, each: [...total.each, own] };
}

function totalStatistics({ counts, each }: CameraTotal): FeatureStatistics | undefined {
  if (each.length === 0) return undefined;
  if (counts) return { quantiles: {}, ...pictureStatistics(counts, QUANTILES), pictures: true };
  return { ...mergeStatistics(each), quantiles: {}, pictures: true };
}

function cameraStatistics({ counted, carried }: CameraSummary): FeatureStatistics | undefined {
  if (counted) return { quantiles: {}, ...pictureStatistics(pictureCounts(counted), QUANTILES), pictures: true };
  return carried && { quantiles: {}, ...carried, pictures: true };
}

function pictureCounts({ pictures, counts }: NonNullable<CameraSummary["counted"]>): PictureCounts {
  return { pictures, counts: Float64Array.from(counts) };
}
