import type { Batch, BytesBatch, Delivery, FramesBatch, PacketsBatch, RowsBatch, Want } from "../../src/core/batch.ts";
import type { Context } from "../../src/core/context.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { EpisodeSchema, Feature } from "../../src/core/feature.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import { sliceBatch } from "../../src/core/slice.ts";
import { NO_TIME } from "../../src/core/time.ts";
import { align } from "../../src/stages/align.ts";

export const MS = 1_000_000n;
export const CAMERA = "observation.images.head";
export const VIDEO: Feature = {
  dtype: "video",
  shape: [2, 2, 3],
  rateHz: 10,
  video: { codec: "h264", width: 2, height: 2, pixelFormat: "yuv420p" },
};

export const ms = (...times: number[]) => BigInt64Array.from(times, (time) => BigInt(time) * MS);
export const inMs = (times: BigInt64Array) => Array.from(times, (time) => (time === NO_TIME ? null : Number(time / MS)));
export const rows = (time: BigInt64Array, values: number[]): RowsBatch => ({
  kind: "rows",
  time,
  values: Float32Array.from(values),
});

export function text(time: BigInt64Array, texts: string[]): BytesBatch {
  const parts = texts.map((one) => new TextEncoder().encode(one));
  const offsets = new BigInt64Array(parts.length + 1);
  parts.forEach((part, at) => {
    offsets[at + 1] = offsets[at]! + BigInt(part.length);
  });
  return { kind: "bytes", time, offsets, bytes: Buffer.concat(parts) };
}

/** Frame i is twelve bytes of i. */
export function frames(time: BigInt64Array): FramesBatch {
  const buffer = new SharedArrayBuffer(time.length * 12);
  new Uint8Array(buffer).forEach((_, at, all) => {
    all[at] = Math.floor(at / 12);
  });
  return { kind: "frames", time, frames: buffer, format: "rgb24", height: 2, width: 2, stride: 12 };
}

export interface Recording {
  features: Record<string, Feature>;
  streams: Record<string, Batch>;
  grid?: EpisodeSchema["grid"];
  copy?: boolean;
  batchRows?: number;
}

/** As memoryEpisode, and frames know `only`, as the task's decoder does. */
export function record({ features, streams, grid, copy, batchRows }: Recording): Episode {
  const schema: EpisodeSchema = { key: "k", embodiment: "g1", features, ...(grid && { grid }) };
  const times = Object.fromEntries(
    Object.entries(streams)
      .filter(([name]) => features[name]!.dtype === "video")
      .map(([name, batch]) => [
        name,
        {
          key: Uint8Array.from(batch.time, (_, at) => (at % 2 === 0 ? 1 : 0)),
          ...(copy && { copy: { can: true as const, config: { codec: "h264", width: 2, height: 2 }, bFrames: false } }),
        },
      ]),
  );
  const id = "a/b";
  const base = memoryEpisode({ id, schema, streams, times, ...(batchRows && { batchRows }) });
  const read = (wants: readonly Want[], range?: { start: bigint; end: bigint }): AsyncIterable<Delivery> => {
    const picked = Object.fromEntries(
      wants.map((want, at) => {
        const batch = streams[want.stream]!;
        if (want.as === "packets") return [`${at}`, packets(batch.time)];
        return [`${at}`, want.as === "frames" && want.only ? only(batch as FramesBatch, want.only) : batch];
      }),
    );
    const asked = wants.map((want, at) => ({ ...want, stream: `${at}` }));
    return memoryEpisode({ id, schema, streams: picked, ...(batchRows && { batchRows }) }).read(asked, range);
  };
  return { ...base, read };
}

function only(batch: FramesBatch, places: readonly number[]): FramesBatch {
  const parts = places.map((at) => new Uint8Array(sliceBatch(batch, at, at + 1).frames).slice(0, batch.stride));
  const shared = new SharedArrayBuffer(places.length * batch.stride);
  parts.forEach((part, at) => {
    new Uint8Array(shared).set(part, at * batch.stride);
  });
  return { ...batch, time: BigInt64Array.from(places, (at) => batch.time[at]!), frames: shared };
}

function packets(time: BigInt64Array): PacketsBatch {
  return {
    kind: "packets",
    time,
    decodeTime: time,
    offsets: BigInt64Array.from({ length: time.length + 1 }, (_, at) => BigInt(at)),
    bytes: Uint8Array.from(time, (_, at) => at),
    key: Uint8Array.from(time, (_, at) => (at % 2 === 0 ? 1 : 0)),
    config: { codec: "h264", width: 2, height: 2 },
  };
}

export function listen() {
  const drops: { row?: number; reason: string }[] = [];
  const found: string[] = [];
  const context = {
    drop: (what: { row?: number }, reason: string) => drops.push({ ...(what.row !== undefined && { row: what.row }), reason }),
    find: (finding: { message: string }) => found.push(finding.message),
  } as unknown as Context;
  return { drops, found, context };
}

export async function aligned(episode: Episode, options: object = {}, ear = listen()): Promise<Episode> {
  const stage = align.create(align.options.parse(options));
  return (await stage.each(episode, ear.context)) as Episode;
}

/** All rows of one stream: values, what they came from, and which are missing. */
export async function all(episode: Episode, stream: string, as: "rows" | "bytes" = "rows") {
  const out = {
    time: [] as unknown[],
    values: [] as unknown[],
    first: [] as unknown[],
    last: [] as unknown[],
    valid: [] as number[],
  };
  for await (const { batch } of episode.read([{ stream, as }])) {
    out.time.push(...inMs(batch.time));
    out.first.push(...inMs(batch.from!.first));
    if (batch.from!.last) out.last.push(...inMs(batch.from!.last));
    out.valid.push(...(batch.valid ?? new Uint8Array(batch.time.length).fill(1)));
    if (batch.kind === "rows") out.values.push(...batch.values);
    if (batch.kind === "bytes") out.values.push(...batch.time.keys().map((at) => textAt(batch, at)));
  }
  return out;
}

const textAt = (batch: BytesBatch, at: number) =>
  new TextDecoder().decode(batch.bytes.subarray(Number(batch.offsets[at]), Number(batch.offsets[at + 1])));

export async function pictures(episode: Episode, want: Partial<Want & { as: "frames" }> = {}) {
  const out: number[] = [];
  const times: unknown[] = [];
  for await (const { batch } of episode.read([{ stream: CAMERA, as: "frames", format: "rgb24", ...want }])) {
    const bytes = new Uint8Array((batch as FramesBatch).frames);
    times.push(...inMs(batch.time));
    batch.time.forEach((_, at) => {
      out.push(bytes[at * 12 + 11]!);
    });
  }
  return { frames: out, times };
}

export const STATE: Feature = { dtype: "float32", shape: [1], rateHz: 25 };
