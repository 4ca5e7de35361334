import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mirrorOf } from "../../src/loader/augment/mirror.ts";
import { Physics } from "../../src/simulator/physics.ts";
import { readPreset } from "../../src/stages/assemble/preset.ts";

const models = process.env.TENDON_TEST_DATA && join(process.env.TENDON_TEST_DATA, "models");

/** A model's bodies and joints alone: neither meshes nor what they are made of. */
async function skeleton(file: string): Promise<string> {
  const text = await readFile(join(models!, file), "utf8");
  return text
    .replaceAll(/<!--[\s\S]*?-->/g, "")
    .replaceAll(/<(visual|collision|asset|sensor|actuator|keyframe)\b[\s\S]*?<\/\1>/g, "")
    .replaceAll(/<(geom|mesh|include|camera)\b[^>]*\/>/g, "");
}

interface Case {
  readonly robot: "g1" | "aloha";
  readonly mjcf: () => Promise<string>;
  readonly joints: readonly string[];
  /** The joint in the model. */
  readonly named: (joint: string) => string;
  /** Signs of x, y, z in the mirror, and of the axes of a body's own frame. */
  readonly mirror: readonly number[];
  readonly frame: readonly number[] | undefined;
  /** How far the model itself is from being symmetric: m, and numbers of a rotation. */
  readonly within: number;
  /** Bodies of the left side, and how their counterparts are named. */
  readonly bodies: readonly string[];
  readonly other: (body: string) => string;
}

const G1 = readPreset("g1").groups;
const of = (...groups: string[]) =>
  G1.filter(({ name, variant }) => groups.includes(name) && variant !== "dex3").flatMap(({ joints }) => joints);
const alias: { readonly [name: string]: string } = {
  pinky: "pinky_proximal",
  ring: "ring_proximal",
  middle: "middle_proximal",
  index: "index_proximal",
  thumb_bend: "thumb_proximal_pitch",
  thumb_rotation: "thumb_proximal_yaw",
};

const CASES: { readonly [name: string]: Case } = {
  "G1's body": {
    robot: "g1",
    mjcf: () => skeleton("g1_mjcf/g1_29dof.xml"),
    joints: of("left_leg", "right_leg", "waist", "left_arm", "right_arm"),
    named: (joint) => joint,
    mirror: [1, -1, 1],
    frame: [1, -1, 1],
    within: 1e-3,
    bodies: ["left_ankle_roll_link", "left_knee_link", "left_shoulder_yaw_link", "left_wrist_yaw_link", "torso_link"],
    other: (body) => body.replace("left", "right"),
  },
  "G1's Inspire hands": {
    robot: "g1",
    mjcf: () => skeleton("g1_urdf_inspire/g1_29dof_rev_1_0_with_inspire_hand_DFQ.urdf"),
    joints: of("waist", "left_arm", "right_arm", "left_hand", "right_hand"),
    named: (joint) =>
      joint.replace(
        /^(l|r)(?:eft|ight)_hand_(.*)/,
        (_, side: string, part: string) => `${side.toUpperCase()}_${alias[part]}_joint`,
      ),
    mirror: [1, -1, 1],
    // The right hand's frames are turned, not mirrored: places of bodies further out tell the same.
    frame: undefined,
    // The thumbs' turning begins at angles that differ by 0.11 rad; a wrong sign would show as several centimetres.
    within: 0.012,
    bodies: ["left_wrist_yaw_link", "L_thumb_intermediate", "L_thumb_distal", "L_index_intermediate", "L_pinky_intermediate"],
    other: (body) => body.replace("left", "right").replace("L_", "R_"),
  },
  ALOHA: {
    robot: "aloha",
    mjcf: async () => {
      const arms = await Promise.all(["left", "right"].map((side) => skeleton(`aloha_mjcf/vx300s_${side}.xml`)));
      const bodies = arms.map((arm) => arm.replaceAll(/<\/?mujocoinclude>/g, "")).join("\n");
      return `<mujoco><compiler angle="radian"/><worldbody>${bodies}</worldbody></mujoco>`;
    },
    joints: ["left", "right"].flatMap((side) =>
      ["waist", "shoulder", "elbow", "forearm_roll", "wrist_angle", "wrist_rotate"].map((joint) => `${side}_${joint}`),
    ),
    named: (joint) => joint.replace(/^(left|right)_/, "vx300s_$1/"),
    mirror: [-1, 1, 1],
    frame: [1, -1, 1],
    within: 1e-4,
    bodies: ["vx300s_left/upper_forearm_link", "vx300s_left/wrist_link", "vx300s_left/gripper_link"],
    other: (body) => body.replace("left", "right"),
  },
};

describe.skipIf(models === undefined)("a mirrored pose is the mirror image", () => {
  it.each(Object.entries(CASES))("%s", async (_, { robot, mjcf, joints, named, mirror, frame, within, bodies, other }) => {
    using world = await Physics.open(await mjcf());
    const { from, sign } = mirrorOf(robot, { stream: "action", names: joints });
    for (let pose = 0; pose < 20; pose++) {
      const values = joints.map((_joint, index) => 0.7 * Math.sin(1 + pose * 7.3 + index * 2.9));
      const places = place(world, joints.map(named), values);
      const before = bodies.map(places);
      const mirrored = place(
        world,
        joints.map(named),
        joints.map((_joint, index) => sign[index]! * values[from[index]!]!),
      );
      for (const [index, body] of bodies.entries()) {
        const { position, rotation } = mirrored(other(body));
        const wanted = before[index]!;
        for (let axis = 0; axis < 3; axis++) near(position[axis]!, mirror[axis]! * wanted.position[axis]!, within, body);
        if (!frame) continue;
        for (let cell = 0; cell < 9; cell++) {
          const turned = mirror[Math.floor(cell / 3)]! * wanted.rotation[cell]! * frame[cell % 3]!;
          near(rotation[cell]!, turned, within, body);
        }
      }
    }
  });
});

/** Puts the joints where they are to be, and tells where bodies are then. */
function place(world: Physics, joints: readonly string[], values: readonly number[]) {
  for (const [index, joint] of joints.entries()) world.qpos[world.joint(joint).qpos] = values[index]!;
  world.place();
  return (body: string) => world.bodyPose(world.body(body));
}

function near(got: number, wanted: number, within: number, what: string): void {
  expect(Math.abs(got - wanted), `${what}: ${got} instead of ${wanted}`).toBeLessThan(within);
}
