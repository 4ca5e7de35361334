import { expect, test } from "vitest";
import { actionPath, cameraNames, isCommandTopic, pathOf } from "./names.ts";

test.each([
  { topics: ["/camera/head/image_raw/compressed"], names: ["head"] },
  { topics: ["/cam_high/image_raw/compressed", "/cam_low/image_raw/compressed"], names: ["cam_high", "cam_low"] },
  { topics: ["/image/compressed"], names: ["camera"] },
  { topics: ["/head/left/image", "/wrist/left/image"], names: ["head_left", "wrist_left"] },
  {
    topics: ["/camera/camera/color/image_raw/compressed", "/camera/camera/infra1/image/compressed"],
    names: ["camera", "infra1"],
  },
  { topics: ["/head/image", "/head/image_raw"], names: ["head_image", "head_image_raw"] },
  { topics: ["/a b/image", "/a_b/image"], names: ["a_b_image", "a_b_image_2"] },
])("cameras $topics are $names", ({ topics, names }) => {
  const given = cameraNames(topics);
  expect(topics.map((topic) => given.get(topic))).toEqual(names);
});

test("a camera's name does not depend on the order of topics", () => {
  const topics = ["/head/left/image", "/wrist/left/image", "/belly/image"];
  expect(cameraNames(topics.toReversed())).toEqual(cameraNames(topics));
});

test("paths and commands", () => {
  expect(pathOf("/left_arm/joint_states")).toBe("left_arm.joint_states");
  expect(pathOf("/")).toBe("topic");
  expect(actionPath("/action/arm")).toBe("action.arm");
  expect(actionPath("/arm/command")).toBe("action.arm.command");
  const commands = ["/cmd_vel", "/joint_commands", "/arm/desired_pose", "/hand/target", "/action"];
  expect(commands.filter(isCommandTopic)).toEqual(commands);
  expect(["/joint_states", "/transactions", "/commander/state"].filter(isCommandTopic)).toEqual([]);
});
