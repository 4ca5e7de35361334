import type { Batch, PacketsBatch } from "../../../core/batch.ts";
import { sliceBatch } from "../../../core/slice.ts";
import type { VideoFile } from "../../../formats/video/demux.ts";
import { rowTime } from "./rowTime.ts";

/** The frames of a file that belong to one episode: `first` to `first + frames` in presentation order. */
export interface Segment {
  readonly first: number;
  readonly frames: number;
}

/** The frames of a file that are shown in a half-open range of its seconds; without one, all. */
export function segmentOf(video: VideoFile, seconds: { fromSec?: number; toSec?: number }): Segment {
  const { time } = video.times();
  if (seconds.fromSec === undefined) return { first: 0, frames: time.length };
  // Seconds were written as doubles of i / fps: half a frame is wide enough for them and still unambiguous.
  const half = video.rateHz > 0 ? 0.5 / video.rateHz : 0;
  const first = firstAtOrAfter(time, seconds.fromSec - half);
  const end = seconds.toSec === undefined ? time.length : firstAtOrAfter(time, seconds.toSec - half);
  return { first, frames: Math.max(0, end - first) };
}

function firstAtOrAfter(times: BigInt64Array, seconds: number): number {
  const time = BigInt(Math.round(seconds * 1e9));
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Why the first `frames` frames of a segment cannot be taken without decoding; undefined where they can. */
export function copyObstacle(video: VideoFile, segment: Segment, frames: number): string | undefined {
  const { key, bFrames } = video.times();
  if (frames === 0) return "it has no frame";
  if (key[segment.first] !== 1) return `its first frame (${segment.first} of the file) is no key frame`;
  const end = segment.first + frames;
  if (bFrames && end < video.frames && key[end] !== 1)
    return `its frames end within a group of pictures with B-frames (at ${end} of ${video.frames})`;
  if (video.hidden > 0 && segment.first === 0) return `the file hides ${video.hidden} frames before its first`;
  return undefined;
}

/** What of a segment is wanted: rows `start` to `end` (half-open); frame i of the segment gets the time of row i. */
export interface PacketWants {
  readonly segment: Segment;
  readonly start: number;
  readonly end: number;
  readonly rateHz: number;
}

/**
 * The packets of rows `start` to `end` in decode order. Where the first is no key frame, those from
 * the key frame before come first, with earlier (in v3.0 even negative) times; with B-frames, later
 * ones that are needed come along. Who decodes leaves out the frames outside the range.
 */
export async function* readPackets(video: VideoFile, wants: PacketWants): AsyncGenerator<Batch> {
  const { segment, start, end, rateHz } = wants;
  let missing = end - start;
  if (missing <= 0) return;
  let place: number | undefined;
  let delay = 0;
  for await (const batch of video.packets({ fromFrame: segment.first + start })) {
    if (place === undefined) {
      place = placeOf(video, batch.time[0]!) - segment.first;
      delay = framesLate(video, batch);
    }
    const count = batch.time.length;
    const time = new BigInt64Array(count);
    const decodeTime = new BigInt64Array(count);
    let used = 0;
    for (; used < count && missing > 0; used++) {
      const row = placeOf(video, batch.time[used]!) - segment.first;
      time[used] = rowTime(row, rateHz);
      decodeTime[used] = rowTime(place - delay, rateHz);
      place++;
      if (row >= start && row < end) missing--;
    }
    yield sliceBatch({ ...batch, time, decodeTime }, 0, used);
    if (missing === 0) return;
  }
}

/** By how many frames decoding runs ahead of showing. */
function framesLate(video: VideoFile, first: PacketsBatch): number {
  if (!video.times().bFrames || video.rateHz === 0) return 0;
  return Math.max(0, Math.round((Number(first.time[0]! - first.decodeTime[0]!) / 1e9) * video.rateHz));
}

/** The place of a frame by its exact time; hidden frames stand before 0, a frame's time apart. */
function placeOf(video: VideoFile, time: bigint): number {
  const { time: shown } = video.times();
  const early = (shown[0] ?? 0n) - time;
  if (early > 0n) return -Math.max(1, Math.round((Number(early) / 1e9) * video.rateHz));
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (shown[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
