import type { Batch, BytesBatch, FramesBatch, RowsBatch, Want } from "../../core/batch.ts";
import type { Episode } from "../../core/episode.ts";
import { type Feature, width } from "../../core/feature.ts";
import { toSeconds } from "../../core/time.ts";
import type { Watcher } from "../../core/watcher.ts";
import type { PreviewEpisode, PreviewStream } from "./types.ts";

/** Points of a plot: each has the least and greatest value of the samples in its part of the episode. */
export const BUCKETS = 400;
const COLUMNS_MAX = 64;
const FRAME_HEIGHT = 120;
const TEXTS_MAX = 20;
const TEXT_BYTES_MAX = 512;

/** One picture, `rgb` being `[height, width, 3]`. */
export interface Picture {
  readonly index: number;
  readonly time: bigint;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The numbers of a stream, thinned: `[column, bucket]`, NaN where there are none. */
export interface Plot {
  readonly low: readonly Float64Array[];
  readonly high: readonly Float64Array[];
  readonly names: readonly string[];
}

export interface Collected {
  readonly told: PreviewEpisode;
  readonly plots: ReadonlyMap<string, Plot>;
  readonly pictures: ReadonlyMap<string, readonly Picture[]>;
}

/** A watcher that keeps of an episode what a page shows: memory does not grow with its length. */
export async function collector(
  episode: Episode,
  options: { readonly frames: number; readonly done: (collected: Collected) => void },
): Promise<Watcher<null>> {
  const takers: Taker[] = [];
  for (const [stream, feature] of Object.entries(episode.schema.features)) {
    const { time } = await episode.times(stream);
    const taker = takerOf(stream, feature, { episode, time, frames: options.frames });
    if (taker) takers.push(taker);
  }
  const wanting = takers.filter(({ want }) => want !== undefined);
  return {
    wants: wanting.map(({ want }) => want!),
    push: (want, batch) => wanting[want]!.take(batch),
    close() {
      const { id, clock, span, schema, facts } = episode;
      const told = {
        episode: id,
        embodiment: schema.embodiment,
        ...(facts.task !== undefined && { task: facts.task }),
        clock,
        startNs: span.start.toString(),
        endNs: span.end.toString(),
        streams: takers.map((taker) => taker.told()),
      };
      const plots = takers.flatMap(({ name, plot }) => (plot ? [[name, plot] as const] : []));
      const pictures = takers.flatMap(({ name, pictures: own }) => (own ? [[name, own] as const] : []));
      options.done({ told, plots: new Map(plots), pictures: new Map(pictures) });
      return null;
    },
    abort: () => undefined,
  };
}

interface Taker {
  readonly name: string;
  readonly want?: Want;
  readonly plot?: Plot;
  readonly pictures?: readonly Picture[];
  take(batch: Batch): void;
  told(): PreviewStream;
}

interface TakerGiven {
  readonly episode: Episode;
  readonly time: BigInt64Array;
  readonly frames: number;
}

function takerOf(name: string, feature: Feature, given: TakerGiven): Taker | undefined {
  const { time } = given;
  const { dtype, shape, unit } = feature;
  const lastSec = time.length < 2 ? 0 : toSeconds(time[time.length - 1]! - time[0]!);
  const rateHz = lastSec > 0 ? Math.round(((time.length - 1) / lastSec) * 1000) / 1000 : null;
  const common: PreviewStream = { name, dtype, shape, ...(unit !== undefined && { unit }), samples: time.length, rateHz };
  if (dtype === "video") return pictureTaker(common, feature, given);
  if (dtype === "text") return textTaker(common);
  if (dtype === "bytes" || shape.includes("any")) return { name, take: () => undefined, told: () => common };
  return numberTaker(common, feature, given);
}

function pictureTaker(common: PreviewStream, { shape }: Feature, { time, frames }: TakerGiven): Taker {
  const only = positions(time.length, frames);
  const [height, wide] = shape as readonly [number, number];
  const scale = Math.min(1, FRAME_HEIGHT / height);
  const size = { height: Math.max(2, Math.round(height * scale)), width: Math.max(2, Math.round(wide * scale)) };
  const pictures: Picture[] = [];
  return {
    name: common.name,
    ...(only.length > 0 && { want: { stream: common.name, as: "frames", format: "rgb24", size, only } }),
    pictures,
    take(batch) {
      const { frames: bytes, stride, time: times, height: high, width: across } = batch as FramesBatch;
      for (let at = 0; at < times.length; at++) {
        const rgb = new Uint8Array(bytes, at * stride, across * high * 3).slice();
        pictures.push({ index: only[pictures.length] ?? 0, time: times[at]!, width: across, height: high, rgb });
      }
    },
    told: () => ({ ...common, frames: pictures.map(({ index, time: at }) => ({ index, timeNs: at.toString() })) }),
  };
}

/** Evenly from the first to the last. */
export function positions(count: number, wanted: number): number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, index) => index);
  if (wanted === 0) return [];
  if (wanted === 1) return [0];
  return Array.from({ length: wanted }, (_, index) => Math.round((index * (count - 1)) / (wanted - 1)));
}

function textTaker(common: PreviewStream): Taker {
  const texts = new Set<string>();
  const decoder = new TextDecoder();
  return {
    name: common.name,
    want: { stream: common.name, as: "bytes" },
    take(batch) {
      const { bytes, offsets, valid, time } = batch as BytesBatch;
      for (let row = 0; row < time.length && texts.size < TEXTS_MAX; row++) {
        const [from, to] = [Number(offsets[row]), Number(offsets[row + 1])];
        if (valid?.[row] !== 0) texts.add(decoder.decode(bytes.subarray(from, Math.min(to, from + TEXT_BYTES_MAX))));
      }
    },
    told: () => ({ ...common, texts: [...texts] }),
  };
}

function numberTaker(common: PreviewStream, feature: Feature, { episode }: TakerGiven): Taker {
  const count = width(feature);
  const shown = Math.min(count, COLUMNS_MAX);
  const empty = () => Array.from({ length: shown }, () => new Float64Array(BUCKETS).fill(Number.NaN));
  const plot = { low: empty(), high: empty(), names: feature.names ?? Array.from({ length: shown }, (_, column) => `${column}`) };
  const { start, end } = episode.span;
  const perBucket = Number(end - start) / BUCKETS || 1;
  let [min, max, missing] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  const put = (value: number, column: number, bucket: number) => {
    if (!Number.isFinite(value)) return void missing++;
    if (value < min) min = value;
    if (value > max) max = value;
    if (column >= shown) return;
    if (!(plot.low[column]![bucket]! <= value)) plot.low[column]![bucket] = value;
    if (!(plot.high[column]![bucket]! >= value)) plot.high[column]![bucket] = value;
  };
  return {
    name: common.name,
    want: { stream: common.name, as: "rows" },
    plot,
    take(batch) {
      const { values, time, valid } = batch as RowsBatch;
      const whole = valid?.length === time.length;
      for (let row = 0; row < time.length; row++) {
        const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor(Number(time[row]! - start) / perBucket)));
        for (let column = 0; column < count; column++) {
          const there = valid?.[whole ? row : row * count + column] !== 0;
          put(there ? Number(values[row * count + column]) : Number.NaN, column, bucket);
        }
      }
    },
    told: () => ({ ...common, ...(min <= max && { min, max }), ...(missing > 0 && { missing }) }),
  };
}
