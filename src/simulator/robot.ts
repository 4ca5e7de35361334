/**
 * A bimanual humanoid of our own: a standing base, a waist, a head, two arms of seven joints and parallel
 * grippers, made of primitive shapes. Metres, kilograms, radians; x is forward, y to the left, z up. At zero
 * all arms hang down; positive angles of both sides lift forward and outward.
 */

export type Side = "left" | "right";
export const SIDES: readonly Side[] = ["left", "right"];

const ARM = ["shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow", "wrist_roll", "wrist_pitch", "wrist_yaw"];

/** The joints of an arm, from the shoulder on. */
export function armJoints(side: Side): string[] {
  return ARM.map((joint) => `${side}_${joint}`);
}

/** Every joint as the robot reports it, in its order. A gripper is the angle of its motor: 0 closed, 1 rad open. */
export const JOINTS: readonly string[] = [
  "waist_yaw",
  "waist_pitch",
  "head_yaw",
  "head_pitch",
  ...armJoints("left"),
  "left_gripper",
  ...armJoints("right"),
  "right_gripper",
];

/** How far one finger goes while the motor turns by 1 rad, m. */
export const FINGER_TRAVEL = 0.04;

/** Where the arms are when nothing is done, and where inverse kinematics likes them to be. */
export const ARM_REST: readonly number[] = [0.35, 0.3, 0, 1.35, 0, -1.6, 0];

/** The cameras, as the recording names them. */
export const CAMERAS = ["head", "right_wrist"] as const;
export type CameraName = (typeof CAMERAS)[number];

/** Degrees from top to bottom of the picture. */
export const CAMERA_FOVY: { readonly [camera in CameraName]: number } = { head: 70, right_wrist: 80 };

const WHITE = "0.86 0.88 0.9 1";
const DARK = "0.2 0.22 0.26 1";
const ACCENT = "0.1 0.45 0.75 1";

/** The robot's bodies, to stand in `<worldbody>`. */
export function robotBodies(): string {
  return `
<body name="pelvis" pos="0 0 0.88" gravcomp="1">
  <geom class="robot" type="capsule" size="0.09" fromto="0 -0.07 0 0 0.07 0" rgba="${DARK}"/>
  <geom class="robot" type="capsule" size="0.065" fromto="0 0.1 -0.06 0 0.11 -0.44" rgba="${WHITE}"/>
  <geom class="robot" type="capsule" size="0.065" fromto="0 -0.1 -0.06 0 -0.11 -0.44" rgba="${WHITE}"/>
  <geom class="robot" type="capsule" size="0.05" fromto="0 0.11 -0.46 -0.02 0.11 -0.82" rgba="${DARK}"/>
  <geom class="robot" type="capsule" size="0.05" fromto="0 -0.11 -0.46 -0.02 -0.11 -0.82" rgba="${DARK}"/>
  <body name="waist" pos="0 0 0.08" gravcomp="1">
    <joint name="waist_yaw" axis="0 0 1" range="-1.2 1.2" class="waist"/>
    <geom class="robot" type="cylinder" size="0.07 0.03" mass="2" rgba="${DARK}"/>
    <body name="torso" pos="0 0 0.03" gravcomp="1">
      <joint name="waist_pitch" axis="0 1 0" range="-0.3 0.8" class="waist"/>
      <geom class="robot" type="box" size="0.08 0.13 0.14" pos="0 0 0.2" mass="8" rgba="${WHITE}"/>
      <geom class="robot" type="capsule" size="0.05" fromto="0 -0.14 0.32 0 0.14 0.32" mass="2" rgba="${DARK}"/>
      <geom class="robot" type="box" size="0.005 0.05 0.03" pos="0.081 0 0.24" mass="0.1" rgba="${ACCENT}"/>
      <site name="imu" pos="0 0 0.2"/>
      <body name="neck" pos="0 0 0.42" gravcomp="1">
        <joint name="head_yaw" axis="0 0 1" range="-1.4 1.4" class="neck"/>
        <geom class="robot" type="cylinder" size="0.035 0.05" mass="0.4" rgba="${DARK}"/>
        <body name="head" pos="0 0 0.06" gravcomp="1">
          <joint name="head_pitch" axis="0 1 0" range="-0.6 1.2" class="neck"/>
          <geom class="robot" type="ellipsoid" size="0.085 0.08 0.1" pos="0.01 0 0.06" mass="1.2" rgba="${WHITE}"/>
          <geom class="robot" type="box" size="0.01 0.055 0.025" pos="0.085 0 0.07" mass="0.1" rgba="${DARK}"/>
          <camera name="head" pos="0.1 0 0.07" xyaxes="0 -1 0 0 0 1" fovy="${CAMERA_FOVY.head}"/>
        </body>
      </body>
      ${arm("left")}
      ${arm("right")}
    </body>
  </body>
</body>`;
}

/** Classes of joints and geoms; arms and body touch nothing, fingers touch things and table. */
export const ROBOT_DEFAULTS = `
<default class="robot"><geom contype="0" conaffinity="0"/></default>
<default class="finger"><geom contype="2" conaffinity="0" friction="1.5 0.02 0.002" condim="4"/></default>
<default class="waist"><joint damping="6" armature="0.2" limited="true"/></default>
<default class="neck"><joint damping="1" armature="0.02" limited="true"/></default>
<default class="arm"><joint damping="2" armature="0.06" limited="true"/></default>
<default class="slide"><joint type="slide" damping="4" armature="0.02" limited="true" range="0 ${FINGER_TRAVEL}"/></default>`;

