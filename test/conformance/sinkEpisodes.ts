import type { CodecConfig, PacketsBatch } from "../../src/core/batch.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { EpisodeSchema, Feature } from "../../src/core/feature.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";

export const RATE = 30;
const FRAME = 33_333_333n;
export const CAMERA = "observation.images.head";
const vector = (width: number, more: Partial<Feature> = {}): Feature => ({ dtype: "float32", shape: [width], ...more });

export const SCHEMA: EpisodeSchema = {
  key: "test",
  embodiment: "arm",
  features: {
    "observation.state": vector(2, { names: ["left_elbow", "right_elbow"] }),
    action: vector(2, { names: ["left_elbow", "right_elbow"] }),
    "observation.force": vector(1, { optional: true }),
    "next.done": { dtype: "bool", shape: [] },
    task: { dtype: "text", shape: [] },
    "annotation.human.validity": { dtype: "text", shape: [] },
    [CAMERA]: { dtype: "video", shape: [48, 64, 3], video: { codec: "h264", width: 64, height: 48 } },
    "action.fast": vector(3),
  },
  grid: {
    rateHz: RATE,
    camera: CAMERA,
    streams: ["observation.state", "action", "observation.force", "next.done", "task", "annotation.human.validity", CAMERA],
  },
};

const CONFIG: CodecConfig = {
  codec: "h264",
  width: 64,
  height: 48,
  description: Uint8Array.of(1, 66, 0, 30, 255, 225, 0, 4, 0x67, 66, 0, 30, 1, 0, 2, 0x68, 0xce),
};
const CARRIED = { count: 10, min: [0, 0, 0], max: [1, 1, 1], mean: [0.5, 0.25, 0.75], std: [0.1, 0.2, 0.3] };

function text(values: readonly string[], time: BigInt64Array) {
  const parts = values.map((value) => Buffer.from(value));
  const offsets = new BigInt64Array(parts.length + 1);
  for (const [at, part] of parts.entries()) offsets[at + 1] = offsets[at]! + BigInt(part.length);
  return { kind: "bytes" as const, time, offsets, bytes: new Uint8Array(Buffer.concat(parts)) };
}

function packets(time: BigInt64Array, seed: number): PacketsBatch {
  const size = 5;
  return {
    kind: "packets",
    time,
    decodeTime: time,
    offsets: BigInt64Array.from({ length: time.length + 1 }, (_, at) => BigInt(at * size)),
    bytes: Uint8Array.from({ length: time.length * size }, (_, at) => (at % size === 3 ? 1 : at % size < 3 ? 0 : seed + at)),
    key: Uint8Array.from(time, (_, at) => (at % 4 === 0 ? 1 : 0)),
    config: CONFIG,
  };
}

/** An episode whose numbers tell where they came from. */
export function episode(seed: number, rows: number, more: { copy?: false; facts?: object } = {}): Episode {
  const time = BigInt64Array.from({ length: rows }, (_, row) => 5_000_000_000n * BigInt(seed) + FRAME * BigInt(row) + 7n);
  const fast = BigInt64Array.from({ length: rows * 3 }, (_, row) => time[0]! + (FRAME * BigInt(row)) / 3n);
  const numbers = (width: number, offset: number) =>
    Float32Array.from({ length: rows * width }, (_, at) => Math.sin(at + offset) * 3 + seed);
  const copy = more.copy === false ? { can: false as const, reason: "its rows skip frames" } : undefined;
  return memoryEpisode({
    id: `robot/${seed}`,
    schema: SCHEMA,
    batchRows: 4,
    facts: { robot: "arm-1", ...more.facts },
    streams: {
      "observation.state": { kind: "rows", time, values: numbers(2, 0) },
      action: { kind: "rows", time, values: numbers(2, 1) },
      "observation.force": {
        kind: "rows",
        time,
        values: numbers(1, 2),
        valid: Uint8Array.from(time, (_, row) => (row % 3 === 1 ? 0 : 1)),
      },
      "next.done": { kind: "rows", time, values: Uint8Array.from(time, (_, row) => (row === rows - 1 ? 1 : 0)) },
      task: text(
        Array.from({ length: rows }, (_, row) => (row < 2 ? "reach" : `grasp ${seed}`)),
        time,
      ),
      "annotation.human.validity": text(
        Array.from({ length: rows }, () => "valid"),
        time,
      ),
      [CAMERA]: packets(time, seed),
      "action.fast": { kind: "rows", time: fast, values: Float32Array.from({ length: rows * 9 }, (_, at) => at) },
    },
    times: { [CAMERA]: { copy: copy ?? { can: true, config: CONFIG, bFrames: false, carried: CARRIED } } },
  });
}
