import { mkdtemp, open as openFile, rm, truncate, writeFile } from "node:fs/promises";
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
  write,
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

async function open(): Promise<Opened> {
  opened = await openAll(root);
  return opened;
}

function said({ findings }: Opened, words: string) {
  return findings.filter(({ message }) => message.includes(words));
}

const TIME = "(i / 10.0)::FLOAT";
const firstTable = () => join(root, "data/chunk-000/episode_000000.parquet");
const video = (episode: number) => join(root, `videos/chunk-000/${CAMERA}/episode_00000${episode}.mp4`);

describe("times and videos of a LeRobot episode", () => {
  it("video-at-another-fps: paired by position at the table's rate", async () => {
    await makeDataset({ root, videoFps: 25 });
    const all = await open();
    expect(said(all, "cameras play at 25 fps")).toMatchObject([{ severity: "risk" }]);
    expect((await readPacketTimes(all.episodes[0]!, CAMERA)).at(-1)).toBe(1_900_000_000n);
  });

  it("timestamps-one-period-late: pairs by position, keeps the raw times", async () => {
    await makeDataset({ root, select: (episode) => columns(episode).replace(TIME, "((i + 1) / 10.0)::DOUBLE") });
    const all = await open();
    expect(said(all, "timestamps start at 0.1 s, one frame period")).toHaveLength(2);
    expect(said(all, "info.json declares timestamp as float32, the tables store float64")).toHaveLength(1);
    expect((await readNumbers(all.episodes[0]!, "source.timestamp"))[0]).toBe(0.1);
    expect((await all.episodes[0]!.times("observation.state")).time[0]).toBe(0n);
  });

  it("timestamps-jump-and-go-back: the row and the step are told", async () => {
    const jump = "(CASE WHEN i = 7 THEN 3 WHEN i = 12 THEN 0.5 ELSE i / 10.0 END)::FLOAT";
    await makeDataset({ root, episodes: 1, select: () => columns(0).replace(TIME, jump) });
    const all = await open();
    expect(said(all, "row 8 is not later than the row before")).toHaveLength(1);
    const [finding] = said(all, "4 timestamps do not follow the row before by 0.1 s");
    expect(finding?.message).toMatch(/the worst, at row [78], by (2\.4|-2\.2) s$/);
  });

  it("video-shorter-than-table: rows without a picture are broken", async () => {
    await makeDataset({ root, frames: (episode) => (episode === 0 ? 16 : 20) });
    const all = await open();
    const [finding] = said(all, "the video has 16 frames for 20 rows: the last 4 rows have no picture");
    expect(finding).toMatchObject({ severity: "broken", episode: "episode_000000", stream: CAMERA });
    expect(finding).toMatchObject({ startNs: "1600000000", endNs: "2000000000" });
    expect((await all.episodes[0]!.times(CAMERA)).time).toHaveLength(16);
  });

  it("video-longer-than-table: the first frames are taken", async () => {
    await makeDataset({ root, frames: () => 21 });
    const all = await open();
    expect(said(all, "the video has 21 frames for 20 rows")).toHaveLength(2);
    const { copy, time } = await all.episodes[0]!.times(CAMERA);
    expect(copy).toMatchObject({ can: true });
    expect(time).toHaveLength(20);
    expect(await readPacketTimes(all.episodes[0]!, CAMERA)).toHaveLength(20);
  });

  it("carried-picture-statistics: kept when they can be true, else not", async () => {
    const each = (value: number) => [[[value]], [[value]], [[value]]];
    const picture = (mean: number) => ({ min: each(0.1), max: each(0.9), mean: each(mean), std: each(0.2), count: [20] });
    const line = (index: number, mean: number) =>
      JSON.stringify({ episode_index: index, stats: { [CAMERA]: picture(mean), action: { count: [20] } } });
    await makeDataset({ root, files: { "meta/episodes_stats.jsonl": `${line(0, 0.5)}\n${line(1, 128.5)}\n` } });
    const all = await open();
    const copies = await Promise.all(all.episodes.map(async (episode) => (await episode.times(CAMERA)).copy));
    expect(copies[0]).toMatchObject({ carried: { count: 20, mean: [0.5, 0.5, 0.5] } });
    expect(copies[1]).not.toHaveProperty("carried");
    expect(said(all, "they cannot be true (min 0.1, mean 128.5")).toMatchObject([{ episode: "episode_000001" }]);
  });
});

