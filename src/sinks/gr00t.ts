import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { ViewPlan } from "../core/part.ts";
import { defineSink } from "../core/plugin.ts";
import type { FilePlan, Sink } from "../core/sink.ts";
import { episodeFiles, placeEpisodes } from "../layouts/gr00t/write/files.ts";
import { writeMeta } from "../layouts/gr00t/write/meta.ts";
import { isModality, MODALITY_OPTION, modalityOf } from "../layouts/gr00t/write/modality.ts";
import { buildNative, type NativeRecipe, nativeActions, nativeTables } from "../layouts/gr00t/write/native.ts";
import { rowColumns } from "../layouts/lerobot/write/columns.ts";
import { type EpisodeSummary, viewWants, watchEpisode } from "../layouts/lerobot/write/episode.ts";
import { VIDEO_OPTIONS } from "../layouts/lerobot/write/options.ts";
import { taskTable } from "../layouts/lerobot/write/place.ts";
import { buildRows, type RowsRecipe } from "../layouts/lerobot/write/rows.ts";
import { viewStreams } from "../layouts/lerobot/write/streams.ts";
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
    format: "2.1",
    wants(schema) {
      modalityOf(schema, viewStreams(schema), settings.modality);
      return viewWants(schema, settings, settings.nativeActions ? nativeActions(schema) : []);
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
    finish(view, made, context) {
      const { horizon } = settings;
      const of = {
        view,
        columns: columnsOf(view),
        modality: modalityOf(view.schema, viewStreams(view.schema), settings.modality),
        parts: made.parts,
        fingerprints: settings.for === "n1.7",
        native: settings.nativeActions && nativeActions(view.schema).length > 0,
        ...(horizon !== undefined && { horizon }),
      };
      return writeMeta(of, made, context.parts);
    },
  };
}

function columnsOf(view: ViewPlan) {
  return rowColumns(view.schema, viewStreams(view.schema), CHOICES);
}
