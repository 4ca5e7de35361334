import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { PacketsBatch, Want } from "../../src/core/batch.ts";
import type { Context } from "../../src/core/context.ts";
import type { Bad, Episode } from "../../src/core/episode.ts";
import { TendonError } from "../../src/core/errors.ts";
import type { EpisodeSchema } from "../../src/core/feature.ts";
import type { Finding } from "../../src/core/finding.ts";
import { defaultEncoding, openCodecs } from "../../src/formats/video/codecs.ts";
import { writeMp4 } from "../../src/formats/video/mux.ts";
import { lerobot } from "../../src/sources/lerobot.ts";

/** How a small v2.1 dataset departs from a sound one. */
export interface Made {
  readonly root: string;
  readonly episodes?: number;
  readonly rows?: number;
  readonly fps?: number;
  /** Merged over a true info.json; null takes a key out. */
  readonly info?: { readonly [key: string]: unknown };
  /** The SQL of a table's columns over rows `i`, for an episode. */
  readonly select?: (episode: number) => string;
  /** Frames of each video; null writes none. */
  readonly frames?: (episode: number) => number | null;
  readonly videoFps?: number;
  /** Other files, relative to the root. */
  readonly files?: { readonly [path: string]: string };
}

export const CAMERA = "observation.images.front";

/** The columns of a sound table. */
export function columns(episode: number, fps = 10): string {
  return `[i / 10.0, ${episode}, -i]::FLOAT[] AS "observation.state", [i / 10.0 + 0.1, ${episode}]::FLOAT[] AS "action",
    (i / ${fps}.0)::FLOAT AS "timestamp", i AS frame_index, ${episode}::BIGINT AS episode_index,
    (${episode} * 100 + i) AS "index", 0::BIGINT AS task_index`;
}

/** Writes a small LeRobot v2.1 dataset with one camera, sound but for what is asked for. */
export async function makeDataset(made: Made): Promise<string> {
  const { root, episodes = 2, rows = 20, fps = 10 } = made;
  const indices = Array.from({ length: episodes }, (_, index) => index);
  const info = Object.fromEntries(
    Object.entries({ ...soundInfo({ episodes, rows, fps }), ...made.info }).filter(([, value]) => value !== null),
  );
  await write(root, "meta/info.json", JSON.stringify(info));
  await write(root, "meta/tasks.jsonl", `${JSON.stringify({ task_index: 0, task: "lift the cube" })}\n`);
  const lines = indices.map((index) => JSON.stringify({ episode_index: index, tasks: ["lift the cube"], length: rows }));
  await write(root, "meta/episodes.jsonl", `${lines.join("\n")}\n`);
  for (const index of indices) {
    const name = `episode_${String(index).padStart(6, "0")}`;
    await writeTable(join(root, `data/chunk-000/${name}.parquet`), made.select?.(index) ?? columns(index, fps), rows);
    const frames = made.frames ? made.frames(index) : rows;
    if (frames === null) continue;
    const video = join(root, `videos/chunk-000/${CAMERA}/${name}.mp4`);
    await mkdir(dirname(video), { recursive: true });
    await copyFile(await clip(frames, made.videoFps ?? fps), video);
  }
  for (const [path, text] of Object.entries(made.files ?? {})) await write(root, path, text);
  return root;
}

function soundInfo({ episodes, rows, fps }: { episodes: number; rows: number; fps: number }): Record<string, unknown> {
  const scalar = (dtype: string) => ({ dtype, shape: [1], names: null });
  return {
    codebase_version: "v2.1",
    robot_type: "Test Arm",
    total_episodes: episodes,
    total_frames: episodes * rows,
    total_tasks: 1,
    total_videos: episodes,
    total_chunks: 1,
    chunks_size: 1000,
    fps,
    splits: { train: `0:${episodes}` },
    data_path: "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
    video_path: "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    features: soundFeatures(fps, scalar),
  };
}

function soundFeatures(fps: number, scalar: (dtype: string) => unknown): Record<string, unknown> {
  const info = { "video.fps": fps, "video.codec": "h264", "video.pix_fmt": "yuv420p" };
  return {
    "observation.state": { dtype: "float32", shape: [3], names: { motors: ["shoulder", "elbow", "gripper"] } },
    action: { dtype: "float32", shape: [2], names: null },
    [CAMERA]: { dtype: "video", shape: [48, 64, 3], names: ["height", "width", "channel"], info },
    timestamp: scalar("float32"),
    frame_index: scalar("int64"),
    episode_index: scalar("int64"),
    index: scalar("int64"),
    task_index: scalar("int64"),
  };
}

/** The features of a sound info.json with some replaced; null takes one out. */
export function features(changes: Record<string, unknown>): Record<string, unknown> {
  const all = soundFeatures(10, (dtype) => ({ dtype, shape: [1], names: null }));
  return Object.fromEntries(Object.entries({ ...all, ...changes }).filter(([, value]) => value !== null));
}