describe("columns of a LeRobot episode", () => {
  it("numbers-as-json-text: parsed strictly, and said", async () => {
    const asText = (episode: number) => {
      const text = episode === 0 ? "('[' || i / 2.0 || ', 0, 1.5]')" : `('[' || i || ', "x", 1]')`;
      return columns(episode).replace(/\[[^\]]*\]::FLOAT\[\] AS "observation.state"/, `${text} AS "observation.state"`);
    };
    await makeDataset({ root, select: asText });
    const all = await open();
    expect(said(all, "column observation.state stores its numbers as JSON text")).toMatchObject([{ severity: "risk" }]);
    expect((await readNumbers(all.episodes[0]!, "observation.state")).slice(3, 6)).toEqual([0.5, 0, 1.5]);
    await expect(readNumbers(all.episodes[1]!, "observation.state")).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringContaining("row 0 is not 3 numbers in JSON"),
    });
  });

  it("task-index-without-text: those rows have no instruction", async () => {
    const select = () => columns(0).replace("0::BIGINT AS task_index", "(i >= 15)::BIGINT AS task_index");
    await makeDataset({ root, episodes: 1, select });
    const all = await open();
    expect(said(all, "task_index 1 stands in no tasks file")).toHaveLength(1);
    expect(all.episodes[0]!.facts.task).toBeUndefined();
    expect((await readTexts(all.episodes[0]!, "task")).slice(14, 16)).toEqual(["lift the cube", null]);
  });

  it("renamed-episode: its rows say another index", async () => {
    await makeDataset({ root, select: () => columns(0) });
    const words = "row 0 says episode_index 0, the episode is 1";
    expect(said(await open(), words)).toMatchObject([{ episode: "episode_000001" }]);
  });

  it("length-wrong-in-metadata: the table is taken", async () => {
    await makeDataset({ root, files: { "meta/episodes.jsonl": '{"episode_index":0,"tasks":[],"length":33}\n' } });
    const all = await open();
    expect(said(all, "the metadata says 33 rows, its table holds 20")).toHaveLength(1);
    expect(all.episodes[0]!.span.end).toBe(2_000_000_000n);
  });

  it("narrower-in-one-episode: an error at its first row", async () => {
    const select = (episode: number) => (episode === 1 ? columns(1).replace(", -i]::FLOAT[]", "]::FLOAT[]") : columns(0));
    await makeDataset({ root, select });
    const { episodes } = await open();
    const message = "row 0 holds 2 numbers where others hold 3";
    await expect(readNumbers(episodes[1]!, "observation.state")).rejects.toThrow(message);
    expect(await readNumbers(episodes[0]!, "observation.state")).toHaveLength(60);
  });

  it("column-of-another-type, column-missing: that episode is bad", async () => {
    const tables = [
      columns(0),
      columns(1).replace("-i]::FLOAT[]", "-i]::DOUBLE[]"),
      columns(2).replace('AS "action"', 'AS "acting"'),
    ];
    await makeDataset({ root, episodes: 3, select: (episode) => tables[episode]! });
    const all = await open();
    expect(all.bad.map(({ id, error }) => [id, error.message])).toEqual([
      ["episode_000001", "stores observation.state as float64, other episodes as float32: write them alike"],
      ["episode_000002", "has no column action, which other episodes have: record it again or remove it"],
    ]);
  });

  it("declared-float32-stored-double, declared-wider: read as stored", async () => {
    const names = Array.from({ length: 17 }, (_, joint) => `joint_${joint}`);
    const info = { features: features({ "observation.state": { dtype: "float32", shape: [17], names } }) };
    const select = (episode: number) => columns(episode).replace("-i]::FLOAT[]", "-i]::DOUBLE[]");
    await makeDataset({ root, info, select });
    const all = await open();
    expect(said(all, "info.json declares observation.state as float32, the tables store float64")).toHaveLength(1);
    const shape = "info.json gives observation.state the shape [17], the tables hold 3 numbers a row";
    expect(said(all, shape)).toHaveLength(1);
    expect(said(all, "info.json gives 17 names for the 3 numbers of observation.state")).toHaveLength(1);
    expect(all.schemas[0]!.features["observation.state"]).toEqual({ dtype: "float64", shape: [3], rateHz: 10 });
  });
});

