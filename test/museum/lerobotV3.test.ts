import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FramesBatch, PacketsBatch } from "../../src/core/batch.ts";
import type { Episode } from "../../src/core/episode.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import {
  CAMERA,
  clip,
  columns,
  features,
  makeDataset,
  type Opened,
  openAll,
  readNumbers,
  readPacketTimes,
  removeClips,
  write,
  writeTable,
} from "../support/lerobotDataset.ts";

let root: string;
let opened: Opened | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tendon-lerobot-"));
});
afterEach(async () => {
  await opened?.[Symbol.asyncDispose]();
  opened = undefined;
  await rm(root, { recursive: true, force: true });
});
afterAll(removeClips);

interface MadeV3 {
  /** Rows of each episode; all lie in one table and one video, 10 a second. */
  readonly lengths: readonly number[];
  /** The `episode_index` that the rows of each episode say. */
  readonly saidByRows?: readonly number[];
  readonly rowsMore?: number;
}

/** Writes a small v3.0 dataset. */
async function makeV3({ lengths, saidByRows = lengths.map((_, index) => index), rowsMore = 0 }: MadeV3): Promise<void> {
  const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  const info = {
    codebase_version: "v3.0",
    robot_type: "arm",
    fps: 10,
    total_episodes: lengths.length,
    total_frames: rows,
    total_tasks: 1,
    splits: { train: `0:${lengths.length}` },
    data_path: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    video_path: "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    features: features({}),
  };
  await write(root, "meta/info.json", JSON.stringify(info));
  await writeTable(join(root, "meta/tasks.parquet"), `i AS task_index, 'lift the cube' AS "__index_level_0__"`, 1);
  const pick = (values: readonly number[], at = "i") => `list_extract([${values.join(", ")}], (${at} + 1)::BIGINT)`;
  const episodes = `i AS episode_index, ['lift the cube'] AS tasks, ${pick(lengths)}::BIGINT AS length,
    0::BIGINT AS "data/chunk_index", 0::BIGINT AS "data/file_index",
    ${pick(starts)} AS dataset_from_index, ${pick(starts)} + ${pick(lengths)} AS dataset_to_index,
    0::BIGINT AS "videos/${CAMERA}/chunk_index", 0::BIGINT AS "videos/${CAMERA}/file_index",
    ${pick(starts)} / 10.0::DOUBLE AS "videos/${CAMERA}/from_timestamp",
    (${pick(starts)} + ${pick(lengths)}) / 10.0::DOUBLE AS "videos/${CAMERA}/to_timestamp"`;
  await writeTable(join(root, "meta/episodes/chunk-000/file-000.parquet"), episodes, lengths.length);
  const episode = `(CASE ${starts.map((start, index) => `WHEN i >= ${start} AND i < ${start + lengths[index]!} THEN ${saidByRows[index]}`).join(" ")} ELSE 99 END)::BIGINT`;
  const start = `(CASE ${starts.map((from, index) => `WHEN i >= ${from} AND i < ${from + lengths[index]!} THEN ${from}`).join(" ")} ELSE ${rows} END)`;
  const table = `[i, 1, 2]::FLOAT[] AS "observation.state", [i, 1]::FLOAT[] AS "action", ((i - ${start}) / 10.0)::FLOAT AS "timestamp",
    (i - ${start})::BIGINT AS frame_index, ${episode} AS episode_index, i AS "index", 0::BIGINT AS task_index`;
  await writeTable(join(root, "data/chunk-000/file-000.parquet"), table, rows + rowsMore);
  const folder = join(root, `videos/${CAMERA}/chunk-000`);
  await mkdir(folder, { recursive: true });
  await copyFile(await clip(rows, 10), join(folder, "file-000.mp4"));
}

/** Decodes an episode's packets, and keeps the mean of each frame inside its span. */
async function decodedShades(episode: Episode): Promise<number[]> {
  const shades: number[] = [];
  const codecs = await openCodecs();
  const packets: PacketsBatch[] = [];
  for await (const { batch } of episode.read([{ stream: CAMERA, as: "packets", encoding: "as recorded" }]))
    packets.push(structuredClone(batch) as PacketsBatch);
  const decoder = await codecs.decoder(packets[0]!.config, [{ format: "gray8" }]);
  const keep = async (_want: number, { frames, stride, time }: FramesBatch) => {
    time.forEach((at, frame) => {
      const pixels = new Uint8Array(frames, frame * stride, stride);
      if (at >= 0n && at < episode.span.end) shades.push(Math.round(pixels.reduce((sum, pixel) => sum + pixel, 0) / stride));
    });
  };
  for (const batch of packets) await decoder.push(batch, keep);
  await decoder.flush(keep);
  await decoder[Symbol.asyncDispose]();
  return shades;
}

