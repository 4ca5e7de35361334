import type { Delivery, FramesBatch, PacketsBatch, Want } from "../core/batch.ts";
import type { Codecs, Decoder, DecodeWant } from "../core/codecs.ts";
import type { Episode, StreamTimes } from "../core/episode.ts";
import { asTendonError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { cropBatch, sliceBatch } from "../core/slice.ts";
import type { TimeRange } from "../core/time.ts";
import { pickFrames } from "./frames.ts";
import { rendezvous } from "./rendezvous.ts";
import { uniteWants } from "./wants.ts";

type FramesWant = Want & { readonly as: "frames" };

/**
 * An episode whose source gives packets, made to give frames too. In one read each stream has one
 * decoder, whatever the number of wants; where all wants name single frames, only the groups that
 * hold them are decoded.
 */
export function decodedEpisode(episode: Episode, codecs: Codecs, skipped: Skipped = () => undefined): Episode {
  return {
    ...episode,
    times: (stream) => episode.times(stream),
    read: (wants, range) => readDecoded({ episode, codecs, skipped }, wants, range),
  };
}

/** Told of coded pictures of a stream that gave no frame, once a read. */
export type Skipped = (stream: string, pictures: number) => void;

interface Decoding {
  readonly episode: Episode;
  readonly codecs: Codecs;
  readonly skipped: Skipped;
}

async function* readDecoded(
  { episode, codecs, skipped }: Decoding,
  wants: readonly Want[],
  range?: TimeRange,
): AsyncGenerator<Delivery> {
  const frames = wants.flatMap((want, index) => (want.as === "frames" ? [{ want, index }] : []));
  if (frames.length === 0) {
    yield* episode.read(wants, range);
    return;
  }
  const streams = [...new Set(frames.map(({ want }) => want.stream))];
  const packetWants = streams.map((stream): Want => ({ stream, as: "packets", encoding: "as recorded" }));
  const inner = uniteWants([wants.filter((want) => want.as !== "frames"), packetWants]);
  const passed = wants.flatMap((want, index) => (want.as === "frames" ? [] : [index]));
  const times = await Promise.all(streams.map((stream) => episode.times(stream)));
  const decodable = range && decodableRange(range, times);
  const taps = streams.map((stream, index) => {
    const own = frames.filter(({ want }) => want.stream === stream);
    return new StreamDecoder(codecs, own, times[index]!, { wanted: range ?? episode.span, read: decodable });
  });
  yield* rendezvous<Delivery>(async (emit) => {
    try {
      for await (const { want, batch } of episode.read(inner.wants, decodable)) {
        for (const route of inner.routes[want]!) {
          if (route.reader === 1)
            await decode(episode, streams[route.want]!, () => taps[route.want]!.push(batch as PacketsBatch, emit));
          else {
            const inside = range ? cropBatch(batch, range) : batch;
            if (inside) await emit({ want: passed[route.want]!, batch: inside });
          }
        }
      }
      for (const [index, tap] of taps.entries()) {
        await decode(episode, streams[index]!, () => tap.flush(emit));
        if (tap.skipped > 0) skipped(streams[index]!, tap.skipped);
      }
    } finally {
      for (const tap of taps) await tap.close();
    }
  });
}

async function decode(episode: Episode, stream: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    throw asTendonError(thrown, "bad-data", { episode: episode.id, stream });
  }
}

/** One stream's decoder and the wants that share it. */
class StreamDecoder {
  readonly #codecs: Codecs;
  readonly #targets: readonly { readonly index: number; readonly decodeWant: number; readonly only?: readonly number[] }[];
  readonly #decodeWants: readonly DecodeWant[];
  readonly #times: StreamTimes;
  /** Frames outside are what decoding took along: those before the span's first row, or behind its last. */
  readonly #range: TimeRange;
  /** Which groups of pictures are needed, by their first frame; absent: all. */
  readonly #needed: Uint8Array | undefined;
  #decoder: Decoder | undefined;
  #packet = 0;

