import type { FramesBatch } from "../core/batch.ts";
import type { TimeRange } from "../core/time.ts";

/** The frames of a batch that are wanted: inside a half-open range, and among `only`, positions in `times`. Undefined where none is. */
export function pickFrames(
  frames: FramesBatch,
  wanted: { times: BigInt64Array; only?: readonly number[]; range?: TimeRange },
): FramesBatch | undefined {
  if (!wanted.only && !wanted.range) return frames;
  const picked: number[] = [];
  const only = wanted.only && new Set(wanted.only.map((frame) => wanted.times[frame]));
  frames.time.forEach((time, index) => {
    if (only && !only.has(time)) return;
    if (wanted.range && (time < wanted.range.start || time >= wanted.range.end)) return;
    picked.push(index);
  });
  if (picked.length === frames.time.length) return frames;
  return picked.length === 0 ? undefined : gatherFrames(frames, picked);
}

/** A batch of its own with just these frames. */
function gatherFrames(frames: FramesBatch, picked: readonly number[]): FramesBatch {
  const buffer = new SharedArrayBuffer(picked.length * frames.stride);
  const from = new Uint8Array(frames.frames);
  const to = new Uint8Array(buffer);
  const time = new BigInt64Array(picked.length);
  picked.forEach((source, target) => {
    to.set(from.subarray(source * frames.stride, (source + 1) * frames.stride), target * frames.stride);
    time[target] = frames.time[source]!;
  });
  const { valid: _valid, from: _from, ...rest } = frames;
  return { ...rest, time, frames: buffer };
}
