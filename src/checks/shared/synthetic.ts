import type { Batch, FramesBatch, RowsBatch } from "../../core/batch.ts";
import type { Check } from "../../core/check.ts";
import type { Context } from "../../core/context.ts";
import type { Episode } from "../../core/episode.ts";
import type { Feature } from "../../core/feature.ts";
import type { CheckResult } from "../../core/finding.ts";
import { memoryEpisode } from "../../core/memoryEpisode.ts";
import { fromSeconds } from "../../core/time.ts";

/** A recording made up for tests, whose truth is known. Intervals are seconds, half-open. */
export interface Synthetic {
  readonly seconds?: number;
  readonly cameraHz?: number;
  readonly jointHz?: number;
  /** Grey levels by which each cell of a picture may be off, as codecs leave it. */
  readonly noise?: number;
  /** The camera shows the picture of its start. */
  readonly freeze?: readonly [number, number];
  /** Nothing moves, neither robot nor scene. */
  readonly rest?: readonly [number, number];
  readonly black?: readonly [number, number];
  readonly covered?: readonly [number, number];
  /** Where time is not what it should be: the sample at `t` gets this time. */
  readonly clock?: (stream: "camera" | "state" | "action", second: number) => number | undefined;
  /** What a joint reads, instead of what it should; sample by sample. */
  readonly read?: (joint: number, second: number, value: number) => number;
  /** What a joint is told; sample by sample. */
  readonly told?: (joint: number, second: number, value: number) => number;
  readonly names?: readonly string[] | null;
  readonly declaredHz?: number;
  readonly batchRows?: number;
  readonly paired?: boolean;
}

const HEIGHT = 48;
const WIDTH = 64;
export const JOINTS = ["shoulder_pan", "shoulder_lift", "elbow", "wrist_1", "wrist_2", "gripper"];

/** A robot that waves: six joints on sine curves, 40 ms behind their commands, before a camera that sees the arm. */
export function synthetic(options: Synthetic = {}): Episode {
  const seconds = options.seconds ?? 4;
  const names = options.names === undefined ? JOINTS : options.names;
  const cameraHz = options.cameraHz ?? 30;
  const jointHz = options.paired ? cameraHz : (options.jointHz ?? 100);
  const vector: Feature = {
    dtype: "float32",
    shape: [JOINTS.length],
    unit: "rad",
    ...(names && { names }),
    rateHz: jointHz,
  };
  const features = {
    camera: {
      dtype: "video",
      shape: [HEIGHT, WIDTH, 3],
      rateHz: options.declaredHz ?? cameraHz,
      video: { codec: "h264", width: WIDTH, height: HEIGHT },
    },
    "observation.state": vector,
    action: vector,
  } as const;
  return memoryEpisode({
    id: "synthetic/0",
    schema: {
      key: "synthetic",
      embodiment: "arm",
      features,
      ...(options.paired && { grid: { rateHz: cameraHz, streams: Object.keys(features), camera: "camera" } }),
    },
    streams: {
      camera: pictures({ ...options, seconds, cameraHz }),
      "observation.state": joints("state", { ...options, seconds, jointHz }),
      action: joints("action", { ...options, seconds, jointHz }),
    },
    span: { start: 0n, end: fromSeconds(seconds) },
    batchRows: options.batchRows ?? 64,
  });
}

/** What a check says of an episode. */
export async function watched(check: Check, episode: Episode): Promise<CheckResult> {
  const watcher = await check.watch(episode, quiet());
  for await (const { want, batch } of episode.read(watcher.wants)) {
    await watcher.push(want, batch);
    scribble(batch);
  }
  return watcher.close();
}

/** A context for tests; what is logged goes into `said`. */
export function quiet(said: string[] = [], seed = 0n): Context {
  return {
    signal: new AbortController().signal,
    seed,
    log: (_level, message) => void said.push(message),
    scratch: "",
    hold: (_key, open) => open(),
    drop: () => undefined,
    find: () => undefined,
  };
}

/** A batch is valid until the next pull only: what a watcher kept without copying is gone. Pictures are sliced by the episode for each batch. */
function scribble(batch: Batch): void {
  if (batch.kind === "frames" && batch.time[0] !== 0n) new Uint8Array(batch.frames).fill(7);
}

function scene(second: number, { rest }: Synthetic): number {
  return rest && second >= rest[0] ? (second < rest[1] ? rest[0] : second - (rest[1] - rest[0])) : second;
}

function pictures(options: Synthetic & { seconds: number; cameraHz: number }): FramesBatch {
  const count = Math.round(options.seconds * options.cameraHz);
  const stride = HEIGHT * WIDTH;
  const frames = new SharedArrayBuffer(count * stride);
  const pixels = new Uint8Array(frames);
  const time = new BigInt64Array(count);
  const random = randomNumbers(count);
  for (let frame = 0; frame < count; frame++) {
    const second = frame / options.cameraHz;
    time[frame] = fromSeconds(options.clock?.("camera", second) ?? second);
    paint(pixels.subarray(frame * stride, (frame + 1) * stride), second, { ...options, random });
  }
  return { kind: "frames", time, frames, format: "gray8", height: HEIGHT, width: WIDTH, stride };
}

function paint(picture: Uint8Array, second: number, options: Synthetic & { random: () => number }): void {
  const { freeze, black, covered, noise = 0, random } = options;
  const frozen = freeze && second >= freeze[0] - 1e-9 && second < freeze[1] - 1e-9;
  const shown = scene(frozen ? freeze[0] : second, options);
  const armX = 32 + 20 * Math.sin(2 * shown);
  const armY = 24 + 14 * Math.cos(1.3 * shown);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      let grey = 60 + x + y + (Math.hypot(x - armX, y - armY) < 9 ? 80 : 0);
      if (covered && second >= covered[0] && second < covered[1]) grey = 90;
      if (black && second >= black[0] && second < black[1]) grey = 3;
      picture[y * WIDTH + x] = Math.round(grey + noise * (2 * random() - 1));
    }
  }
}

function joints(stream: "state" | "action", options: Synthetic & { seconds: number; jointHz: number }): RowsBatch {
  const count = Math.round(options.seconds * options.jointHz);
  const time = new BigInt64Array(count);
  const values = new Float32Array(count * JOINTS.length);
  const random = randomNumbers(9);
  for (let row = 0; row < count; row++) {
    const second = row / options.jointHz;
    time[row] = fromSeconds(options.clock?.(stream, second) ?? second);
    for (let joint = 0; joint < JOINTS.length; joint++) {
      const ahead = stream === "action" ? 0.04 : 0;
      const pose = Math.sin(1.7 * scene(second + ahead, options) + joint);
      const change = stream === "state" ? options.read : options.told;
      const jitter = stream === "state" ? 0.0005 * (random() - 0.5) : 0;
      values[row * JOINTS.length + joint] = change ? change(joint, second, pose + jitter) : pose + jitter;
    }
  }
  return { kind: "rows", time, values };
}

/** The same numbers from 0 to 1 for the same seed, in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
