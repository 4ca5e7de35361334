import { join } from "node:path";
import type { Copy, StreamStatistics } from "../../../core/episode.ts";
import { TendonError } from "../../../core/errors.ts";
import type { VideoFile } from "../../../formats/video/demux.ts";
import { believed } from "./carried.ts";
import type { Described } from "./describe.ts";
import type { Entry } from "./entries.ts";
import { sizeOf } from "./files.ts";
import type { Note } from "./notes.ts";
import { rowTime } from "./rowTime.ts";
import type { VideoShelf } from "./shelf.ts";
import { copyObstacle, type Segment, segmentOf } from "./video.ts";

/** One camera of one episode. */
export interface Camera {
  readonly path: string;
  readonly segment: Segment;
  /** Frames that have a row. */
  readonly frames: number;
  readonly key: Uint8Array;
  readonly copy: Copy;
}

/** Where a camera's video is looked for. */
export interface CameraGiven {
  readonly entry: Entry;
  readonly shelf: VideoShelf;
}

/** Opens one camera's video and holds it against the table: its length, its size, how costly single frames are, whether it can be copied. */
export async function openCamera(
  described: Described,
  given: CameraGiven,
  key: string,
  rows: number,
  note: Note,
): Promise<Camera> {
  const { dataset } = described;
  const listed = given.entry.videos.get(key);
  const path = join(dataset.root, listed?.file ?? "");
  if (!listed || sizeOf(path) === null)
    throw new TendonError("not-found", `is not there: the video of ${key} is missing (copy it, or remove the episode)`, {
      place: { file: listed ? path : dataset.root, stream: key },
    });
  const video = await given.shelf.take(path);
  try {
    const expected = described.cameras.get(key)!;
    sameSize(video, expected, { file: path, stream: key });
    if (video.config.codec !== expected.codec)
      note("risk", `holds ${video.config.codec} where the first episode holds ${expected.codec}`, { stream: key });
    const segment = segmentOf(video, listed);
    const frames = Math.min(rows, segment.frames);
    compareLengths(segment.frames, rows, { key, rateHz: described.rateHz, video, note });
    const { key: keys, bFrames } = video.times();
    const own = keys.slice(segment.first, segment.first + frames);
    tellAccess(own, bFrames, key, note);
    const carried = await carriedOf(described, given.entry, { key, rows, frames: segment.frames }, note);
    const obstacle = copyObstacle(video, segment, frames);
    const copy: Copy =
      obstacle === undefined
        ? { can: true, config: video.config, bFrames, ...(carried && { carried }) }
        : { can: false, reason: obstacle };
    return { path, segment, frames, key: own, copy };
  } finally {
    await given.shelf.release(path);
  }
}

function sameSize(video: VideoFile, expected: { width: number; height: number }, place: { file: string; stream: string }): void {
  const { width, height } = video.config;
  if (width !== expected.width || height !== expected.height)
    throw new TendonError(
      "bad-data",
      `holds pictures of ${height}x${width}, other episodes ${expected.height}x${expected.width}`,
      { place },
    );
}

function compareLengths(
  frames: number,
  rows: number,
  { key, rateHz, video, note }: { key: string; rateHz: number; video: VideoFile; note: Note },
): void {
  if (frames < rows) {
    const at = { stream: key, startNs: `${rowTime(frames, rateHz)}`, endNs: `${rowTime(rows, rateHz)}` };
    note("broken", `the video has ${frames} frames for ${rows} rows: the last ${rows - frames} rows have no picture`, at);
  } else if (frames > rows) {
    const more = frames - rows;
    note(
      more > 2 ? "risk" : "note",
      `the video has ${frames} frames for ${rows} rows: frame i goes with row i, the last ${more} ${more === 1 ? "is" : "are"} not used`,
      {
        stream: key,
      },
    );
  }
  if (video.rotation !== 0)
    note("risk", `a player would turn the video by ${video.rotation} degrees; it is read as stored`, { stream: key });
}

/** Frames from one key frame to the next that are still quick to reach. */
const GROUP_USUAL = 32;

/** How costly it is to fetch single frames, as training does. */
function tellAccess(key: Uint8Array, bFrames: boolean, stream: string, note: Note): void {
  let since = 0;
  let longest = 0;
  let total = 0;
  let keys = 0;
  for (const each of key) {
    since = each === 1 ? 1 : since + 1;
    keys += each;
    total += since;
    longest = Math.max(longest, since);
  }
  const rare = longest > GROUP_USUAL;
  if (!rare && !bFrames) return;
  const access = `fetching one frame decodes ${Math.round(total / Math.max(1, key.length))} on average, ${longest} at worst`;
  const reordered = bFrames ? `${rare ? " and B-frames" : "B-frames"}` : "";
  const few = rare ? `${keys} key frame${keys === 1 ? "" : "s"} in ${key.length} frames` : "";
  note("risk", `${few}${reordered}: ${access}; encode it again for quick training`, { stream });
}

/** The statistics that the dataset brought for a stream of pictures, where they can be true. */
export async function carriedOf(
  { carried }: Described,
  entry: Entry,
  { key, rows, frames }: { key: string; rows: number; frames: number },
  note: Note,
): Promise<StreamStatistics | undefined> {
  const found = await carried.of(entry, key);
  if (!found) return undefined;
  const not = (why: string): undefined => {
    note("risk", `the statistics that came with the pictures are not kept: ${why}`, { stream: key });
  };
  if (frames !== rows) return not(`the video has ${frames} frames for ${rows} rows`);
  if (found.rows !== undefined && found.rows !== rows) return not(`they were made of ${found.rows} rows, there are ${rows}`);
  const statistics = believed(found.said, 3, frames);
  return typeof statistics === "string" ? not(`they cannot be true (${statistics})`) : statistics;
}
