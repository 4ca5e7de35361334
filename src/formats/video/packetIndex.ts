/** When the packets of a track are shown, in decode order: as a container tells, ticks of `timescale` to the second. */
export interface PacketTicks {
  readonly timescale: number;
  readonly ticks: Float64Array;
  /** 1 where the container says that decoding can begin. */
  readonly key: Uint8Array;
}

/** The same in nanoseconds, and what follows from it. */
export interface PacketIndex {
  /** Presentation times, in decode order. */
  readonly time: BigInt64Array;
  /** Ascending by at least a tick, never after `time`. */
  readonly decodeTime: BigInt64Array;
  /** In decode order: 1 where a packet starts a closed group. */
  readonly key: Uint8Array;
  /** Pictures are decoded in another order than they are shown. */
  readonly bFrames: boolean;
  readonly rateHz: number;
}

/** When the frames of a file are shown. */
export interface VideoTimes {
  /** Nanoseconds from the zero of the file's own timeline, ascending, one a frame. */
  readonly time: BigInt64Array;
  /** 1 where a frame starts a closed group: it and all after it decode without what is before. */
  readonly key: Uint8Array;
  /** Frames are decoded in another order than they are shown. */
  readonly bFrames: boolean;
}

/**
 * Decode times are not asked of the container: they are the presentation times in ascending order,
 * moved back by as much as reordering needs. All muxers write them so for a steady rate.
 */
export function indexPackets({ timescale, ticks, key }: PacketTicks): PacketIndex {
  const ascending = ticks.toSorted();
  let delay = 0;
  for (let i = 0; i < ticks.length; i++) delay = Math.max(delay, ascending[i]! - ticks[i]!);
  const count = ticks.length;
  const time = new BigInt64Array(count);
  const decodeTime = new BigInt64Array(count);
  for (let i = 0; i < count; i++) {
    time[i] = ticksToTime(ticks[i]!, timescale);
    decodeTime[i] = delay === 0 ? time[i]! : ticksToTime(ascending[i]! - delay, timescale);
  }
  return { time, decodeTime, key: closedGroups(ticks, key), bFrames: delay > 0, rateHz: rateOf(ascending, timescale) };
}

/** `ticks / timescale` seconds to the nearest nanosecond, halves up. */
export function ticksToTime(ticks: number, timescale: number): bigint {
  const scale = BigInt(timescale);
  const doubled = 2n * 1_000_000_000n * BigInt(ticks) + scale;
  const quotient = doubled / (2n * scale);
  return doubled < 0n && quotient * 2n * scale !== doubled ? quotient - 1n : quotient;
}

/**
 * The steady rate that the frames follow, each within a tick of `i / rate`; where there is none, the
 * mean rate. 0 for fewer than two frames.
 */
export function rateOf(ascending: Float64Array, timescale: number): number {
  const count = ascending.length;
  const first = ascending[0] ?? 0;
  const span = (ascending[count - 1] ?? 0) - first;
  if (count < 2 || span <= 0) return 0;
  const mean = ((count - 1) * timescale) / span;
  const ntsc = (Math.round((mean * 1001) / 1000) * 1000) / 1001;
  const step = span / (count - 1);
  const candidates = Number.isInteger(step) ? [timescale / step] : [Math.round(mean), ntsc];
  for (const rate of candidates) {
    if (rate > 0 && follows(ascending, first, timescale / rate)) return rate;
  }
  return mean;
}

function follows(ascending: Float64Array, first: number, step: number): boolean {
  for (let i = 0; i < ascending.length; i++) {
    if (Math.abs(ascending[i]! - first - i * step) > 1) return false;
  }
  return true;
}

/** A key packet that is followed, in decode order, by a picture shown before it starts an open group: that picture needs the group before. */
function closedGroups(ticks: Float64Array, key: Uint8Array): Uint8Array {
  const closed = key.slice();
  let start = -1;
  for (let i = 0; i < ticks.length; i++) {
    if (key[i] === 1) start = i;
    else if (start > 0 && ticks[i]! < ticks[start]!) closed[start] = 0;
  }
  return closed;
}

/** The frames as they are shown, without those that are hidden. */
export function presentedFrames(index: PacketIndex): VideoTimes {
  const { bFrames } = index;
  const order = bFrames ? new Map(Array.from(index.time, (time, place) => [time, place])) : undefined;
  const sorted = bFrames ? index.time.toSorted() : index.time;
  const key = order ? Uint8Array.from(sorted, (time) => index.key[order.get(time)!]!) : index.key;
  let first = 0;
  while (first < sorted.length && sorted[first]! < 0n) first++;
  return { time: sorted.subarray(first), key: key.subarray(first), bFrames };
}
