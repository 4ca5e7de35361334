import { chmod, link, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPipelineFile } from "../../src/commands/pipelineFile.ts";
import { init, run } from "../../src/index.ts";
import { writeHumanoidMcap } from "../support/humanoidMcap.ts";
import { makeDataset } from "../support/lerobotDataset.ts";

let folder = "";
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-init-")));
  for (const name of ["plain", "mixed", "blind", "written"]) await mkdir(at(name));
  await writeHumanoidMcap(at("plain", "a.mcap"), { seconds: 1 });
  await writeHumanoidMcap(at("mixed", "a.mcap"), { seconds: 1, robot: "arm" });
  await writeHumanoidMcap(at("mixed", "b.mcap"), { seconds: 1, robot: "legs" });
  await makeDataset({ root: at("mixed", "old") });
  await writeFile(at("mixed", "c.bag"), "#ROSBAG V2.0\n");
  await writeHumanoidMcap(at("blind", "a.mcap"), { seconds: 1, cameras: [], task: "" });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a folder of recordings gives one pipeline that runs unedited, with the evidence for each guess", async () => {
  const report = await init(at("plain"), { out: folder });
  expect(report.pipelines).toHaveLength(1);
  const [made] = report.pipelines;
  expect(made).toMatchObject({ file: at("a.yaml"), kind: "mcap", robot: "humanoid", recordings: 1, looked: 1, open: [] });
  const streams = (side: "cameras" | "state" | "action" | "language") => made![side].map(({ stream }) => stream);
  expect(streams("cameras")).toEqual(["observation.images.head", "observation.images.left_wrist"]);
  expect([streams("state"), streams("action")]).toEqual([["joint_states.position"], ["action.joint_commands.position"]]);
  expect(made!.language[0]!.evidence).toContain("put the cup on the tray");
  const text = await readFile(made!.file, "utf8");
  expect(text).toContain("#   state     joint_states.position (its message names joints or parts: 6 numbers in rad at 100 Hz");
  const { input, base } = await readPipelineFile(made!.file);
  expect(input).toEqual(made!.pipeline);
  const done = await run(input, { base, workers: 1 });
  expect(done.episodes).toMatchObject({ kept: 1, failed: 0 });
});

test("a file that is there is never written over unless it was asked for, and then nothing of the rest is written either", async () => {
  await writeFile(at("written", "a.yaml"), "mine");
  await expect(init(at("plain"), { out: at("written") })).rejects.toThrow("is there already; write over it with --force");
  expect(await readFile(at("written", "a.yaml"), "utf8")).toBe("mine");
  await init(at("plain"), { out: at("written"), existing: "replace" });
  expect(await readFile(at("written", "a.yaml"), "utf8")).toContain("tendon: 1");
});

test("a mixture of formats and robots gives one pipeline each, and says what cannot be read", async () => {
  const report = await init(at("mixed"), { out: folder });
  expect(report.pipelines.map(({ kind, robot }) => `${kind} ${robot}`).sort()).toEqual([
    "lerobot test_arm",
    "mcap arm",
    "mcap legs",
  ]);
  expect(new Set(report.pipelines.map(({ file }) => file)).size).toBe(3);
  expect(report.seen.map(({ kind, readable }) => [kind, readable])).toContainEqual(["ROS 1 bag", false]);
  const arm = report.pipelines.find(({ robot }) => robot === "arm")!;
  expect((await readPipelineFile(arm.file)).input.sources).toEqual({ "mixed-arm": { mcap: { path: "mixed/a.mcap" } } });
});

test("a file that is named is looked at alone", async () => {
  const report = await init(at("mixed", "b.mcap"), { out: at("b.yaml") });
  expect(report.pipelines.map(({ robot }) => robot)).toEqual(["legs"]);
  expect((await readPipelineFile(at("b.yaml"))).input.sources).toEqual({ b: { mcap: { path: "mixed/b.mcap" } } });
  await expect(init(at("mixed", "c.bag"), { out: folder })).rejects.toMatchObject({ place: { file: at("mixed", "c.bag") } });
});

