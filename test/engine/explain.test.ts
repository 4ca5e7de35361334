import { mkdir, mkdtemp, realpath, rename, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { align, assemble, check, explain, gate, gr00t, lerobot, mcap, type RunReport, run, trim } from "../../src/index.ts";
import { HUMANOID_START, jointValue, writeHumanoidMcap } from "../support/humanoidMcap.ts";

let folder = "";
let home = "";
let report: RunReport;
const at = (...names: string[]) => join(folder, ...names);

/** Two recordings that are kept, one that is too short, one that is cut off. */
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-explain-")));
  home = at("home");
  await mkdir(at("recordings"));
  for (const name of ["a", "b", "cut"]) await writeHumanoidMcap(at("recordings", `${name}.mcap`), { cameras: ["head"] });
  await writeHumanoidMcap(at("recordings", "short.mcap"), { seconds: 1, cameras: ["head"] });
  await truncate(at("recordings", "cut.mcap"), 100);
  const pipeline = {
    dataset: "home",
    sources: { robot: mcap({ path: "recordings" }) },
    stages: [align(), assemble(), trim({ startSec: 0.2 }), check({ stuck: false })],
    decisions: [gate({ minDurationSec: 1.5 })],
    sinks: [gr00t(), lerobot()],
  };
  report = await run(pipeline, { workers: 1, base: folder });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a row", () => {
  test("is traced to the message that each of its values was in", async () => {
    expect(report.episodes).toEqual({ read: 4, kept: 2, dropped: 1, failed: 1 });
    const told = await explain("b.mcap:10", { home });
    expect(told).toMatchObject({ home, snapshot: report.snapshot, episode: "robot/b.mcap", status: "kept", notes: [] });
    expect(told.source).toEqual({ name: "robot", plugin: "mcap", origin: { file: "b.mcap" }, there: true });
    const state = told.row!.features.find(({ stream }) => stream === "observation.state")!;
    const sample = Number(BigInt(state.from!.firstNs) - HUMANOID_START) / 1e7;
    expect((state.value as number[])[1]).toBeCloseTo(jointValue(sample, 1), 5);
    expect(state.through.map(({ path, stream }) => `${path} ${stream}`)).toEqual([
      "stages[0].align joint_states.position",
      "stages[1].assemble observation.state",
      "stages[2].trim observation.state",
    ]);
    const [input] = state.inputs;
    expect(input).toMatchObject({ stream: "joint_states.position", columns: [{ column: 0, becomes: 0 }, {}, {}, {}, {}, {}] });
    expect(input!.places).toEqual([
      expect.objectContaining({ file: at("recordings", "b.mcap"), name: "/joint_states", timeNs: state.from!.firstNs }),
    ]);
    expect(input!.places[0]!.at).toMatchObject({
      type: "sensor_msgs/JointState",
      clock: "the message's header",
      // The test's writer logs a joint message a millisecond after its header.
      logTimeNs: (BigInt(state.from!.firstNs) + 1_000_000n).toString(),
    });
    const head = told.row!.features.find(({ stream }) => stream === "observation.images.head")!;
    expect(head.inputs[0]!.places[0]).toMatchObject({ name: "/camera/head/image_raw/compressed", timeNs: told.row!.timeNs });
    expect(told.steps.map(({ path }) => path)).toEqual(expect.arrayContaining(["sources.robot.mcap", "stages[2].trim"]));
  });

  test("stands in every view, also by its number there", async () => {
    const told = await explain("1:10", { home: join(home, "lerobot") });
    expect(told.episode).toBe("robot/b.mcap");
    expect(told.views.map(({ sink, numbers }) => [sink, numbers])).toEqual([
      ["gr00t", [1]],
      ["lerobot", [1]],
    ]);
    const rows = told.about!.rows;
    const [groot, joined] = told.row!.views;
    expect(groot!.places[0]!.at).toMatchObject({ row: 10, episode: 1 });
    expect(joined!.places[0]!.at).toMatchObject({ row: rows + 10, rowGroup: 1, rowInGroup: 10 });
    expect(joined!.places[1]!.at).toMatchObject({ frame: rows + 10 });
  });

  test("that was trimmed away is told with the stage that did it", async () => {
    const told = await explain("robot/a.mcap", { home });
    expect(told.drops[0]).toMatchObject({ row: 0, by: "stages[2].trim", reason: expect.stringContaining("rows 0 to 5") });
    await expect(explain("robot/a.mcap:500", { home })).rejects.toThrow(/has no row 500: it has 54.*stages\[2\]\.trim/);
  });
});

describe("what is not in the dataset", () => {
  test("was dropped: by which decision, with which threshold, and what would keep it", async () => {
    const told = await explain("short", { home });
    expect(told).toMatchObject({ episode: "robot/short.mcap", status: "dropped", views: [] });
    const [drop] = told.drops.filter(({ row }) => row === undefined);
    expect(drop).toMatchObject({ by: "decisions[0].gate", reason: expect.stringContaining("less than 1.5 s") });
    expect(drop!.thresholds).toContainEqual({
      path: "decisions[0].gate.minDurationSec",
      value: 1.5,
      about: "Drop shorter episodes",
    });
    expect(drop!.toKeep).toContain("decisions[0].gate");
  });

  test("failed: where, why, and what to do", async () => {
    const told = await explain("robot/cut.mcap:3", { home });
    expect(told).toMatchObject({
      status: "failed",
      failure: { code: "bad-data", toDo: expect.stringContaining("copy it again") },
    });
    expect(told.row).toBeUndefined();
    expect(told.notes[0]).toContain("no rows");
  });

  test("was never there: those near to it are named", async () => {
    await expect(explain("robot/shrt.mcap", { home })).rejects.toThrow('did you mean "robot/short.mcap"?');
    await expect(explain("7", { home })).rejects.toThrow("has no episode 7; it has 2");
    await expect(explain("0", { home, view: "gr00d" })).rejects.toThrow("there is no such view (there are: gr00t/humanoid");
    expect((await explain("a", { home, snapshot: report.snapshot!.slice(0, 8) })).snapshot).toBe(report.snapshot);
    await expect(explain("a", { home, snapshot: "x" })).rejects.toThrow('"x" is no snapshot of this dataset (the newest: 1: ');
    await expect(explain("a", { home: at("recordings") })).rejects.toThrow("is no dataset of Tendon's");
  });
});

test("where the recordings are gone, the rest is still told", async () => {
  await rename(at("recordings"), at("elsewhere"));
  try {
    const told = await explain("robot/b.mcap:10", { home });
    expect(told.source).toMatchObject({ there: false, gone: expect.stringContaining("recordings") });
    const state = told.row!.features.find(({ stream }) => stream === "observation.state")!;
    expect(state).toMatchObject({ from: { firstNs: expect.stringMatching(/^17000000/) }, inputs: [] });
    expect(told.row!.views).toHaveLength(2);
  } finally {
    await rename(at("elsewhere"), at("recordings"));
  }
});
