import { openJpegEncoder } from "./jpeg.ts";
import { greyPng, ros2Topic, stamp, steady, type WriteOptions, type WrittenTopic, writeMcap } from "./writeMcap.ts";

/** A recording as a small humanoid would leave it. */
export interface HumanoidMcap {
  readonly seconds?: number;
  /** Of the first sample, in nanoseconds since 1970. */
  readonly start?: bigint;
  readonly cameras?: readonly string[];
  readonly cameraHz?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly joints?: readonly string[];
  readonly task?: string;
  readonly robot?: string;
  readonly write?: WriteOptions;
}

export const HUMANOID_JOINTS = ["left_shoulder", "left_elbow", "left_gripper", "right_shoulder", "right_elbow", "right_gripper"];
export const HUMANOID_START = 1_700_000_000_000_000_000n;

/**
 * Writes a recording with cameras (JPEG at 30 Hz; grey PNG where no encoder is installed), joint
 * states at 100 Hz, joint commands at 50 Hz and an IMU at 100 Hz. The value of joint j at sample i is
 * `jointValue(i, j)`, of command i `commandValue(i, j)`. Gives the topics as they were written.
 */
export async function writeHumanoidMcap(path: string, options: HumanoidMcap = {}): Promise<WrittenTopic[]> {
  const { seconds = 2, start = HUMANOID_START, cameras = ["head", "left_wrist"], joints = HUMANOID_JOINTS } = options;
  const topics = [
    ...(await cameraTopics(cameras, { ...options, seconds, start })),
    ros2Topic(
      "/joint_states",
      "sensor_msgs/msg/JointState",
      jointMessages(steady(start, 100, seconds * 100), joints, jointValue),
    ),
    ros2Topic(
      "/joint_commands",
      "sensor_msgs/msg/JointState",
      jointMessages(steady(start, 50, seconds * 50), joints, commandValue),
    ),
    ros2Topic("/imu/data", "sensor_msgs/msg/Imu", imuMessages(steady(start, 100, seconds * 100))),
  ];
  const { task = "put the cup on the tray", robot = "humanoid" } = options;
  await writeMcap(path, topics, { profile: "ros2", metadata: { recording: { task, robot } }, ...options.write });
  return topics;
}

/** Radians of joint `joint` at its sample `sample`. */
export function jointValue(sample: number, joint: number): number {
  return Math.sin(sample / 50 + joint);
}

/** Radians of the command for joint `joint`. */
export function commandValue(sample: number, joint: number): number {
  return Math.sin((sample * 2 + 3) / 50 + joint);
}

async function cameraTopics(
  cameras: readonly string[],
  options: HumanoidMcap & { readonly seconds: number; readonly start: bigint },
): Promise<WrittenTopic[]> {
  const { cameraHz = 30, size = { width: 96, height: 64 }, seconds, start } = options;
  await using encoder = await openJpegEncoder(size);
  const times = steady(start, cameraHz, Math.round(seconds * cameraHz));
  return cameras.map((camera, place) => {
    const picture = (index: number) =>
      encoder?.picture(index + place * 7) ?? greyPng(size.width, size.height, (index * 8 + place * 7) % 256);
    const messages = times.map((time, index) => ({
      log: time + 4_000_000n,
      value: { header: { stamp: stamp(time), frame_id: camera }, format: encoder ? "jpeg" : "png", data: picture(index) },
    }));
    return ros2Topic(`/camera/${camera}/image_raw/compressed`, "sensor_msgs/msg/CompressedImage", messages);
  });
}

function jointMessages(times: readonly bigint[], joints: readonly string[], value: (sample: number, joint: number) => number) {
  return times.map((time, sample) => ({
    log: time + 1_000_000n,
    value: {
      header: { stamp: stamp(time), frame_id: "" },
      name: [...joints],
      position: joints.map((_, joint) => value(sample, joint)),
      velocity: joints.map((_, joint) => value(sample, joint) / 10),
      effort: joints.map((_, joint) => joint),
    },
  }));
}

function imuMessages(times: readonly bigint[]) {
  const covariance = Array.from({ length: 9 }, () => 0);
  return times.map((time, sample) => ({
    log: time + 1_000_000n,
    value: {
      header: { stamp: stamp(time), frame_id: "pelvis" },
      orientation: { x: 0, y: 0, z: 0, w: 1 },
      orientation_covariance: covariance,
      angular_velocity: { x: sample / 100, y: 0, z: 0 },
      angular_velocity_covariance: covariance,
      linear_acceleration: { x: 0, y: 0, z: 9.81 },
      linear_acceleration_covariance: covariance,
    },
  }));
}
