import { expect, test } from "vitest";
import type { EpisodeSchema } from "../../../core/feature.ts";
import { viewStreams } from "../../lerobot/write/streams.ts";
import { modalityJson, modalityOf } from "./modality.ts";

const schema: EpisodeSchema = {
  key: "k",
  embodiment: "franka",
  features: {
    "observation.state": { dtype: "float32", shape: [8] },
    action: { dtype: "float32", shape: [8] },
    "observation.images.wrist": { dtype: "video", shape: [4, 4, 3] },
    "annotation.human.validity": { dtype: "text", shape: [] },
    "next.reward": { dtype: "float32", shape: [] },
  },
  groups: {
    action: [
      { name: "joints", start: 0, end: 7, details: { absolute: true } },
      { name: "gripper", start: 7, end: 8 },
    ],
  },
  grid: {
    rateHz: 20,
    streams: ["observation.state", "action", "observation.images.wrist", "annotation.human.validity", "next.reward"],
  },
};
const streams = viewStreams(schema);

test("groups come from the schema, and a vector that nothing is known of stays whole", () => {
  expect(modalityJson(modalityOf(schema, streams, undefined))).toEqual({
    state: { state: { start: 0, end: 8 } },
    action: { joints: { start: 0, end: 7, absolute: true }, gripper: { start: 7, end: 8 } },
    video: { wrist: { original_key: "observation.images.wrist" } },
    annotation: {
      "human.validity": { original_key: "annotation.human.validity" },
      "human.task_description": { original_key: "task_index" },
    },
  });
});

test("the option goes first, and must fit", () => {
  const state = { arm: { start: 0, end: 7, rotation_type: "axis_angle" } };
  expect(modalityJson(modalityOf(schema, streams, { state }))).toMatchObject({ state });
  expect(() => modalityOf(schema, streams, { state: { arm: { start: 0, end: 9 } } })).toThrow(
    "takes columns 0 to 9 of observation.state, which has 8",
  );
  expect(() => modalityOf(schema, streams, { action: { arm: { start: 0, end: 1, original_key: "next.reward" } } })).toThrow(
    "takes columns of next.reward, which is no action here (there are action)",
  );
});
