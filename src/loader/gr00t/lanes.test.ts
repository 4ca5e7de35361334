import { describe, expect, test } from "vitest";
import { modality } from "../../layouts/gr00t/modality.ts";
import type { NumberLane } from "../numberLane.ts";
import { type Gr00tConfigInput, readConfig } from "./config.ts";
import { type Gr00tLanes, gr00tLanes } from "./lanes.ts";
import type { Gr00tDataset } from "./parts.ts";

/** Two arm joints and a gripper; the gripper's state never changes. */
const DATASET: Gr00tDataset = {
  file: "meta/modality.json",
  modality: modality.parse({
    state: {
      arm: { start: 0, end: 2 },
      gripper: { start: 2, end: 3 },
      pose: { start: 0, end: 6, original_key: "observation.pose" },
    },
    action: {
      arm: { start: 0, end: 2 },
      gripper: { start: 2, end: 3, absolute: false },
      speed: { start: 0, end: 3, dtype: "int64" },
    },
    video: { front: { original_key: "observation.images.front" }, side: {} },
    annotation: { "human.task": { original_key: "task_index" }, "human.validity": {} },
  }),
  features: {
    "observation.state": { dtype: "float64", shape: [3] },
    "observation.pose": { dtype: "float64", shape: [6] },
    action: { dtype: "float64", shape: [3] },
    "observation.images.front": { dtype: "video", shape: [4, 4, 3] },
    "observation.images.side": { dtype: "video", shape: [4, 4, 3] },
    task: { dtype: "text", shape: [] },
    "annotation.human.validity": { dtype: "text", shape: [] },
  },
  statistics: {
    file: "meta/stats.json",
    of: {
      "observation.state": { min: [0, 0, 5], max: [10, 10, 5], q01: [1, 1, 5], q99: [9, 9, 5], mean: [5, 5, 5], std: [2, 2, 0] },
      action: { min: [0, 0, 0], max: [10, 10, 1], q01: [1, 1, 0], q99: [9, 9, 1], mean: [5, 5, 0.5], std: [2, 2, 0.5] },
    },
  },
  relative: {
    file: "meta/relative_stats.json",
    of: {
      arm: {
        min: [
          [-1, -1],
          [-2, -2],
        ],
        max: [
          [1, 1],
          [2, 2],
        ],
      },
    },
  },
};

const EPISODE = {
  rows: 3,
  columns: new Map([
    ["observation.state", Float64Array.of(0, 1, 5, 2, 3, 5, 4, 5, 6)],
    ["action", Float64Array.of(5, 10, 0, 6, 11, 1, 7, 2, 0)],
  ]),
  tasks: [],
  index: 0,
  file: "table.parquet",
};

async function lanesOf(config: Gr00tConfigInput): Promise<Gr00tLanes> {
  return gr00tLanes(await readConfig(config), DATASET);
}

function windowOf({ numbers }: Gr00tLanes, name: string, row: number): number[] {
  const lane = numbers.find((each: NumberLane) => each.name === name)!;
  const target = new Float32Array(lane.offsets.length * lane.shape[0]!).fill(99);
  lane.fill(EPISODE, row, target, 0);
  return [...target];
}

