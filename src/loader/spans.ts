import { join } from "node:path";
import { TendonError } from "../core/errors.ts";
import type { LoadedDataset } from "./dataset.ts";

/** Stretches of rows that windows stay within, in the order of the dataset: its episodes, or parts of them. */
export interface Spans {
  /** `[span]`: the episode's place in the dataset's list, its first row there, and how many rows. */
  readonly episode: Int32Array;
  readonly from: Int32Array;
  readonly length: Int32Array;
  /** `[span]`: what is done there; absent where rows have instructions of their own. */
  readonly text?: readonly string[];
}

/** Each episode whole, or the sub-tasks that `meta/episodes.jsonl` lists under `sub_tasks` (start, end, text; half-open), as GR00T reads them. */
export function spansOf(dataset: LoadedDataset, segments: "episode" | "sub_tasks"): Spans {
  const { lengths } = dataset;
  if (segments === "episode") {
    return { episode: Int32Array.from(lengths.keys()), from: new Int32Array(lengths.length), length: lengths };
  }
  const found = dataset.episodes.flatMap(({ subTasks = [] }, episode) =>
    subTasks.map(({ start, end, text }, at) => {
      const length = Math.min(end, lengths[episode]!) - start;
      if (start < 0 || length < 1) throw outside(dataset, episode, { at, start, end });
      return { episode, from: start, length, text };
    }),
  );
  if (found.length === 0) {
    const message = "lists no sub_tasks of any episode: leave `segments` out, or write them into each line";
    throw new TendonError("bad-pipeline", message, {
      place: { file: join(dataset.root, "meta/episodes.jsonl"), path: "segments" },
    });
  }
  return {
    episode: Int32Array.from(found, ({ episode }) => episode),
    from: Int32Array.from(found, ({ from }) => from),
    length: Int32Array.from(found, ({ length }) => length),
    text: found.map(({ text }) => text),
  };
}

function outside(
  { root, episodes, lengths }: LoadedDataset,
  episode: number,
  { at, start, end }: { at: number; start: number; end: number },
): TendonError {
  const message = `sub_tasks[${at}] of episode ${episodes[episode]!.index} is rows ${start} to ${end}, the episode has ${lengths[episode]}`;
  return new TendonError("bad-data", message, { place: { file: join(root, "meta/episodes.jsonl") } });
}
