import type {
  Batch,
  BytesBatch,
  CodecConfig,
  Delivery,
  FramesBatch,
  PacketsBatch,
  PixelFormat,
  RowsBatch,
  Size,
  Want,
} from "../../src/core/batch.ts";
import { frameBytes } from "../../src/core/batch.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { EpisodeSchema, Feature } from "../../src/core/feature.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import { mergeByTime } from "../../src/core/merge.ts";
import type { TimeRange } from "../../src/core/time.ts";

/** A made-up recording for the suite of stages: two cameras, joints, commands, a flag and text, each at its own rate or all on rows. */
export interface Recording {
  readonly durationMs: number;
  readonly batchRows: number;
  /** Whether streams share their times, as after `align` or from a LeRobot folder. */
  readonly onRows: boolean;
}

const HEAD = "observation.images.head";
const WRIST = "observation.images.wrist";
const CONFIG: CodecConfig = { codec: "h264", width: 8, height: 4 };
const VIDEO: Feature = {
  dtype: "video",
  shape: [4, 8, 3],
  video: { codec: "h264", width: 8, height: 4, pixelFormat: "yuv420p" },
};
const RATES: Record<string, number> = {
  [HEAD]: 10,
  [WRIST]: 15,
  "arm.position": 50,
  "action.arm.position": 20,
  contact: 25,
  count: 40,
  task: 2,
};
const FEATURES: Record<string, Feature> = {
  [HEAD]: VIDEO,
  [WRIST]: VIDEO,
  "arm.position": { dtype: "float64", shape: [3], names: ["a", "b", "c"], unit: "rad" },
  "action.arm.position": { dtype: "float32", shape: [2], names: ["a", "b"] },
  contact: { dtype: "bool", shape: [] },
  count: { dtype: "int64", shape: [2] },
  task: { dtype: "text", shape: [] },
};

/** The recording as an episode. Frames come in whatever format and size is asked for, as from the task's decoder. */
export function recorded(recording: Recording): Episode {
  const rate = (stream: string) => (recording.onRows ? 10 : RATES[stream]!);
  const features = Object.fromEntries(
    Object.entries(FEATURES).map(([name, feature]) => [name, { ...feature, rateHz: rate(name) }]),
  );
  const names = Object.keys(features);
  const schema: EpisodeSchema = {
    key: "suite",
    embodiment: "robot",
    features,
    ...(recording.onRows && { grid: { rateHz: 10, streams: names, camera: HEAD } }),
  };
  const streams = Object.fromEntries(names.map((name) => [name, samples(name, timesAt(recording, rate(name)))]));
  const id = "source/recording";
  const span = { start: 0n, end: BigInt(Math.max(1, recording.durationMs)) * 1_000_000n };
  const videoTimes = { copy: { can: true, config: CONFIG, bFrames: false } } as const;
  const times = { [HEAD]: videoTimes, [WRIST]: videoTimes };
  const memory = memoryEpisode({ id, schema, streams, span, times, batchRows: recording.batchRows });
  return {
    ...memory,
    read: (wants, range) =>
      mergeByTime(
        wants.map((want) => one(want.as === "frames" ? decoded(want, streams, recording, range) : memory.read([want], range))),
      ),
  };
}

/** The same episode, whose batches become garbage as soon as the next is asked for. */
export function poisoned(episode: Episode): Episode {
  return {
    ...episode,
    read: async function* (wants, range): AsyncGenerator<Delivery> {
      for await (const { want, batch } of episode.read(wants, range)) {
        const copy = structuredClone(batch);
        const own = copy.kind === "frames" ? { ...copy, frames: (batch as FramesBatch).frames.slice(0) } : copy;
        yield { want, batch: own };
        spoil(own);
      }
    },
  };
}

/** What a consumer got of one stream, all batches behind one another. */
export interface Got {
  readonly time: bigint[];
  readonly samples: string[];
  readonly valid: string[];
  readonly from: string[];
}

/** Reads every stream of an episode in one pass. */
export async function readAll(episode: Episode, range?: TimeRange, streams = Object.keys(episode.schema.features)) {
  const wants = streams.map((stream) => wantOf(episode.schema, stream));
  const got = new Map<string, Got>(streams.map((stream) => [stream, { time: [], samples: [], valid: [], from: [] }]));
  for await (const { want, batch } of episode.read(wants, range)) append(got.get(streams[want]!)!, batch);
  return got;
}

/** How a stream is read: pictures in colour, all else as it is. */
export function wantOf(schema: EpisodeSchema, stream: string): Want {
  const { dtype } = schema.features[stream]!;
  if (dtype === "video") return { stream, as: "frames", format: "rgb24" };
  return { stream, as: dtype === "text" || dtype === "bytes" ? "bytes" : "rows" };
}

