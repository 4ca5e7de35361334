import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  CAMERA,
  columns,
  features,
  makeDataset,
  type Opened,
  openAll,
  readNumbers,
  readPacketTimes,
  readTexts,
  removeClips,
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

/** Opens the dataset made by the test. */
async function open(path: string | string[] = root): Promise<Opened> {
  opened = await openAll(path);
  return opened;
}

function said({ findings }: Opened, words: string) {
  return findings.filter(({ message }) => message.includes(words));
}

describe("metadata of a LeRobot dataset", () => {
  it("sound-v21: nothing to say, and all of it is there", async () => {
    await makeDataset({ root });
    const { schemas, findings, episodes, bad } = await open();
    expect(findings).toEqual([]);
    expect(bad).toEqual([]);
    expect(schemas[0]).toMatchObject({ embodiment: "test_arm", grid: { rateHz: 10, camera: CAMERA } });
    const state = schemas[0]!.features["observation.state"];
    expect(state).toMatchObject({ dtype: "float32", shape: [3], names: ["shoulder", "elbow", "gripper"] });
    expect(episodes.map(({ id, span }) => [id, span.end])).toEqual([
      ["episode_000000", 2_000_000_000n],
      ["episode_000001", 2_000_000_000n],
    ]);
    expect(await readNumbers(episodes[1]!, "action")).toHaveLength(40);
    expect(new Set(await readTexts(episodes[0]!, "task"))).toEqual(new Set(["lift the cube"]));
    const frames = Array.from({ length: 20 }, (_, frame) => BigInt(frame) * 100_000_000n);
    expect(await readPacketTimes(episodes[0]!, CAMERA)).toEqual(frames);
    const { copy } = await episodes[0]!.times(CAMERA);
    expect(copy).toMatchObject({ can: true, bFrames: false, config: { codec: "h264" } });
  });

  it("phantom-camera: declared, without a file", async () => {
    const ghost = { "observation.images.ghost": { dtype: "video", shape: [800, 1280, 3] } };
    await makeDataset({ root, info: { features: features(ghost) } });
    const all = await open();
    expect(said(all, "observation.images.ghost, but there is no video file")).toMatchObject([{ severity: "risk" }]);
    expect(Object.keys(all.schemas[0]!.features)).not.toContain("observation.images.ghost");
    expect(all.episodes).toHaveLength(2);
  });

  it("wrong-totals-and-splits: counts are told, not believed", async () => {
    const info = { splits: { train: "0:100" }, total_videos: 7, total_chunks: 0, total_episodes: 9 };
    await makeDataset({ root, info });
    const all = await open();
    const counts = "total_episodes 9 (there are 2), total_videos 7 (there are 2), total_chunks 0 (there are 1)";
    expect(said(all, counts)).toHaveLength(1);
    expect(said(all, "the split train is 0:100, but there are 2 episodes")).toHaveLength(1);
  });

  it("fps-in-info-wrong: raw times and video agree against it", async () => {
    await makeDataset({ root, fps: 20, info: { fps: 10 } });
    const all = await open();
    const words = "info.json says 10 fps, but timestamps step by 0.05 s (20 Hz) and the cameras play at 20 fps";
    expect(said(all, words)).toMatchObject([{ severity: "risk" }]);
    expect(all.episodes[0]!.span.end).toBe(1_000_000_000n);
    await using told = await openAll(root, { rateHz: 10 });
    expect(told.episodes[0]!.span.end).toBe(2_000_000_000n);
  });

  it("declares-av1-holds-h264: read as what it is", async () => {
    const video = { dtype: "video", shape: [48, 64, 3], info: { "video.codec": "av1", "video.fps": 10 } };
    await makeDataset({ root, info: { features: features({ [CAMERA]: video }) } });
    const all = await open();
    const [finding] = said(all, "info.json declares av1 video, the files hold h264");
    expect(finding).toMatchObject({ severity: "risk", stream: CAMERA });
    expect(all.schemas[0]!.features[CAMERA]!.video!.codec).toBe("h264");
  });

  it("tasks-under-another-key-and-numbered: looked up, and said", async () => {
    const tasks = '{"task_index": 0, "human.action.task_description": "push the door"}\n';
    const line = (index: number) => JSON.stringify({ episode_index: index, tasks: [0], length: 20 });
    await makeDataset({ root, files: { "meta/tasks.jsonl": tasks, "meta/episodes.jsonl": `${line(0)}\n${line(1)}\n` } });
    const all = await open();
    expect(said(all, 'under "human.action.task_description" instead of "task"')).toHaveLength(1);
    expect(said(all, "lists task numbers where texts belong, in 2 episodes")).toHaveLength(1);
    expect(all.episodes[0]!.facts.task).toBe("push the door");
  });

  it("modality-wider-than-state: refused, with the group's name", async () => {
    const modality = { state: { arm: { start: 0, end: 2 }, hand: { start: 2, end: 9 } }, action: {}, video: {} };
    await makeDataset({ root, files: { "meta/modality.json": JSON.stringify(modality) } });
    await expect(open()).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringContaining("state.hand takes columns 2 to 9 of observation.state, which has 3"),
      place: { file: join(root, "meta/modality.json") },
    });
  });

  it("modality-names-what-is-not-there: said", async () => {
    const arm = { start: 0, end: 3, rotation_type: "quaternion" };
    const modality = { state: { arm }, video: { top: {} }, annotation: { "human.validity": {} } };
    await makeDataset({ root, files: { "meta/modality.json": JSON.stringify(modality) } });
    const all = await open();
    const words = "video.top (observation.images.top), annotation.human.validity (annotation.human.validity)";
    expect(said(all, words)).toHaveLength(1);
    expect(all.schemas[0]!.groups).toEqual({
      "observation.state": [{ name: "arm", start: 0, end: 3, details: { rotation_type: "quaternion" } }],
    });
  });

  it("kept-in-part: neither table nor video of the rest is there", async () => {
    const line = (_: unknown, index: number) => JSON.stringify({ episode_index: index, tasks: [], length: 20 });
    await makeDataset({ root, files: { "meta/episodes.jsonl": Array.from({ length: 50 }, line).join("\n") } });
    const all = await open();
    const words = "lists 50 episodes, 2 are there; of 48 there is neither a table nor a video: episode_000002";
    expect(said(all, words)).toHaveLength(1);
    expect(all.bad).toEqual([]);
    expect(all.episodes).toHaveLength(2);
  });

  it("two-episodes-with-one-id: neither is guessed", async () => {
    const line = (index: number, length: number) => JSON.stringify({ episode_index: index, tasks: [], length });
    await makeDataset({ root, files: { "meta/episodes.jsonl": [line(0, 20), line(1, 20), line(1, 12)].join("\n") } });
    const all = await open();
    expect(all.episodes.map(({ id }) => id)).toEqual(["episode_000000"]);
    const error = { message: expect.stringContaining("2 times, with 20 and 12 rows") };
    expect(all.bad).toMatchObject([{ id: "episode_000001", error }]);
  });

  it("orphan-table: listed by no episode", async () => {
    await makeDataset({ root });
    await writeTable(join(root, "data/chunk-000/episode_000007.parquet"), columns(7), 5);
    const all = await open();
    const words = "1 table is listed by no episode and not read: data/chunk-000/episode_000007.parquet";
    expect(said(all, words)).toHaveLength(1);
    expect(all.episodes).toHaveLength(2);
  });

  it("stats-of-another-dataset: wrong widths and means outside their range", async () => {
    const stats = {
      "observation.state": { mean: [0, 0], std: [1, 1], min: [-1, -1], max: [1, 1] },
      action: { mean: [9, 0], std: [0.1, 0.1], min: [-1, -1], max: [1, 1] },
      "observation.gripper": { mean: [0] },
    };
    await makeDataset({ root, files: { "meta/stats.json": JSON.stringify(stats) } });
    const all = await open();
    const words = "observation.state: mean has 2 values for 3 columns, action: mean 9 outside -1 to 1 in column 0";
    expect(said(all, words)).toHaveLength(1);
    expect(said(all, "stats.json has statistics of observation.gripper")).toHaveLength(1);
  });

  it("info-lacks-keys: read all the same, and said", async () => {
    const info = { total_chunks: null, total_tasks: null, total_videos: null, data_path: null, video_path: null };
    await makeDataset({ root, info });
    const all = await open();
    expect(said(all, "info.json lacks total_tasks, data_path, total_chunks, total_videos")).toHaveLength(1);
    expect(all.episodes).toHaveLength(2);
  });

  it("path-that-leaves-the-folder: refused", async () => {
    await makeDataset({ root, info: { data_path: "../../etc/{episode_index}.parquet" } });
    const message = expect.stringContaining("leads out of the dataset's folder");
    await expect(open()).rejects.toMatchObject({ code: "bad-data", message });
  });

  it("one-broken-dataset-of-two: the other goes on, under its own name", async () => {
    await makeDataset({ root: join(root, "good") });
    await makeDataset({ root: join(root, "bad"), info: { features: null } });
    const all = await open(join(root, "*"));
    expect(all.episodes.map(({ id }) => id)).toEqual(["good/episode_000000", "good/episode_000001"]);
    expect(all.schemas.map(({ key }) => key)).toEqual(["good"]);
    expect(all.bad).toMatchObject([{ id: "bad", error: { code: "bad-data" } }]);
  });
});
