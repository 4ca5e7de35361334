import { expect, test } from "vitest";
import type { EpisodeSchema, Feature } from "../../core/feature.ts";
import { bodyPart, schemaFacts } from "./schema.ts";

const vector = (names: readonly string[]): Feature => ({ dtype: "float32", shape: [names.length], names });
const schema = (features: EpisodeSchema["features"], groups?: EpisodeSchema["groups"]): EpisodeSchema => ({
  key: ".",
  embodiment: "g1",
  features,
  grid: { rateHz: 30, streams: Object.keys(features) },
  ...(groups && { groups }),
});

test("joints are drawn by the part of the body, each with its command, whatever its place", () => {
  const state = vector(["kLeftElbow", "kRightElbow", "kLeftHandIndex"]);
  const action = vector(["kRightElbow", "kLeftElbow", "kLeftHandIndex"]);
  const { plots } = schemaFacts(schema({ "observation.state": state, action }));
  expect(plots).toEqual([
    { title: "left arm", lines: [{ name: "kLeftElbow", measured: 0, commanded: 4 }] },
    { title: "right arm", lines: [{ name: "kRightElbow", measured: 1, commanded: 3 }] },
    { title: "left hand", lines: [{ name: "kLeftHandIndex", measured: 2, commanded: 5 }] },
  ]);
});

test("groups that were told are taken, and commands of other joints stand alone", () => {
  const groups = { "observation.state": [{ name: "arm", start: 0, end: 2 }], action: [{ name: "pose", start: 0, end: 2 }] };
  const { plots } = schemaFacts(schema({ "observation.state": vector(["a", "b"]), action: vector(["x", "y"]) }, groups));
  expect(plots.map(({ title, lines }) => [title, lines.map(({ measured, commanded }) => [measured, commanded])])).toEqual([
    [
      "arm",
      [
        [0, undefined],
        [1, undefined],
      ],
    ],
    [
      "action: pose",
      [
        [undefined, 2],
        [undefined, 3],
      ],
    ],
  ]);
});

test("wide vectors are drawn a few lines at a time, and text and lists not at all", () => {
  const wide: Feature = { dtype: "float32", shape: [20] };
  const features = {
    "observation.state": wide,
    task: { dtype: "text", shape: [] } as const,
    list: { dtype: "float32", shape: ["any"] } as const,
  };
  const { plots, streams } = schemaFacts(schema(features));
  expect(streams.map(({ stream }) => stream)).toEqual(["observation.state"]);
  expect(plots.map(({ title, lines }) => [title, lines.length])).toEqual([
    ["state 1/3", 7],
    ["state 2/3", 7],
    ["state 3/3", 6],
  ]);
});

test.each([
  ["kRightHandThumbBend", "right hand"],
  ["left_hip_pitch_joint", "left leg"],
  ["waist_yaw", "waist"],
  ["joint_3", undefined],
])("%s is of the %s", (name, part) => expect(bodyPart(name)).toBe(part));