function append(got: Got, batch: Batch): void {
  const count = batch.time.length;
  for (let at = 0; at < count; at++) {
    got.time.push(batch.time[at]!);
    got.samples.push(sampleText(batch, at));
    const wide = batch.valid ? batch.valid.length / count : 0;
    got.valid.push(batch.valid ? batch.valid.subarray(at * wide, (at + 1) * wide).join("") : "1");
    if (batch.from) got.from.push(`${batch.from.first[at]} ${batch.from.last?.[at] ?? batch.from.first[at]}`);
  }
}

function sampleText(batch: Batch, at: number): string {
  if (batch.kind === "rows") {
    const width = batch.values.length / batch.time.length;
    return batch.values.subarray(at * width, (at + 1) * width).join(" ");
  }
  if (batch.kind === "frames") return Buffer.from(batch.frames, at * batch.stride, batch.stride).toString("hex");
  return Buffer.from(batch.bytes.subarray(Number(batch.offsets[at]), Number(batch.offsets[at + 1]))).toString("hex");
}

function timesAt({ durationMs }: Recording, rateHz: number): BigInt64Array {
  const count = Math.ceil((durationMs * rateHz) / 1000);
  return BigInt64Array.from({ length: count }, (_, at) => BigInt(Math.round((at * 1e9) / rateHz)));
}

function samples(name: string, time: BigInt64Array): RowsBatch | BytesBatch | PacketsBatch {
  const count = time.length;
  const at = (width: number) => Array.from({ length: count * width }, (_, place) => place);
  if (name === "arm.position") return { kind: "rows", time, values: Float64Array.from(at(3), (place) => Math.sin(place)) };
  if (name === "action.arm.position") return { kind: "rows", time, values: Float32Array.from(at(2), (place) => Math.cos(place)) };
  if (name === "contact") return { kind: "rows", time, values: Uint8Array.from(at(1), (place) => (place % 3) & 1) };
  if (name === "count") return { kind: "rows", time, values: BigInt64Array.from(at(2), (place) => 2n ** 60n + BigInt(place)) };
  const offsets = (size: number) => BigInt64Array.from({ length: count + 1 }, (_, place) => BigInt(place * size));
  if (name === "task")
    return {
      kind: "bytes",
      time,
      offsets: offsets(4),
      bytes: Buffer.from(
        at(1)
          .map((n) => `t${n % 10}é`)
          .join(""),
      ),
    };
  const key = Uint8Array.from(at(1), (place) => (place % 4 === 0 ? 1 : 0));
  return { kind: "packets", time, decodeTime: time, offsets: offsets(1), bytes: Uint8Array.from(at(1)), key, config: CONFIG };
}

/** Frame i is filled with i, whatever its size. */
async function* decoded(
  want: Want & { readonly as: "frames" },
  streams: Record<string, Batch>,
  { batchRows }: Recording,
  range: TimeRange | undefined,
): AsyncGenerator<Delivery> {
  const { time } = streams[want.stream]!;
  const size: Size = want.size ?? CONFIG;
  const places = (want.only ?? [...time.keys()]).filter((at) => !range || (time[at]! >= range.start && time[at]! < range.end));
  for (let start = 0; start < places.length; start += batchRows) {
    yield { want: 0, batch: filled(places.slice(start, start + batchRows), { time, size, format: want.format }) };
  }
}

function filled(places: number[], of: { time: BigInt64Array; size: Size; format: PixelFormat }): FramesBatch {
  const stride = frameBytes(of.format, of.size);
  const frames = new SharedArrayBuffer(places.length * stride);
  const bytes = new Uint8Array(frames);
  places.forEach((place, at) => {
    bytes.fill(place + 1, at * stride, (at + 1) * stride);
  });
  const { height, width } = of.size;
  return {
    kind: "frames",
    time: BigInt64Array.from(places, (at) => of.time[at]!),
    frames,
    format: of.format,
    height,
    width,
    stride,
  };
}

async function* one(deliveries: AsyncIterable<Delivery>): AsyncGenerator<Batch> {
  for await (const { batch } of deliveries) yield batch;
}

function spoil(batch: Batch): void {
  batch.time.fill(-77n);
  batch.valid?.fill(7);
  if (batch.kind === "rows") (batch.values as Float32Array).fill((batch.values instanceof BigInt64Array ? 77n : 77) as number);
  if (batch.kind === "frames") new Uint8Array(batch.frames).fill(77);
  if (batch.kind === "bytes" || batch.kind === "packets") {
    batch.bytes.fill(77);
    batch.offsets.fill(0n);
  }
}