  constructor(
    codecs: Codecs,
    wants: readonly { want: FramesWant; index: number }[],
    times: StreamTimes,
    range: { readonly wanted: TimeRange; readonly read: TimeRange | undefined },
  ) {
    this.#codecs = codecs;
    this.#times = times;
    this.#range = range.wanted;
    if (range.read) this.#packet = firstAtOrAfter(times.time, range.read.start);
    const formats = new Map<string, number>();
    const decodeWants: (Omit<DecodeWant, "only"> & { only: Set<number> | "all" })[] = [];
    this.#targets = wants.map(({ want, index }) => {
      const { format, size, orPlanes } = want;
      const shape: DecodeWant = { format, ...(size && { size }), ...(orPlanes && { orPlanes }) };
      const key = canonicalJson(shape);
      if (!formats.has(key)) formats.set(key, decodeWants.push({ ...shape, only: new Set() }) - 1);
      const decodeWant = formats.get(key)!;
      const united = decodeWants[decodeWant]!;
      if (!want.only) united.only = "all";
      else if (united.only !== "all") for (const frame of want.only) united.only.add(frame);
      return { index, decodeWant, ...(want.only && { only: want.only }) };
    });
    this.#decodeWants = decodeWants.map(({ only, ...want }) =>
      only === "all" ? want : { ...want, only: new Set([...only].map((frame) => times.time[frame]!)) },
    );
    this.#needed = neededFrames(wants, times);
  }

  get skipped(): number {
    return this.#decoder?.skipped ?? 0;
  }

  async push(packets: PacketsBatch, emit: (delivery: Delivery) => Promise<void>): Promise<void> {
    for (const part of this.#neededRuns(packets)) {
      this.#decoder ??= await this.#codecs.decoder(part.config, this.#decodeWants);
      await this.#decoder.push(part, (want, frames) => this.#deliver(want, frames, emit));
    }
  }

  async flush(emit: (delivery: Delivery) => Promise<void>): Promise<void> {
    await this.#decoder?.flush((want, frames) => this.#deliver(want, frames, emit));
  }

  async close(): Promise<void> {
    await this.#decoder?.[Symbol.asyncDispose]();
  }

  async #deliver(decodeWant: number, frames: FramesBatch, emit: (delivery: Delivery) => Promise<void>): Promise<void> {
    for (const target of this.#targets) {
      if (target.decodeWant !== decodeWant) continue;
      const batch = pickFrames(frames, {
        times: this.#times.time,
        ...(target.only && { only: target.only }),
        range: this.#range,
      });
      if (batch) await emit({ want: target.index, batch });
    }
  }

  /** The packets of groups that are needed, as few batches as possible. Packet i is frame i, since `#needed` exists only without B-frames. */
  *#neededRuns(packets: PacketsBatch): Generator<PacketsBatch> {
    const first = this.#packet;
    this.#packet += packets.time.length;
    if (!this.#needed) {
      yield packets;
      return;
    }
    let start = 0;
    for (let index = 0; index <= packets.time.length; index++) {
      if (index < packets.time.length && this.#needed[first + index]) continue;
      if (index > start) yield sliceBatch(packets, start, index);
      start = index + 1;
    }
  }
}

/** The range to read so that all frames inside `range` can be decoded: from a key frame at or before it, and with B-frames to a key frame behind it. */
function decodableRange(range: TimeRange, streams: readonly StreamTimes[]): TimeRange {
  let { start, end } = range;
  for (const { time, key, copy } of streams) {
    if (!key) continue;
    let first = firstAtOrAfter(time, range.start + 1n) - 1;
    while (first > 0 && !key[first]) first--;
    if (first >= 0 && time[first]! < start) start = time[first]!;
    if (!copy?.can || !copy.bFrames) continue;
    let last = firstAtOrAfter(time, range.end);
    while (last < time.length && !key[last]) last++;
    const until = (time[Math.min(last, time.length - 1)] ?? end) + 1n;
    if (until > end) end = until;
  }
  return { start, end };
}

function firstAtOrAfter(times: BigInt64Array, time: bigint): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 1 for each frame that must be decoded to have the wanted ones: from their group's key frame on. Absent where all are, or where it is not known. */
function neededFrames(wants: readonly { want: FramesWant }[], times: StreamTimes): Uint8Array | undefined {
  const { key, copy } = times;
  if (!key || (copy?.can && copy.bFrames) || wants.some(({ want }) => !want.only)) return undefined;
  const needed = new Uint8Array(times.time.length);
  for (const { want } of wants) {
    for (const frame of want.only!) {
      for (let index = frame; index >= 0 && !needed[index]; index--) {
        needed[index] = 1;
        if (key[index]) break;
      }
    }
  }
  return needed;
}
