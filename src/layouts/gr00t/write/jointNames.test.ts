import { expect, test } from "vitest";
import { groupByName } from "./jointNames.ts";

test("joints of the Unitree G1 with hands are arms and hands", () => {
  const names = [
    "kLeftShoulderPitch",
    "kLeftElbow",
    "kLeftWristYaw",
    "kRightShoulderPitch",
    "kRightWristYaw",
    "kLeftHandPinky",
    "kLeftHandThumbBend",
    "kRightHandIndex",
  ];
  expect(groupByName(names)).toEqual([
    { name: "left_arm", start: 0, end: 3 },
    { name: "right_arm", start: 3, end: 5 },
    { name: "left_hand", start: 5, end: 7 },
    { name: "right_hand", start: 7, end: 8 },
  ]);
});

test("names in other manners", () => {
  expect(groupByName(["waist_yaw_joint", "l_wrist.pos", "left_gripper"])).toEqual([
    { name: "waist", start: 0, end: 1 },
    { name: "left_arm", start: 1, end: 2 },
    { name: "left_gripper", start: 2, end: 3 },
  ]);
});

test("a vector stays whole where names say nothing, or a part is scattered", () => {
  expect(groupByName(["motor_0", "motor_1"])).toBeUndefined();
  expect(groupByName(["left_elbow", "right_elbow", "left_wrist"])).toBeUndefined();
  expect(groupByName([])).toEqual([]);
});
