import { join } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { DecodeJob } from "./decodeJob.ts";
import type { Look } from "./numberLane.ts";
import type { SeenFiles } from "./seenFiles.ts";

/** A job is cut behind so many rows, where the next group of pictures begins: threads share an episode, and nothing is decoded twice. */
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

/** A job, and why it cannot be done, if that is known already. */
export interface PlannedJob {
  readonly job: Omit<DecodeJob, "id" | "size" | "crop" | "looks" | "onError">;
  readonly refused?: TendonError;
}

/** One job an episode, or more for many rows: those that any window wants, each with all its places. */
export function jobsOf(dataset: LoadedDataset, stream: string, wanted: Wanted): PlannedJob[] {
  const group = Math.max(1, Math.round(dataset.keySpacings.get(stream) ?? 1));
  return [...wanted].flatMap(([episode, rows]) => {
    const { refused, ...place } = placeOf(dataset, stream, episode);
    return cut(rows, group).map((targets) => ({ job: { ...place, ...targets }, ...(refused && { refused }) }));
  });
}

function placeOf(
  { root, episodes, seen }: LoadedDataset,
  stream: string,
  episode: number,
): Pick<DecodeJob, "file" | "fromSec" | "toSec"> & Pick<PlannedJob, "refused"> {
  const video = episodes[episode]!.videos.get(stream);
  if (!video) {
    const message = `episode ${episodes[episode]!.index} has no video of it: pictures in tables are not loaded; convert them with \`tendon convert\``;
    return { file: root, refused: new TendonError("bad-data", message, { place: { file: root, stream } }) };
  }
  const { fromSec, toSec } = video;
  const file = join(root, video.file);
  return { file, ...changedSince(seen, file), ...(fromSec !== undefined && { fromSec }), ...(toSec !== undefined && { toSec }) };
}

/** Why a file is refused: it is not what it was when the loader first looked at it. */
export function changedSince(seen: SeenFiles, file: string): Pick<PlannedJob, "refused"> {
  try {
    seen.check(file);
    return {};
  } catch (thrown) {
    return { refused: asTendonError(thrown, "bad-data", { file }) };
  }
}

/** Rows with their targets, ascending. An episode begins with a key frame, so that every `group`th row is one. */
function cut(targets: ReadonlyMap<number, readonly number[]>, group: number): Pick<DecodeJob, "rows" | "starts" | "targets">[] {
  const sorted = Int32Array.from(targets.keys()).sort();
  const parts: Pick<DecodeJob, "rows" | "starts" | "targets">[] = [];
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && (to - from < JOB_ROWS_MIN || inOneGroup(sorted[to - 1]!, sorted[to]!, group))) to++;
    parts.push(partOf(sorted.slice(from, to), targets));
    from = to;
  }
  return parts;
}

function inOneGroup(row: number, next: number, group: number): boolean {
  return Math.floor(row / group) === Math.floor(next / group);
}

function partOf(
  rows: Int32Array,
  targets: ReadonlyMap<number, readonly number[]>,
): Pick<DecodeJob, "rows" | "starts" | "targets"> {
  const starts = new Int32Array(rows.length + 1);
  const all: number[] = [];
  rows.forEach((row, index) => {
    all.push(...targets.get(row)!);
    starts[index + 1] = all.length / TARGET;
  });
  return { rows, starts, targets: Float64Array.from(all) };
}

/** What is wanted of one camera. */
export function wantedOf(byStream: Map<string, Wanted>, stream: string): Wanted {
  const found = byStream.get(stream) ?? new Map();
  byStream.set(stream, found);
  return found;
}

/** A job with the looks that it needs, and no others. */
export function withLooks<J extends Pick<DecodeJob, "targets">>(job: J, all: readonly Look[]): J & Pick<DecodeJob, "looks"> {
  const looks: Look[] = [];
  if (all.length > 0) {
    const places = new Map<number, number>();
    for (let at = TARGET - 1; at < job.targets.length; at += TARGET) {
      const look = job.targets[at]!;
      if (!places.has(look)) places.set(look, looks.push(all[look]!) - 1);
      job.targets[at] = places.get(look)!;
    }
  }
  return { ...job, looks };
}