describe("a LeRobot v3.0 dataset", () => {
  it("sound-v30: each episode has its own rows and frames", async () => {
    await makeV3({ lengths: [16, 24, 10] });
    opened = await openAll(root);
    expect(opened.findings).toEqual([]);
    expect(opened.episodes.map(({ id, span, facts }) => [id, span.end, facts.task])).toEqual([
      ["episode_000000", 1_600_000_000n, "lift the cube"],
      ["episode_000001", 2_400_000_000n, "lift the cube"],
      ["episode_000002", 1_000_000_000n, "lift the cube"],
    ]);
    const state = await readNumbers(opened.episodes[1]!, "observation.state");
    expect([state.length, state[0], state.at(-3)]).toEqual([72, 16, 39]);
    expect((await opened.episodes[1]!.times(CAMERA)).copy).toMatchObject({ can: true });
    const frames = Array.from({ length: 24 }, (_, frame) => BigInt(frame) * 100_000_000n);
    expect(await readPacketTimes(opened.episodes[1]!, CAMERA)).toEqual(frames);
  });

  it("segment-within-a-group: decodes from the key frame before, and cannot be copied", async () => {
    await makeV3({ lengths: [20, 20] });
    opened = await openAll(root);
    const second = opened.episodes[1]!;
    expect((await second.times(CAMERA)).copy).toMatchObject({ can: false, reason: expect.stringContaining("is no key frame") });
    const times = await readPacketTimes(second, CAMERA);
    expect(times.slice(0, 5)).toEqual([-400_000_000n, -300_000_000n, -200_000_000n, -100_000_000n, 0n]);
    const shades = await decodedShades(second);
    expect(shades).toHaveLength(20);
    const first = await decodedShades(opened.episodes[0]!);
    // Frame i of the clip is nine shades lighter than the one before.
    expect(shades[0]! - first[19]!).toBeGreaterThan(5);
    expect(shades[0]! - first[19]!).toBeLessThan(15);
  });

  it("two-episodes-with-one-id: the rows of two runs claim one index", async () => {
    await makeV3({ lengths: [8, 8, 8], saidByRows: [0, 1, 0] });
    opened = await openAll(root);
    expect(opened.episodes.map(({ id }) => id)).toEqual(["episode_000001"]);
    const message = (index: number) => opened!.bad.find(({ id }) => id === `episode_00000${index}`)!.error.message;
    expect(message(0)).toContain("episode_index 0 in rows 0 to 8 and 16 to 24: two episodes with one id");
    expect(message(2)).toContain("no row with episode_index 2");
  });

  it("orphan-rows: rows that no episode claims are left alone", async () => {
    await makeV3({ lengths: [8, 16], rowsMore: 30 });
    opened = await openAll(root);
    expect(opened.episodes.map(({ span }) => span.end)).toEqual([800_000_000n, 1_600_000_000n]);
  });

  it("says-v30-laid-out-as-v21: read as what is there", async () => {
    await makeDataset({ root, info: { codebase_version: "v3.0" } });
    opened = await openAll(root);
    expect(opened.findings).toMatchObject([
      { message: "info.json says v3.0, but the files are laid out as in v2.x; they are read so" },
    ]);
    expect(opened.episodes).toHaveLength(2);
  });

  it("version-from-the-future: refused", async () => {
    await makeDataset({ root, info: { codebase_version: "v4.1" } });
    await expect(openAll(root)).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringContaining("v4.1 cannot be read"),
    });
  });
});

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAFklEQVR4nGP4z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==";

describe("a table of several episodes", () => {
  it("is opened from any of them on, without those before", async () => {
    await makeV3({ lengths: [5, 7, 6] });
    const whole = await openAll(root);
    const [, ...rest] = whole.episodes;
    opened = await openAll(root, { from: 1 });
    expect(opened.episodes.map(({ id }) => id)).toEqual(["episode_000001", "episode_000002"]);
    expect(opened.bad).toEqual([]);
    for (const [at, episode] of rest.entries()) {
      const numbers = await readNumbers(episode, "observation.state");
      expect(numbers).toHaveLength([7, 6][at]! * 3);
      expect(await readNumbers(opened.episodes[at]!, "observation.state")).toEqual(numbers);
    }
    await whole[Symbol.asyncDispose]();
  });
});

describe("pictures in a table", () => {
  it("png-in-table: become a camera whose every frame is a key frame", async () => {
    const still = "observation.images.still";
    const select = (episode: number) =>
      `${columns(episode)}, struct_pack(bytes := from_base64('${PNG}'), path := 'frame.png') AS "${still}"`;
    const picture = { dtype: "image", shape: [3, 2, 3], names: ["height", "width", "channel"] };
    await makeDataset({
      root,
      select,
      frames: () => null,
      info: { features: features({ [CAMERA]: null, [still]: picture }), total_videos: 0 },
    });
    opened = await openAll(root);
    expect(opened.findings).toEqual([]);
    expect(opened.schemas[0]).toMatchObject({ grid: { camera: still } });
    const video = { codec: "png", width: 2, height: 3 };
    expect(opened.schemas[0]!.features[still]).toMatchObject({ dtype: "video", shape: [3, 2, 3], video });
    expect(await readPacketTimes(opened.episodes[0]!, still)).toHaveLength(20);
    expect((await opened.episodes[0]!.times(still)).copy).toMatchObject({ can: true, config: video });
  });
});
