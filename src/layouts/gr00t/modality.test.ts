import { describe, expect, it } from "vitest";
import { annotationKey, jointGroups, modality, videoKey } from "./modality.ts";

const widths = new Map([
  ["observation.state", 8],
  ["action", 8],
  ["observation.eef_state", 7],
]);

describe("jointGroups", () => {
  it("cuts vectors in column order and keeps GR00T's details", () => {
    const content = modality.parse({
      state: { gripper: { start: 7, end: 8 }, arm: { start: 0, end: 7, absolute: true } },
      action: { arm: { start: 0, end: 7 } },
    });
    expect(jointGroups("modality.json", content, widths)).toEqual({
      "observation.state": [
        { name: "arm", start: 0, end: 7, details: { absolute: true } },
        { name: "gripper", start: 7, end: 8 },
      ],
      action: [{ name: "arm", start: 0, end: 7 }],
    });
  });

  it("honours original_key", () => {
    const pose = { start: 0, end: 7, original_key: "observation.eef_state", rotation_type: "quaternion" };
    const groups = jointGroups("modality.json", modality.parse({ state: { pose } }), widths);
    expect(groups["observation.eef_state"]).toEqual([
      { name: "pose", start: 0, end: 7, details: { rotation_type: "quaternion" } },
    ]);
  });

  it("names every group that does not fit", () => {
    const content = modality.parse({
      state: { arm: { start: 0, end: 44 }, none: { start: 3, end: 3 } },
      action: { arm: { start: 0, end: 7, original_key: "teleop.pose" } },
    });
    expect(() => jointGroups("meta/modality.json", content, widths)).toThrow(
      "state.arm takes columns 0 to 44 of observation.state, which has 8; state.none takes columns 3 to 3: none; " +
        "action.arm is cut from teleop.pose, which is no vector of this dataset: correct or remove these entries",
    );
  });
});

it("cameras and annotations have their usual keys unless told", () => {
  expect(videoKey("ego", {}, ["observation.images.ego"])).toBe("observation.images.ego");
  expect(videoKey("ego", {}, ["ego"])).toBe("ego");
  expect(videoKey("ego", { original_key: "cam" }, [])).toBe("cam");
  expect(annotationKey("human.validity", {})).toBe("annotation.human.validity");
  expect(annotationKey("task", { original_key: "task_index" })).toBe("task_index");
});
