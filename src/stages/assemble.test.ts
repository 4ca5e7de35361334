import fc from "fast-check";
import { expect, test } from "vitest";
import type { RowsBatch } from "../core/batch.ts";
import type { Context } from "../core/context.ts";
import type { Episode } from "../core/episode.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import type { TimeRange } from "../core/time.ts";
import { jointKey } from "./assemble/jointName.ts";
import { ROBOTS } from "./assemble/options.ts";
import { readPreset } from "./assemble/preset.ts";
import { assemble } from "./assemble.ts";

const joints = (...names: string[]): Feature => ({ dtype: "float64", shape: [names.length], names, unit: "rad" });

function schemaOf(features: Record<string, Feature>): EpisodeSchema {
  return { key: "k", embodiment: "g1", features, grid: { rateHz: 10, streams: Object.keys(features) } };
}

/** Row r of column c of stream number s is 100 s + 10 c + r. */
function recording(features: Record<string, Feature>, rows: number, batchRows = 1000): Episode {
  const time = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 100n);
  const streams = Object.entries(features).map(([name, feature], stream): [string, RowsBatch] => {
    const width = Number(feature.shape[0] ?? 1);
    const values = Float64Array.from(
      { length: rows * width },
      (_, at) => 100 * stream + 10 * (at % width) + Math.floor(at / width),
    );
    return [name, { kind: "rows", time, values }];
  });
  return memoryEpisode({ id: "a", schema: schemaOf(features), streams: Object.fromEntries(streams), batchRows });
}

const folded = (features: Record<string, Feature>, options: object) =>
  assemble.create(assemble.options.parse(options)).schema(schemaOf(features));

function opened(episode: Episode, options: object): { episode: Episode; notes: string[] } {
  const notes: string[] = [];
  const context = { find: (finding: { message: string }) => notes.push(finding.message) } as unknown as Context;
  return { episode: assemble.create(assemble.options.parse(options)).each(episode, context) as Episode, notes };
}

async function rowsOf(episode: Episode, stream: string, range?: TimeRange) {
  const values: number[] = [];
  const time: number[] = [];
  const from: [number, number][] = [];
  const valid: number[] = [];
  for await (const { batch } of episode.read([{ stream, as: "rows" }], range)) {
    values.push(...((batch as RowsBatch).values as Float32Array));
    time.push(...Array.from(batch.time, Number));
    batch.time.forEach((_, row) => {
      from.push([Number(batch.from!.first[row]), Number(batch.from!.last![row])]);
    });
    valid.push(...(batch.valid ?? []));
  }
  return { values, time, from, valid };
}

test("every robot's file can be read, and no two of its joints have one name", () => {
  for (const robot of ROBOTS) {
    const preset = readPreset(robot);
    expect(preset.robot).toBe(robot);
    const variants = Map.groupBy(preset.groups, (group) => group.name);
    const taken = new Map<string, string>();
    for (const [name, groups] of variants) {
      const keys = new Set(groups.flatMap((group) => group.joints.flatMap((joint) => preset.keysOf(joint))));
      for (const key of keys) {
        expect(taken.get(key), `${robot}: ${key}`).toBeUndefined();
        taken.set(key, name);
      }
    }
  }
  const bodies = readPreset("g1").groups.filter((group) => !group.name.endsWith("hand"));
  expect(bodies.flatMap((group) => group.joints)).toHaveLength(29);
  expect(readPreset("aloha").groups.flatMap((group) => group.joints)).toHaveLength(14);
});

test("one joint has one key in every program's habit", () => {
  const keys = ["kLeftShoulderPitch", "left_shoulder_pitch_joint", "left_shoulder_pitch", "L_shoulder_pitch_joint"].map(jointKey);
  expect(new Set(keys)).toEqual(new Set(["leftshoulderpitch"]));
  expect(jointKey("shoulder_pan.pos")).toBe("shoulderpan");
  expect(jointKey("panda_joint1")).toBe("pandajoint1");
});

const ARM = ["ShoulderPitch", "ShoulderRoll", "ShoulderYaw", "Elbow", "WristRoll", "WristPitch", "WristYaw"];
const HAND = ["Pinky", "Ring", "Middle", "Index", "ThumbBend", "ThumbRotation"];
const named = (side: string) => [...ARM.map((one) => `k${side}${one}`), ...HAND.map((one) => `k${side}Hand${one}`)];

test("a G1 recording of arms and hands is put in the robot's order, with its groups", async () => {
  const features = { "observation.state": joints(...named("Right"), ...named("Left")), action: joints(...named("Left")) };
  const { episode } = opened(recording(features, 2), { robot: "g1" });
  const state = episode.schema.features["observation.state"]!;
  expect([state.dtype, state.shape, state.names!.slice(0, 2)]).toEqual([
    "float32",
    [26],
    ["left_shoulder_pitch_joint", "left_shoulder_roll_joint"],
  ]);
  expect(episode.schema.groups).toEqual({
    "observation.state": [
      { name: "left_arm", start: 0, end: 7 },
      { name: "right_arm", start: 7, end: 14 },
      { name: "left_hand", start: 14, end: 20 },
      { name: "right_hand", start: 20, end: 26 },
    ],
    action: [
      { name: "left_arm", start: 0, end: 7 },
      { name: "left_hand", start: 7, end: 13 },
    ],
  });
  const { values } = await rowsOf(episode, "observation.state");
  expect([values[0], values[7], values[14], values[20], values[26]]).toEqual([130, 0, 200, 70, 131]);
});

