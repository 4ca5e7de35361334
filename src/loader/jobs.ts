import { join } from "node:path";
import { TendonError } from "../core/errors.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { DecodeJob } from "./decodeThread.ts";

/** A job is cut after so many groups of pictures, so that threads share an episode: at most one group more is decoded for each cut. */
const JOB_GROUPS = 4;
const JOB_ROWS_MIN = 16;
/** Numbers of one target. */
export const TARGET = 3;

/**
 * Where pictures go: by the place of an episode in the dataset's list, then by row, threes of a slot, a place in it, and
 * the place of a look in the unit's list, -1 for none.
 */
export type Wanted = Map<number, Map<number, number[]>>;

/** Notes that a picture is wanted. */
export function want(
  wanted: Wanted,
  picture: { readonly episode: number; readonly row: number },
  { slot, at, look }: { readonly slot: number; readonly at: number; readonly look: number },
): void {
  const { episode, row } = picture;
  const ofEpisode = wanted.get(episode) ?? new Map<number, number[]>();
  wanted.set(episode, ofEpisode);
  const targets = ofEpisode.get(row);
  if (targets) targets.push(slot, at, look);
  else ofEpisode.set(row, [slot, at, look]);
}

/** One job an episode, or more for many rows: those that any window wants, each with all its places. */
export function jobsOf(
  dataset: LoadedDataset,
  stream: string,
  wanted: Wanted,
): Omit<DecodeJob, "id" | "size" | "crop" | "looks" | "onError">[] {
  const rowsMax = Math.max(JOB_ROWS_MIN, Math.ceil(JOB_GROUPS * (dataset.keySpacings.get(stream) ?? 1)));
  return [...wanted].flatMap(([episode, rows]) => {
    const place = placeOf(dataset, stream, episode);
    return cut(rows, rowsMax).map((targets) => ({ ...place, ...targets }));
  });
}

function placeOf(
  { root, episodes }: LoadedDataset,
  stream: string,
  episode: number,
): Pick<DecodeJob, "file" | "fromSec" | "toSec"> {
  const video = episodes[episode]!.videos.get(stream);
  if (!video) {
    const message = `episode ${episodes[episode]!.index} has no video of it: pictures in tables are not loaded; convert them with \`tendon convert\``;
    throw new TendonError("bad-data", message, { place: { file: root, stream } });
  }
  const { fromSec, toSec } = video;
  return { file: join(root, video.file), ...(fromSec !== undefined && { fromSec }), ...(toSec !== undefined && { toSec }) };
}

/** Rows with their targets, ascending, at most `rowsMax` together. */
function cut(targets: ReadonlyMap<number, readonly number[]>, rowsMax: number): Pick<DecodeJob, "rows" | "starts" | "targets">[] {
  const sorted = [...targets.keys()].sort((a, b) => a - b);
  const count = Math.ceil(sorted.length / rowsMax);
  return Array.from({ length: count }, (_, part) => {
    const rows = sorted.slice(Math.floor((part * sorted.length) / count), Math.floor(((part + 1) * sorted.length) / count));
    const starts = new Int32Array(rows.length + 1);
    rows.forEach((row, index) => {
      starts[index + 1] = starts[index]! + targets.get(row)!.length / TARGET;
    });
    return { rows: Int32Array.from(rows), starts, targets: Float64Array.from(rows.flatMap((row) => targets.get(row)!)) };
  });
}
