import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { ViewPlan } from "../core/part.ts";
import { defineSink } from "../core/plugin.ts";
import type { FilePlan, Sink } from "../core/sink.ts";
import { rowColumns } from "../layouts/lerobot/write/columns.ts";
import { type EpisodeSummary, viewWants, watchEpisode } from "../layouts/lerobot/write/episode.ts";
import { joinFiles } from "../layouts/lerobot/write/joined.ts";
import { writeMeta } from "../layouts/lerobot/write/meta.ts";
import { VIDEO_OPTIONS } from "../layouts/lerobot/write/options.ts";
import { taskTable } from "../layouts/lerobot/write/place.ts";
import { buildRows, type RowsRecipe } from "../layouts/lerobot/write/rows.ts";
import { viewStreams } from "../layouts/lerobot/write/streams.ts";
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
    format: settings.version,
    wants: (schema) => viewWants(schema, settings),
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
    finish: (view, made, context) =>
      writeMeta({ view, columns: columnsOf(view), limits: settings, parts: made.parts }, made, context.parts),
  };
}

function columnsOf(view: ViewPlan) {
  return rowColumns(view.schema, viewStreams(view.schema), CHOICES);
}