test("a group that is there in part is an error that names the joint, and what was meant", () => {
  const features = { "observation.state": joints(...named("Left").map((name) => name.replace("Elbow", "Elbwo"))) };
  expect(() => folded(features, { robot: "g1" })).toThrow(
    /g1's left_arm lacks "left_elbow_joint".*names that are no joint of g1: kLeftElbwo/,
  );
  const none = { "observation.state": joints("motor_0", "motor_1") };
  expect(() => folded(none, { robot: "gr1" })).toThrow(/no joint of gr1.*observation.state has motor_0, motor_1/);
  const twice = { a: joints(...named("Left")), b: joints("left_elbow") };
  expect(() => folded(twice, { robot: "g1" })).toThrow(/"left_elbow_joint" is in a \(column 3, "kLeftElbow"\) and b \(column 0/);
});

const LOG = {
  "joint_states.position": joints("b", "a"),
  "joint_states.velocity": joints("b", "a"),
  "gripper.position": joints("grip"),
  "action.joint_commands.position": joints("a", "b"),
};

test("without options positions make the state and commands the action; what went in whole is gone", () => {
  const made = folded(LOG, {});
  expect(Object.keys(made.features)).toEqual(["joint_states.velocity", "observation.state", "action"]);
  expect(made.features["observation.state"]).toEqual({
    dtype: "float32",
    shape: [3],
    names: ["b", "a", "grip"],
    rateHz: 10,
    unit: "rad",
  });
  expect(made.grid!.streams).toEqual(["observation.state", "action", "joint_states.velocity"]);
  expect(made.groups!["observation.state"]).toEqual([
    { name: "joint_states", start: 0, end: 2 },
    { name: "gripper", start: 2, end: 3 },
  ]);
  const complete = { "observation.state": joints("a"), action: joints("a") };
  const schema = schemaOf(complete);
  expect(assemble.create(assemble.options.parse({})).schema(schema)).toBe(schema);
});

test("parts by stream and by joint, in the order listed, with groups", () => {
  const options = { state: ["grip", { stream: "joint_states.position", joints: ["a", "b"] }], inputs: "keep" };
  const groups = [{ name: "arm", joints: ["a", "b"] }];
  const made = folded(LOG, { ...options, action: "next-state", groups });
  expect(made.features["observation.state"]!.names).toEqual(["grip", "a", "b"]);
  expect(made.groups).toEqual({
    "observation.state": [{ name: "arm", start: 1, end: 3 }],
    action: [{ name: "arm", start: 1, end: 3 }],
  });
  expect(Object.keys(made.features)).toContain("joint_states.position");
  expect(() => folded(LOG, { state: ["gripp"] })).toThrow(/there is no joint "gripp"; did you mean "grip"/);
  expect(() => folded(LOG, { state: [{ stream: "joint_state.position" }] })).toThrow(/did you mean "joint_states.position"/);
  expect(() => folded(LOG, { groups: [{ name: "x", joints: ["b", "grip"] }] })).toThrow(/"grip" does not stand behind "b"/);
});

test("where nothing was commanded the action is the next state, and the last its own; it is said", async () => {
  const features = { "observation.state": joints("a", "b") };
  for (const batchRows of [1, 2, 1000]) {
    const { episode, notes } = opened(recording(features, 4, batchRows), {});
    const action = await rowsOf(episode, "action");
    expect(action.values).toEqual([1, 11, 2, 12, 3, 13, 3, 13]);
    expect(action.time).toEqual([0, 100, 200, 300]);
    expect(action.from.map(([first]) => first)).toEqual([100, 200, 300, 300]);
    expect(notes).toEqual([expect.stringMatching(/nothing was commanded/)]);
    const part = await rowsOf(episode, "action", { start: 100n, end: 300n });
    expect([part.time, part.values]).toEqual([
      [100, 200],
      [2, 12, 3, 13],
    ]);
  }
});

test("a number that is missing in one stream is missing in the vector, and the others are not", async () => {
  const time = BigInt64Array.of(0n, 1n);
  const features = { "x.position": joints("a", "b"), "y.position": joints("c") };
  const streams: Record<string, RowsBatch> = {
    "x.position": { kind: "rows", time, values: Float64Array.of(1, 2, 3, 4), valid: Uint8Array.of(1, 0, 1, 1) },
    "y.position": { kind: "rows", time, values: Float64Array.of(5, 6), valid: Uint8Array.of(1, 0) },
  };
  const { episode } = opened(memoryEpisode({ id: "a", schema: schemaOf(features), streams }), {});
  expect((await rowsOf(episode, "observation.state")).valid).toEqual([1, 0, 1, 1, 1, 0]);
});

test("law: however the batches fall, the rows are the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 45 }), async (rows, batchRows) => {
      const whole = await rowsOf(opened(recording(LOG, rows), {}).episode, "observation.state");
      const split = await rowsOf(opened(recording(LOG, rows, batchRows), {}).episode, "observation.state");
      expect(split).toEqual(whole);
      expect(whole.values).toHaveLength(rows * 3);
    }),
    { numRuns: 40 },
  );
});

test("without rows that share their times nothing can be put together", () => {
  const { grid: _, ...schema } = schemaOf(LOG);
  expect(() => assemble.create(assemble.options.parse({})).schema(schema)).toThrow(/put `align` before it/);
});
