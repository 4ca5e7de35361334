import type { Json } from "../../../core/json.ts";
import type { PlacedPart, ViewPlan } from "../../../core/part.ts";
import type { FilePlan } from "../../../core/sink.ts";
import { datasetsMetadata, rowBytes } from "./columns.ts";
import { QUANTILES } from "./counted.ts";
import type { EpisodeSummary } from "./episode.ts";
import { type ClosedFile, type FileGroups, fileGroups } from "./files.ts";
import { numberEpisodes, type TaskTable, type ViewEpisode } from "./place.ts";
import { type Rate, rateOf } from "./rational.ts";
import type { RowColumn, RowsRecipe } from "./rows.ts";
import { viewStreams } from "./streams.ts";
import { chunkFile } from "./tables.ts";
import type { VideoRecipe } from "./video.ts";

/** Files a chunk folder holds in v3.0. */
export const CHUNK_FILES = 1000;

/** Where one episode stands. */
export interface JoinedEpisode {
  readonly episode: ViewEpisode;
  readonly data: { readonly file: number };
  readonly videos: { readonly [stream: string]: { readonly file: number; readonly firstFrame: number } };
  /** Files that this episode no longer fitted into. */
  readonly closed: readonly FilePlan[];
}

type VideoPart = VideoRecipe["parts"][number];

/** Joins episodes into files as LeRobot v3.0 does. The same parts give the same places and files each time. */
export function joinFiles(
  view: ViewPlan,
  limits: { readonly dataFileMb: number; readonly videoFileMb: number },
  columns: readonly RowColumn[],
) {
  const streams = viewStreams(view.schema);
  const rate = rateOf(streams.rateHz);
  const data = fileGroups<ViewEpisode>(limits.dataFileMb * 1024 ** 2);
  const videos = new Map(streams.cameras.map((stream) => [stream, fileGroups<VideoPart>(limits.videoFileMb * 1024 ** 2)]));
  const bytes = rowBytes(columns);
  return {
    async *place(parts: AsyncIterable<PlacedPart<EpisodeSummary>>, tasks: TaskTable): AsyncGenerator<JoinedEpisode> {
      for await (const episode of numberEpisodes(view, streams, parts, tasks)) {
        const { summary } = episode.placed.part;
        const row = data.add(episode, { bytes: bytes * episode.rows + summary.textBytes, units: episode.rows });
        const closed = row.closed ? [dataFile(row.closed, columns, rate)] : [];
        const where: { [stream: string]: { file: number; firstFrame: number } } = {};
        for (const [stream, files] of videos) {
          const added = addVideo(files, stream, episode);
          where[stream] = { file: added.file, firstFrame: added.before };
          if (added.closed) closed.push(videoFile(added.closed, stream, rate));
        }
        yield { episode, data: { file: row.file }, videos: where, closed };
      }
    },
    *end(): Generator<FilePlan> {
      for (const file of data.end()) yield dataFile(file, columns, rate);
      for (const [stream, files] of videos) for (const file of files.end()) yield videoFile(file, stream, rate);
    },
  };
}

function addVideo(files: FileGroups<VideoPart>, stream: string, { placed, rows }: ViewEpisode) {
  const { key, bytes, bFrames, configKey } = placed.part.packets[stream]!;
  return files.add({ packets: key, frames: rows, bFrames }, { bytes, units: rows, kind: configKey });
}

function dataFile({ file, items }: ClosedFile<ViewEpisode>, columns: readonly RowColumn[], rate: Rate): FilePlan {
  const recipe: RowsRecipe = {
    form: "rows 1",
    rate: { num: rate.num.toString(), den: rate.den.toString() },
    columns,
    texts: Object.fromEntries(
      items.filter(({ task }) => task === null).flatMap(({ tasks }) => tasks.map(({ text, index }) => [text, index])),
    ),
    metadata: datasetsMetadata(columns),
    quantiles: QUANTILES,
    episodes: items.map(({ placed, episode, index, rows, task }) => ({
      table: placed.part.tables.rows!.key,
      rows,
      episode,
      index,
      task,
    })),
  };
  const path = `data/${chunkFile({ file, chunkFiles: CHUNK_FILES, extension: "parquet" })}`;
  return { path, share: "link", recipe: recipe as Json };
}

function videoFile({ file, items }: ClosedFile<VideoPart>, stream: string, rate: Rate): FilePlan {
  const recipe: VideoRecipe = {
    form: "video 1",
    rate: { num: rate.num.toString(), den: rate.den.toString() },
    parts: items,
  };
  const path = `videos/${stream}/${chunkFile({ file, chunkFiles: CHUNK_FILES, extension: "mp4" })}`;
  return { path, share: "link", recipe };
}