describe("files of a LeRobot dataset", () => {
  it("table-missing, video-missing: those episodes are bad, others go on", async () => {
    await makeDataset({ root, episodes: 4 });
    await rm(join(root, "data/chunk-000/episode_000001.parquet"));
    await rm(video(2));
    const all = await open();
    expect(all.episodes.map(({ id }) => id)).toEqual(["episode_000000", "episode_000003"]);
    const bad = new Map(all.bad.map(({ id, error }) => [id, error]));
    expect([...bad.keys()].sort()).toEqual(["episode_000001", "episode_000002"]);
    expect(bad.get("episode_000002")).toMatchObject({ code: "not-found", place: { file: video(2) } });
  });

  it.each([
    ["zero-bytes", (file: string) => writeFile(file, ""), /empty/],
    ["cut-off", (file: string) => truncate(file, 900), /no footer/],
    ["no-parquet", (file: string) => writeFile(file, "this is a text, not a table, and long enough"), /not a Parquet file/],
  ])("table-%s: that episode is bad", async (_name, harm, message) => {
    await makeDataset({ root });
    await harm(firstTable());
    const all = await open();
    expect(all.episodes.map(({ id }) => id)).toEqual(["episode_000001"]);
    expect(all.bad[0]).toMatchObject({ id: "episode_000000", error: { code: "bad-data", place: { file: firstTable() } } });
    expect(all.bad[0]!.error.message).toMatch(message);
  });

  it("table-scrambled-inside: reading says which file", async () => {
    await makeDataset({ root, rows: 400 });
    const handle = await openFile(firstTable(), "r+");
    await handle.write(new Uint8Array(900).fill(0xa5), 0, 900, 40);
    await handle.close();
    const all = await open();
    const failure =
      all.bad[0]?.error ?? (await readNumbers(all.episodes[0]!, "observation.state").catch((thrown: unknown) => thrown));
    expect(failure).toMatchObject({ code: "bad-data", place: { file: firstTable() } });
  });

  it.each([
    ["zero-bytes", (file: string) => writeFile(file, "")],
    ["cut-off", (file: string) => truncate(file, 700)],
    ["no-video", (file: string) => writeFile(file, "no video here, only words and words")],
  ])("video-%s: that episode is bad", async (_name, harm) => {
    await makeDataset({ root });
    await harm(video(0));
    const all = await open();
    expect(all.episodes.map(({ id }) => id)).toEqual(["episode_000001"]);
    expect(all.bad[0]).toMatchObject({ id: "episode_000000", error: { code: "bad-data", place: { file: video(0) } } });
  });

  it("info-without-features, info-not-json, info-missing: an error that names the file", async () => {
    await makeDataset({ root, info: { features: null } });
    await expect(open()).rejects.toMatchObject({ code: "bad-data", message: expect.stringContaining("features is missing") });
    await write(root, "meta/info.json", "{ not json");
    await expect(open()).rejects.toMatchObject({ code: "bad-data", place: { file: join(root, "meta/info.json") } });
    await rm(join(root, "meta"), { recursive: true });
    await expect(open()).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("meta/info.json") });
  });
});