/** A position servo for every joint; the two fingers of a hand are told the same. */
export function robotActuators(): string {
  return JOINTS.flatMap((joint) => {
    if (joint.endsWith("gripper")) {
      const side = joint.split("_")[0];
      return ["a", "b"].map((finger) => servo(`${side}_finger_${finger}`, { kp: 400, kv: 12 }, 25));
    }
    if (joint.startsWith("waist")) return [servo(joint, { kp: 1500, kv: 110 }, 200)];
    if (joint.startsWith("head")) return [servo(joint, { kp: 120, kv: 9 }, 20)];
    return [servo(joint, { kp: 500, kv: joint.includes("wrist") ? 18 : 28 }, 80)];
  }).join("\n");
}

export const ROBOT_SENSORS = `
<accelerometer name="accelerometer" site="imu"/>
<gyro name="gyro" site="imu"/>
<framequat name="orientation" objtype="site" objname="imu"/>`;

function servo(joint: string, { kp, kv }: { kp: number; kv: number }, most: number): string {
  return `<position name="${joint}" joint="${joint}" kp="${kp}" kv="${kv}" forcerange="-${most} ${most}"/>`;
}

function arm(side: Side): string {
  const sign = side === "left" ? 1 : -1;
  const joint = (name: string, axis: string, range: string) =>
    `<joint name="${side}_${name}" axis="${axis}" range="${range}" class="arm"/>`;
  const limb = (from: string, to: string, size: number, mass: number, rgba: string) =>
    `<geom class="robot" type="capsule" size="${size}" fromto="${from} ${to}" mass="${mass}" rgba="${rgba}"/>`;
  return `
<body name="${side}_shoulder" pos="0 ${sign * 0.21} 0.32" gravcomp="1">
  ${joint("shoulder_pitch", "0 -1 0", "-1.5 2.8")}
  ${limb("0 0 0", `0 ${sign * 0.01} 0`, 0.055, 0.7, DARK)}
  <body name="${side}_shoulder_link" gravcomp="1">
    ${joint("shoulder_roll", `${sign} 0 0`, "-1 2.2")}
    <geom class="robot" type="sphere" size="0.05" mass="0.4" rgba="${WHITE}"/>
    <body name="${side}_upper_arm" gravcomp="1">
      ${joint("shoulder_yaw", `0 0 ${sign}`, "-2.4 2.4")}
      ${limb("0 0 -0.05", "0 0 -0.24", 0.042, 1.2, WHITE)}
      <body name="${side}_forearm" pos="0 0 -0.28" gravcomp="1">
        ${joint("elbow", "0 -1 0", "-0.1 2.5")}
        ${limb("0 -0.02 0", "0 0.02 0", 0.042, 0.4, DARK)}
        ${limb("0 0 -0.05", "0 0 -0.2", 0.036, 0.7, WHITE)}
        <body name="${side}_wrist" pos="0 0 -0.24" gravcomp="1">
          ${joint("wrist_roll", `0 0 ${sign}`, "-2.6 2.6")}
          <geom class="robot" type="sphere" size="0.036" mass="0.2" rgba="${DARK}"/>
          <body name="${side}_wrist_link" gravcomp="1">
            ${joint("wrist_pitch", "0 -1 0", "-2.7 1.9")}
            <geom class="robot" type="sphere" size="0.03" mass="0.1" rgba="${WHITE}"/>
            ${hand(side, joint)}
          </body>
        </body>
      </body>
    </body>
  </body>
</body>`;
}

function hand(side: Side, joint: (name: string, axis: string, range: string) => string): string {
  const sign = side === "left" ? 1 : -1;
  const finger = (name: string, direction: number) => `
    <body name="${side}_finger_${name}" pos="0 ${direction * 0.006} -0.115" gravcomp="1">
      <joint name="${side}_finger_${name}" axis="0 ${direction} 0" class="slide"/>
      <geom class="finger" type="box" size="0.011 0.006 0.028" mass="0.05" rgba="${DARK}"/>
    </body>`;
  const camera =
    side === "right"
      ? `<camera name="right_wrist" pos="0.095 0 -0.015" xyaxes="0 -1 0 0.87 0 -0.49" fovy="${CAMERA_FOVY.right_wrist}"/>
      <geom class="robot" type="box" size="0.02 0.02 0.012" pos="0.06 0 -0.005" mass="0.05" rgba="${DARK}"/>`
      : "";
  return `
<body name="${side}_hand" gravcomp="1">
  ${joint("wrist_yaw", `${sign} 0 0`, "-1.9 1.9")}
  <geom class="robot" type="box" size="0.025 0.05 0.03" pos="0 0 -0.055" mass="0.3" rgba="${WHITE}"/>
  <geom class="robot" type="box" size="0.026 0.02 0.012" pos="0 0 -0.05" mass="0.05" rgba="${ACCENT}"/>
  <site name="${side}_grasp" pos="0 0 -0.125"/>
  ${camera}
  ${finger("a", 1)}
  ${finger("b", -1)}
</body>`;
}
