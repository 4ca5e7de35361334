import { expect, test } from "vitest";
import { mirrorCameras, mirrorOf, mirrorText } from "./mirror.ts";

test("joints change places with those of the other side, and signs as the mirror has it", () => {
  const names = ["kLeftShoulderPitch", "kLeftShoulderRoll", "kRightShoulderPitch", "kRightShoulderRoll", "waist_yaw_joint"];
  const { from, sign } = mirrorOf("g1", { stream: "action", names });
  expect([...from]).toEqual([2, 3, 0, 1, 4]);
  expect([...sign]).toEqual([1, -1, 1, -1, -1]);
});

test("twice mirrored is as before", () => {
  const side = (name: string) =>
    ["waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate", "gripper"].map((joint) => `${name}_${joint}`);
  const { from, sign } = mirrorOf("aloha", { stream: "action", names: [...side("left"), ...side("right")] });
  for (const [column, other] of from.entries()) {
    expect(from[other]).toBe(column);
    expect(sign[column]! * sign[other]!).toBe(1);
  }
});

test("what cannot be mirrored is refused, joint by joint", () => {
  const of = (robot: "g1" | "gr1", names?: string[]) => () => mirrorOf(robot, { stream: "action", names });
  expect(of("gr1", ["l_knee_pitch"])).toThrow("nothing says how gr1 moves in the mirror");
  expect(of("g1")).toThrow("its numbers have no names");
  expect(of("g1", ["motor_0", "left_elbow_joint", "left_hand_thumb_0_joint"])).toThrow(
    "cannot be flipped: motor_0 is no joint of g1; left_elbow_joint has no counterpart right_elbow_joint; nothing says what the mirror does to left_hand_thumb_0_joint",
  );
});

test("cameras of the two sides change places, others keep theirs", () => {
  const cameras = ["cam_high", "observation.images.cam_left_wrist", "observation.images.cam_right_wrist"];
  expect([...mirrorCameras(cameras)]).toEqual([
    ["cam_high", "cam_high"],
    ["observation.images.cam_left_wrist", "observation.images.cam_right_wrist"],
    ["observation.images.cam_right_wrist", "observation.images.cam_left_wrist"],
  ]);
  expect(() => mirrorCameras(["right_cam", "wrist_cam"])).toThrow("there is no left_cam among the cameras right_cam, wrist_cam");
  expect(mirrorCameras(["l_wrist", "r_wrist", "headLeft", "headRight", "bright_room"]).get("headLeft")).toBe("headRight");
  expect(mirrorCameras(["l_wrist", "r_wrist"]).get("l_wrist")).toBe("r_wrist");
});

test("an instruction says the other side", () => {
  expect(mirrorText("Put the LEFT cup, not the right one, upright with your left hand")).toBe(
    "Put the RIGHT cup, not the left one, upright with your right hand",
  );
});
