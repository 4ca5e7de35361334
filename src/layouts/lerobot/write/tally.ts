import type { PartReader, ViewPlan } from "../../../core/part.ts";
import { type CameraFacts, cameraFacts } from "./cameras.ts";
import { columnFeatures, type InfoFeature } from "./columns.ts";
import type { ViewEpisode } from "./place.ts";
import { type Rate, rateOf } from "./rational.ts";
import { robotOf } from "./robot.ts";
import type { RowColumn, RowsResult } from "./rows.ts";
import { splitOf, splitRanges } from "./splits.ts";
import { episodeStatistics, type StatisticsByFeature, viewStatistics } from "./statistics.ts";
import { viewStreams } from "./streams.ts";

/** What building an episode's rows told. */
export type BuiltEpisode = RowsResult["episodes"][number];

/** What `info.json` says of a view in every version of the format. */
export interface ViewFacts {
  readonly robot: string;
  readonly episodes: number;
  readonly frames: number;
  readonly cameras: number;
  readonly rateHz: number;
  readonly splits: { readonly [split: string]: string };
  readonly features: { readonly [name: string]: InfoFeature };
}

/** Adds up what is true of a whole view, episode by episode in canonical order. */
export interface ViewTally {
  readonly rate: Rate;
  /** Gives the statistics of this one. */
  add(episode: ViewEpisode, built: BuiltEpisode): StatisticsByFeature;
  facts(): ViewFacts;
  /** Of all rows. `tables` yields the key of each episode's parked table; it is called up to four times. */
  statistics(tables: () => AsyncIterable<string>, parts: PartReader): Promise<StatisticsByFeature>;
}

export function viewTally(view: ViewPlan, columns: readonly RowColumn[]): ViewTally {
  const { schema } = view;
  const streams = viewStreams(schema);
  const rate = rateOf(streams.rateHz);
  const cameras = new Map<string, CameraFacts>();
  for (const stream of streams.cameras) cameras.set(stream, cameraFacts(schema, stream, streams.rateHz));
  const statistics = viewStatistics(columns, rate);
  const splits = splitRanges();
  const robot = robotOf(view);
  let episodes = 0;
  let frames = 0;
  return {
    rate,
    add(episode, built) {
      const { facts, part } = episode.placed;
      statistics.add(episode, built);
      splits.add(splitOf(facts));
      robot.add(facts);
      for (const [stream, camera] of cameras) camera.add(part.packets[stream]!, part.summary.cameras[stream]!);
      episodes += 1;
      frames += episode.rows;
      return episodeStatistics(episode, built, rate);
    },
    facts: () => ({
      robot: robot.end(),
      episodes,
      frames,
      cameras: cameras.size,
      rateHz: streams.rateHz,
      splits: splits.end(),
      features: {
        ...Object.fromEntries([...cameras].map(([stream, camera]) => [stream, camera.feature()])),
        ...columnFeatures(schema, columns),
      },
    }),
    statistics: (tables, parts) => statistics.end(tables, parts),
  };
}
