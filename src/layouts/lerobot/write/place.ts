import { TendonError } from "../../../core/errors.ts";
import type { PlacedPart, ViewPlan } from "../../../core/part.ts";
import type { EpisodeSummary } from "./episode.ts";
import type { ViewStreams } from "./streams.ts";

/** An episode of a view, with its numbers. A copy is an episode of its own. */
export interface ViewEpisode {
  readonly placed: PlacedPart<EpisodeSummary>;
  readonly episode: number;
  /** Of its first row among all rows of the view. */
  readonly index: number;
  readonly rows: number;
  /** Its instructions in order of appearance, never empty, and how many rows have each. */
  readonly tasks: readonly { readonly text: string; readonly index: number; readonly rows: number }[];
  /** Null where each row has its own. */
  readonly task: number | null;
}

/** Texts with their numbers, by first appearance. */
export interface TaskTable {
  indexOf(text: string): number;
  list(): readonly string[];
}

export function taskTable(): TaskTable {
  const indices = new Map<string, number>();
  return {
    indexOf(text) {
      const known = indices.get(text);
      if (known !== undefined) return known;
      indices.set(text, indices.size);
      return indices.size - 1;
    },
    list: () => [...indices.keys()],
  };
}

/** Numbers episodes and rows in the order given. An episode without an instruction has the empty one. */
export async function* numberEpisodes(
  view: ViewPlan,
  streams: ViewStreams,
  parts: AsyncIterable<PlacedPart<EpisodeSummary>>,
  tasks: TaskTable,
): AsyncGenerator<ViewEpisode> {
  let episode = 0;
  let index = 0;
  for await (const placed of parts) {
    checkCameras(view, streams, placed);
    const { summary } = placed.part;
    const own = streams.task && summary.texts[streams.task];
    const texts = own ?? { values: [placed.facts.task ?? ""], rows: [summary.rows] };
    for (let copy = 0; copy < placed.copies; copy++) {
      const found = texts.values.map((text, at) => ({ text, index: tasks.indexOf(text), rows: texts.rows[at]! }));
      yield { placed, episode, index, rows: summary.rows, tasks: found, task: own ? null : found[0]!.index };
      episode += 1;
      index += summary.rows;
    }
  }
}

/** Trainers want every camera in every episode, and one size of pictures. */
function checkCameras(view: ViewPlan, streams: ViewStreams, { part }: PlacedPart<EpisodeSummary>): void {
  for (const stream of streams.cameras) {
    const packets = part.packets[stream];
    const place = { episode: part.episode, stream };
    if (packets === undefined) {
      const message = `is missing here, and trainers want every camera in every episode of ${view.embodiment}; leave the camera out with \`- select\`, or the episodes without it`;
      throw new TendonError("bad-data", message, { place });
    }
    const [height, width] = view.schema.features[stream]!.shape;
    if (packets.height === height && packets.width === width) continue;
    const message = `is ${packets.width}x${packets.height} here and ${width}x${height} by the schema; one folder holds one size: add \`- resize\``;
    throw new TendonError("bad-data", message, { place });
  }
}