describe("N1.5", () => {
  const state = { keys: ["state.arm", "state.gripper"], delta: [0] };
  const action = { keys: ["action.arm", "action.gripper"], delta: [0, 1] };

  test("parts stand in the order of concat; what is not absolute is 0 beyond the ends", async () => {
    const lanes = await lanesOf({ for: "n1.5", state, action, concat: { action: ["action.gripper", "action.arm"] } });
    expect(windowOf(lanes, "state", 1)).toEqual([2, 3, 5]);
    expect(windowOf(lanes, "action", 2)).toEqual([0, 7, 2, 0, 7, 2]);
    expect(lanes.notes).toEqual([
      "action.gripper is not absolute: beyond an episode's ends it is 0, as in N1.5, and not the first or last row",
    ]);
    expect(lanes.edges).toEqual({ before: 0, behind: 0 });
    expect(lanes.normalisation.tensors.action!.map(({ key, from, to }) => [key, from, to])).toEqual([
      ["gripper", 0, 1],
      ["arm", 1, 3],
    ]);
  });

  test("min_max is not clipped and makes 0 of what never changes; q99 is clipped and leaves it", async () => {
    const of = (mode: "min_max" | "q99" | "mean_std" | "binary") =>
      lanesOf({ for: "n1.5", state, action, normalise: { "state.arm": mode, "state.gripper": mode, "action.arm": mode } });
    expect(windowOf(await of("min_max"), "state", 2)).toEqual([Math.fround(-0.2), 0, 0]);
    expect(windowOf(await of("min_max"), "action", 1)).toEqual([
      Math.fround(0.2),
      Math.fround(1.2),
      1,
      Math.fround(0.4),
      Math.fround(-0.6),
      0,
    ]);
    expect(windowOf(await of("q99"), "state", 0)).toEqual([-1, -1, 1]);
    expect(windowOf(await of("mean_std"), "state", 2)).toEqual([-0.5, 0, 6]);
    expect(windowOf(await of("binary"), "state", 0)).toEqual([0, 1, 1]);
  });

  test("sines and cosines, and zeros behind", async () => {
    const lanes = await lanesOf({ for: "n1.5", state, sin_cos: ["state.arm"], max_state_dim: 7 });
    const [s0, c0, s1, c1] = [Math.sin(0), Math.cos(0), Math.sin(1), Math.cos(1)].map(Math.fround);
    expect(windowOf(lanes, "state", 0)).toEqual([s0, s1, c0, c1, 5, 0, 0]);
    expect([...lanes.dims.get("state")!]).toEqual([1, 1, 1, 1, 1, 0, 0]);
  });

  test.each<[Partial<Gr00tConfigInput> & object, string]>([
    [{ state: { keys: ["arms"], delta: [0] } }, 'names no state part "arms"; did you mean "arm"?; there are arm, gripper, pose'],
    [{ state, normalise: { "state.hand": "q99" } }, "names state.hand, which is not loaded; there are state.arm, state.gripper"],
    [
      { action: { keys: ["speed"], delta: [0] }, normalise: { "action.speed": "q99" } },
      "action.speed is int64, no float: N1.5 takes only `binary` for it",
    ],
    [{ action, concat: { action: ["arm"] } }, "leaves out gripper"],
    [{ state, concat: { state: ["hand"] } }, "names hand, which is none of the keys arm, gripper"],
    [
      { state, sin_cos: ["state.arm"], normalise: { "state.arm": "q99" } },
      "state.arm cannot be q99 and sines and cosines at once",
    ],
    [{ state, max_state_dim: 2 }, "max_state_dim is 2, but the state has 3 numbers: raise it, or name fewer keys"],
    [{ state: { keys: ["pose"], delta: [0] }, normalise: { "state.pose": "q99" } }, "has no statistics of observation.pose"],
  ])("%j is refused", async (config, message) => {
    await expect(lanesOf({ for: "n1.5", ...config } as Gr00tConfigInput)).rejects.toThrow(message);
  });
});