export async function write(root: string, path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Writes a table of `rows` rows `i`, its columns told in SQL: it can hold what no sound writer would write. */
export async function writeTable(path: string, select: string, rows: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const database = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await database.connect();
  await connection.run(`COPY (SELECT ${select} FROM range(${rows}) t(i)) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  connection.closeSync();
}

const clips = new Map<string, Promise<string>>();
let clipFolder: Promise<string> | undefined;

/** A video of so many frames, each another shade; encoded once. */
export function clip(frames: number, fps: number): Promise<string> {
  const key = `${frames}-${fps}`;
  const known = clips.get(key) ?? encodeClip(frames, fps, key);
  clips.set(key, known);
  return known;
}

async function encodeClip(frames: number, fps: number, name: string): Promise<string> {
  clipFolder ??= mkdtemp(join(tmpdir(), "tendon-clips-"));
  const path = join(await clipFolder, `${name}.mp4`);
  const size = { height: 48, width: 64 };
  const stride = (48 * 64 * 3) / 2;
  const encoder = await (await openCodecs()).encoder(defaultEncoding, size, fps);
  const packets: PacketsBatch[] = [];
  const keep = async (batch: PacketsBatch) => void packets.push(structuredClone(batch));
  const pixels = new SharedArrayBuffer(frames * stride);
  for (let frame = 0; frame < frames; frame++) new Uint8Array(pixels, frame * stride, stride).fill(16 + ((frame * 9) % 200));
  const time = BigInt64Array.from({ length: frames }, (_, frame) => BigInt(Math.round((frame * 1e9) / fps)));
  await encoder.push({ kind: "frames", time, frames: pixels, format: "yuv420p", ...size, stride }, keep);
  await encoder.flush(keep);
  await encoder[Symbol.asyncDispose]();
  await writeMp4(
    path,
    packets[0]!.config,
    (async function* () {
      yield* packets;
    })(),
    { rateHz: fps },
  );
  return path;
}

/** Removes the videos that `clip` made. */
export async function removeClips(): Promise<void> {
  if (clipFolder) await rm(await clipFolder, { recursive: true, force: true });
  clipFolder = undefined;
  clips.clear();
}

/** All that the source says of a path. */
export interface Opened extends AsyncDisposable {
  readonly schemas: readonly EpisodeSchema[];
  /** Of the dataset, then of each episode. */
  readonly findings: readonly Finding[];
  readonly episodes: readonly Episode[];
  readonly bad: readonly { readonly id: string; readonly error: TendonError }[];
}

/** Plans and opens everything, or each table from an episode on, reading no sample. */
export async function openAll(
  path: string | string[],
  { from = 0, ...options }: { rateHz?: number; from?: number } = {},
): Promise<Opened> {
  const source = lerobot.create(lerobot.options.parse({ path, ...options }));
  const findings: Finding[] = [];
  const { context, held } = testContext((finding) => void findings.push(finding));
  const episodes: Episode[] = [];
  const bad: { id: string; error: TendonError }[] = [];
  const add = (each: Episode | Bad) => {
    if ("bad" in each) bad.push({ id: each.id, error: each.error as TendonError });
    else {
      episodes.push(each);
      findings.push(...(each.findings ?? []));
    }
  };
  const schemas = await source.schema(context);
  for await (const partition of source.plan(context)) {
    if ("bad" in partition) add(partition);
    else
      for await (const episode of from > 0 ? source.openFrom!(partition, from, context) : source.open(partition, context))
        add(episode);
  }
  const close = async () => {
    for (const each of held.values()) {
      // What failed to open needs no closing.
      const thing: Partial<AsyncDisposable> | undefined = await each.catch(() => undefined);
      await thing?.[Symbol.asyncDispose]?.();
    }
  };
  return { schemas, findings, episodes, bad, [Symbol.asyncDispose]: close };
}

function testContext(find: (finding: Finding) => void): { context: Context; held: Map<string, Promise<object>> } {
  const held = new Map<string, Promise<object>>();
  const context: Context = {
    signal: new AbortController().signal,
    seed: 0n,
    log: () => undefined,
    scratch: tmpdir(),
    hold: async <T extends object>(key: string, open: () => Promise<T>): Promise<T> => {
      const known = held.get(key) ?? open();
      held.set(key, known);
      return (await known) as T;
    },
    drop: () => {
      throw new TendonError("internal", "nothing is dropped by a source");
    },
    find,
  };
  return { context, held };
}

/** All numbers of a stream, row after row. */
export async function readNumbers(episode: Episode, stream: string): Promise<number[]> {
  const values: number[] = [];
  for await (const { batch } of episode.read([{ stream, as: "rows" }])) {
    if (batch.kind === "rows") for (const value of batch.values) values.push(Number(value));
  }
  return values;
}

/** All texts of a stream; null where one is missing. */
export async function readTexts(episode: Episode, stream: string): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for await (const { batch } of episode.read([{ stream, as: "bytes" }])) {
    if (batch.kind !== "bytes") continue;
    for (let row = 0; row < batch.time.length; row++) {
      const text = new TextDecoder().decode(batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1])));
      texts.push((batch.valid?.[row] ?? 1) === 1 ? text : null);
    }
  }
  return texts;
}

/** Presentation times, in decode order, of a camera's packets. */
export async function readPacketTimes(episode: Episode, stream: string): Promise<bigint[]> {
  const want: Want = { stream, as: "packets", encoding: "as recorded" };
  const times: bigint[] = [];
  for await (const { batch } of episode.read([want])) times.push(...batch.time);
  return times;
}