test("joints that are a known robot's give its preset; cameras of which none is the main one are asked about", async () => {
  await mkdir(at("g1"));
  const joints = ["left", "right"].flatMap((side) =>
    ["shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow", "wrist_roll", "wrist_pitch", "wrist_yaw"].map(
      (joint) => `${side}_${joint}_joint`,
    ),
  );
  await writeHumanoidMcap(at("g1", "a.mcap"), { seconds: 1, joints, cameras: ["left_wrist", "right_wrist"] });
  const report = await init(at("g1"), { out: at("g1.yaml") });
  expect(report.pipelines[0]).toMatchObject({
    preset: "g1",
    open: [expect.stringContaining("which camera's frames are the rows?")],
  });
  expect(report.pipelines[0]!.pipeline.stages!.slice(0, 2)).toEqual([{ align: {} }, { assemble: { robot: "g1" } }]);
  expect(await readFile(at("g1.yaml"), "utf8")).toContain("#   camera: observation.images.left_wrist");
});

test("of many recordings some are opened, and it says how many", async () => {
  await mkdir(at("many"));
  for (let copy = 0; copy < 40; copy++) await link(at("plain", "a.mcap"), at("many", `${copy}.mcap`));
  const report = await init(at("many"), { out: folder });
  expect(report.pipelines[0]).toMatchObject({
    recordings: 40,
    looked: 24,
    pipeline: { sources: { many: { mcap: { path: "many" } } } },
  });
  expect(await readFile(report.pipelines[0]!.file, "utf8")).toContain("40 MCAP files; 24 of them were looked at");
});

describe("recordings that lack something", () => {
  test("no camera and no instruction: a rate, one view less, and a marked line for what only a person knows", async () => {
    const report = await init(at("blind"), { out: at("blind.yaml") });
    const [made] = report.pipelines;
    expect(made!.pipeline.stages![0]).toEqual({ align: { rateHz: 50 } });
    expect(made!.pipeline.sinks).toEqual([{ lerobot: {} }]);
    expect(made!.notes.join("\n")).toContain("there is no camera");
    expect(made!.open[0]).toContain("what was the robot told?");
    expect(await readFile(at("blind.yaml"), "utf8")).toContain("# TENDON?: what was the robot told?");
  });

  test("where somebody answers, no line is marked", async () => {
    const report = await init(at("blind"), {
      out: at("asked.yaml"),
      ask: async ({ option }) => (option === "task" ? "wave: hello" : undefined),
    });
    expect(report.pipelines[0]!.open).toEqual([]);
    const { input } = await readPipelineFile(at("asked.yaml"));
    expect(input.sources).toEqual({ a: { mcap: { path: "blind/a.mcap", task: "wave: hello" } } });
  });
});

describe("a folder of which nothing can be made", () => {
  test("is told with what was seen and what is supported", async () => {
    await mkdir(at("strange"));
    await writeFile(at("strange", "x.bag"), "#ROSBAG V2.0\n");
    await writeFile(at("strange", "notes.txt"), "hello");
    const said = init(at("strange"), { out: folder });
    await expect(said).rejects.toThrow(/1 × ROS 1 bag \(x\.bag\): cannot be read yet; convert it with[\s\S]*Tendon reads MCAP/);
    await expect(init(at("nowhere"), { out: folder })).rejects.toMatchObject({ code: "not-found" });
  });

  test("or that cannot be written to is told before anything is looked at", async () => {
    await expect(init(at("plain"), { out: at("no", "such") })).rejects.toThrow(
      "there is no such folder to write the pipeline to",
    );
    if (process.getuid?.() === 0) return;
    await mkdir(at("locked"));
    await chmod(at("locked"), 0o555);
    await expect(init(at("plain"), { out: at("locked") })).rejects.toThrow("cannot be written to");
  });
});