describe("N1.7", () => {
  const state = { keys: ["arm", "gripper"], delta: [-1, 0] };
  const relative = { rep: "RELATIVE", type: "NON_EEF", format: "DEFAULT" };
  const absolute = { rep: "ABSOLUTE", type: "NON_EEF", format: "DEFAULT" };
  const action = { keys: ["arm", "gripper"], delta: [0, 1], action_configs: [relative, absolute] } as const;

  test("relative actions are told from the last row of the state, step by step; percentiles are for the rest", async () => {
    const lanes = await lanesOf({ for: "n1.7", state, action } as Gr00tConfigInput);
    // Of row 1: (6, 11) and (7, 2) less the state (2, 3), between -1 and 1, then between -2 and 2.
    expect(windowOf(lanes, "action", 1)).toEqual([1, 1, 1, 1, -0.5, -1]);
    expect(windowOf(lanes, "state", 1)).toEqual([-1, -1, 0, -0.75, -0.5, 0]);
    expect(lanes.edges).toEqual({ before: 0, behind: 1 });
    expect(lanes.notes).toEqual([
      "state reaches 1 rows back: at an episode's start N1.6 and N1.7 read its last rows there (NVIDIA/Isaac-GR00T issue 771); here its first row stands in, masked",
    ]);
    expect(lanes.normalisation.tensors.action![0]).toMatchObject({
      relativeTo: { key: "arm", from: 0, to: 2, format: "joints" },
      low: [
        [-1, -1],
        [-2, -2],
      ],
    });
  });

  test("without relative actions, percentiles and clipping", async () => {
    const lanes = await lanesOf({
      for: "n1.7",
      state,
      action,
      use_relative_action: false,
      use_percentiles: false,
      clip_outliers: false,
    } as Gr00tConfigInput);
    // As NumPy computes 2 * 0.6 - 1 in float32.
    const part = Math.fround(2 * Math.fround(0.6) - 1);
    expect(windowOf(lanes, "action", 0).slice(3)).toEqual([part, Math.fround(1.2), 1]);
    expect(lanes.notes.at(-1)).toBe("action.arm stays absolute: use_relative_action is off");
  });

  test("the state by its deviation is not clipped, the action is", async () => {
    const keys = { mean_std_embedding_keys: ["arm", "gripper"] };
    const lanes = await lanesOf({
      for: "n1.7",
      state: { ...state, ...keys },
      action: { keys: ["arm"], delta: [0], mean_std_embedding_keys: ["arm"] },
    });
    expect(windowOf(lanes, "state", 0).slice(3)).toEqual([-2.5, -2, 5]);
    expect(windowOf(lanes, "action", 1)).toEqual([0.5, 1]);
  });

  test("pictures and language by name, more languages left out", async () => {
    const lanes = await lanesOf({
      for: "n1.7",
      video: { keys: ["side", "video.front"], delta: [0] },
      language: { keys: ["human.task", "human.validity"] },
    });
    expect(lanes.pictures.map(({ name, stream }) => [name, stream])).toEqual([
      ["video.side", "observation.images.side"],
      ["video.front", "observation.images.front"],
    ]);
    expect(lanes.language).toMatchObject({ name: "annotation.human.task", stream: "task" });
    expect(lanes.notes).toEqual(["language: only the first key, human.task, is loaded, as in GR00T; human.validity left out"]);
  });

  test.each<[object, string]>([
    [{ action }, "action.arm is relative to state.arm, which is not loaded: add it to state.keys"],
    [
      { state, action: { ...action, action_configs: [{ ...relative, state_key: "gripper" }, absolute] } },
      "action.arm has 2 numbers, state.gripper, which it is relative to, 1",
    ],
    [
      { state, action: { ...action, action_configs: [{ ...relative, type: "EEF" }, absolute] } },
      "action.arm is an end effector: its format must be XYZ_ROT6D or XYZ_ROTVEC",
    ],
    [
      { state, action: { ...action, action_configs: [{ ...relative, type: "EEF", format: "XYZ_ROTVEC" }, absolute] } },
      "action.arm is XYZ_ROTVEC, which has 6 numbers, but it has 2",
    ],
    [
      { state, action: { ...action, action_configs: [{ ...relative, format: "XYZ_ROT6D" }, absolute] } },
      "action.arm is no end effector (NON_EEF): its format is DEFAULT, not XYZ_ROT6D",
    ],
    [
      { state, action: { ...action, delta: [0, 1, 2] } },
      "gives 4 numbers as min of arm, which has 3 steps of 2 numbers; they must be made for the same action steps",
    ],
    [{ state, action: { ...action, action_configs: [absolute, relative] } }, "has no statistics of gripper; there are arm"],
    [{ video: { keys: ["front_view"], delta: [0] } }, 'names no video "front_view"; there are front, side'],
    [{ language: { keys: ["human.tasks"] }, state }, 'names no annotation "human.tasks"; did you mean "human.task"?'],
  ])("%j is refused", async (config, message) => {
    await expect(lanesOf({ for: "n1.7", ...config } as Gr00tConfigInput)).rejects.toThrow(message);
  });
});

test("a flipped sample is mirrored before it is normalised", async () => {
  const mirror = { from: Int32Array.of(1, 0, 2), sign: Float64Array.of(1, 1, -1) };
  const config = await readConfig({
    for: "n1.5",
    state: { keys: ["arm", "gripper"], delta: [0] },
    normalise: { "state.arm": "min_max" },
  });
  const [lane] = gr00tLanes(config, DATASET, new Map([["observation.state", mirror]])).numbers;
  const target = new Float32Array(3);
  lane!.fill(EPISODE, 1, target, 0, { flip: true, crop: { y: 0, x: 0 } });
  expect([...target]).toEqual([Math.fround(-0.4), Math.fround(-0.6), -5]);
});
