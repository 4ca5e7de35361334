import type { StreamFacts, TextTrack } from "./model.ts";
import type { RowsOfEpisode } from "./rows.ts";

/** Stands for a missing value. */
export const MISSING = 65535;
const STEPS = 65534;

/**
 * An episode's samples as the page decodes them, little-endian: uint32 points; float32 seconds
 * `[point]`; uint32 row `[point]`; float32 low and high of each channel; uint16 `[channel, point]` from
 * low (0) to high (65534). Where there are more rows than points, each pair of points holds the least
 * and the greatest value of its rows, in the order in which they came, so no spike is lost.
 */
export function packSamples(rows: RowsOfEpisode, pointsMax: number): { bytes: Uint8Array; points: number; every: number } {
  const count = rows.seconds.length;
  const thin = count > pointsMax;
  const buckets = Math.floor(pointsMax / 2);
  const points = thin ? buckets * 2 : count;
  const width = rows.channels.length;
  const bytes = new Uint8Array(sampleBytes(points, width));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, points, true);
  const seconds = new Float32Array(bytes.buffer, 4, points);
  const places = new Uint32Array(bytes.buffer, 4 + 4 * points, points);
  for (let point = 0; point < points; point++) {
    const row = thin ? Math.floor((point * count) / points) : point;
    seconds[point] = rows.seconds[row]!;
    places[point] = row;
  }
  const ranges = new Float32Array(bytes.buffer, 4 + 8 * points, 2 * width);
  const values = new Uint16Array(bytes.buffer, 4 + 8 * points + 8 * width, points * width);
  for (const [channel, column] of rows.channels.entries()) {
    const { low, high } = rangeOf(column);
    ranges[2 * channel] = low;
    ranges[2 * channel + 1] = high;
    const thinned = thin ? extremes(column, buckets) : column;
    const scale = high > low ? STEPS / (high - low) : 0;
    for (let point = 0; point < points; point++) {
      const value = thinned[point]!;
      values[channel * points + point] = Number.isFinite(value) ? Math.round((value - low) * scale) : MISSING;
    }
  }
  return { bytes, points, every: thin ? count / points : 1 };
}

/** The size of a block before it is written as text. */
export function sampleBytes(points: number, channels: number): number {
  return 4 + 8 * points + 8 * channels + 2 * points * channels;
}

function rangeOf(column: Float64Array): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of column) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}

/** The least and the greatest value of each bucket, in the order in which they came. */
export function extremes(column: Float64Array, buckets: number): Float64Array {
  const out = new Float64Array(2 * buckets).fill(Number.NaN);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * column.length) / buckets);
    const end = Math.floor(((bucket + 1) * column.length) / buckets);
    let low = -1;
    let high = -1;
    for (let row = start; row < end; row++) {
      const value = column[row]!;
      if (!Number.isFinite(value)) continue;
      if (low < 0 || value < column[low]!) low = row;
      if (high < 0 || value > column[high]!) high = row;
    }
    if (low < 0) continue;
    out[2 * bucket] = column[Math.min(low, high)]!;
    out[2 * bucket + 1] = column[Math.max(low, high)]!;
  }
  return out;
}

/** The channels of all streams together. */
export function channelCount(streams: readonly StreamFacts[]): number {
  return streams.reduce((sum, { names }) => sum + names.length, 0);
}

const TEXTS_MAX = 200;

/** Texts that change within the episode, as the times at which they do. */
export function textTracks(texts: RowsOfEpisode["texts"], seconds: Float64Array): TextTrack[] {
  const tracks: TextTrack[] = [];
  for (const [stream, all] of texts) {
    const from: number[] = [];
    const text: string[] = [];
    for (const [row, one] of all.entries()) {
      if (text.at(-1) === one || text.length === TEXTS_MAX) continue;
      from.push(seconds[row]!);
      text.push(one);
    }
    if (text.length > 1 || (stream !== "task" && text.length === 1)) tracks.push({ stream, from, text });
  }
  return tracks;
}
