import { expect, it } from "vitest";
import { jointKey } from "./jointName.ts";
import { readPreset } from "./preset.ts";

const sides = (side: string, joints: readonly string[], end = "") => joints.map((joint) => `${side}${joint}${end}`);
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);

const LEG = ["hip_roll", "hip_yaw", "hip_pitch", "knee_pitch", "ankle_pitch", "ankle_roll"];
const ARM = ["shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow_pitch", "wrist_yaw", "wrist_roll", "wrist_pitch"];
const DEX3 = ["Thumb0", "Thumb1", "Thumb2", "Index0", "Index1", "Middle0", "Middle1"];
const FINGERS = [
  "thumb_proximal_yaw",
  "thumb_proximal_pitch",
  "index_proximal",
  "middle_proximal",
  "ring_proximal",
  "pinky_proximal",
];

/** Names as makers publish them, and how many joints of the preset they are. */
const VENDORS = [
  [
    "gr1",
    "legacy URDF",
    [
      ...sides("l_", [...LEG, ...ARM]),
      ...sides("r_", [...LEG, ...ARM]),
      ...sides("joint_waist_", ["yaw", "pitch", "roll"]),
      ...sides("joint_head_", ["pitch", "roll", "yaw"]),
    ],
  ],
  [
    "gr1",
    "GRX URDF",
    [
      ...sides("left_", [...LEG, ...ARM], "_joint"),
      ...sides("right_", [...LEG, ...ARM], "_joint"),
      ...sides("waist_", ["yaw", "pitch", "roll"], "_joint"),
      ...sides("head_", ["roll", "pitch", "yaw"], "_joint"),
      ...sides("L_", FINGERS, "_joint"),
      ...sides("R_", FINGERS, "_joint"),
    ],
  ],
  ["g1", "Dex3 in datasets", [...sides("kLeftHand", DEX3), ...sides("kRightHand", DEX3)]],
  ["franka", "Panda", [...numbered("panda_joint", 7), ...numbered("panda_finger_joint", 2)]],
  ["franka", "FER", [...numbered("fer_joint", 7), ...numbered("fer_finger_joint", 2)]],
  ["franka", "FR3 v2", [...numbered("fr3v2_joint", 7), ...numbered("fr3v2_finger_joint", 2)]],
  ["so101", "LeRobot", sides("", ["shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper"], ".pos")],
  [
    "so101",
    "older LeRobot",
    sides("main_", ["shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper"]),
  ],
] as const;

it.each(VENDORS)("%s knows each name of %s as one joint of its own", (robot, _, names) => {
  const preset = readPreset(robot);
  const joints = preset.groups.flatMap((group) => group.joints);
  const meant = names.map((name) => joints.filter((joint) => preset.keysOf(joint).includes(jointKey(name))));
  expect(meant.map((found) => found.length)).toEqual(names.map(() => 1));
  expect(new Set(meant.flat()).size).toBe(names.length);
});
