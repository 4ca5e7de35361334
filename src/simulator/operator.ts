import { Physics } from "./physics.ts";
import { Random } from "./random.ts";
import { Reach } from "./reach.ts";
import { ARM_REST, FINGER_TRAVEL, JOINTS, SIDES, type Side } from "./robot.ts";
import { worldMjcf } from "./scene.ts";
import { restPose, type Script } from "./script.ts";

/** Commands a second. */
export const COMMAND_HZ = 50;

/** How far the operator's hands sway, m: nobody holds still. */
const SWAY = 0.004;
/** The first order lag with which the head follows what is looked at. */
const LOOK_SEC = 0.3;
const EYES = 1.44;
/** The hand is kept above the middle of the picture, where the table is, rad. */
const LOOK_DOWN = 0.12;
/** Steps of inverse kinematics for one command: each starts where the last ended. */
const STEPS = 4;

/**
 * The operator: turns a script into the joints that the robot is told, `COMMAND_HZ` times a second, by
 * inverse kinematics on a robot of its own.
 */
export class Operator implements Disposable {
  readonly #world: Physics;
  readonly #script: Script;
  readonly #reach: { readonly [side in Side]: Reach };
  readonly #waves: { readonly [side in Side]: readonly Wave[] };
  #looked: readonly number[] | undefined;

  static async open(script: Script, seed: number): Promise<Operator> {
    return new Operator(await Physics.open(worldMjcf()), script, seed);
  }

  private constructor(world: Physics, script: Script, seed: number) {
    this.#world = world;
    this.#script = script;
    this.#reach = { left: new Reach(world, "left"), right: new Reach(world, "right") };
    this.#waves = { left: drawWaves(new Random(seed, "sway left")), right: drawWaves(new Random(seed, "sway right")) };
    for (const side of SIDES) {
      this.#reach[side].angles = ARM_REST;
    }
    this.#bend(0);
    for (const side of SIDES) this.#reach[side].towards(restPose(side), 60);
  }

  /** The command at a time, in the order of JOINTS, into `into`. Times ascend. */
  command(timeSec: number, into: Float64Array): void {
    const { hands } = this.#script;
    this.#bend(timeSec);
    const values = new Map(["waist_yaw", "waist_pitch", "head_yaw", "head_pitch"].map((joint) => [joint, this.#angle(joint)]));
    for (const side of SIDES) {
      const { position, rotation } = hands[side].poseAt(timeSec);
      const swayed = position.map((value, axis) => value + sway(this.#waves[side][axis]!, timeSec));
      this.#reach[side].towards({ position: swayed, rotation }, timeSec === 0 ? 60 : STEPS);
      values.set(`${side}_gripper`, hands[side].openAt(timeSec));
    }
    JOINTS.forEach((joint, index) => {
      into[index] = values.get(joint) ?? this.#angle(joint);
    });
  }

  [Symbol.dispose](): void {
    this.#world[Symbol.dispose]();
  }

  /** Waist and head follow the hands. */
  #bend(timeSec: number): void {
    const { hands, looks } = this.#script;
    const [left, right] = [hands.left.poseAt(timeSec).position, hands.right.poseAt(timeSec).position];
    const yaw = 0.55 * (left[1]! + right[1]!);
    const pitch = 0.1 + 0.5 * (Math.max(left[0]!, right[0]!) - 0.3);
    this.#set("waist_yaw", yaw);
    this.#set("waist_pitch", pitch);
    const side = looks.findLast(({ atSec }) => atSec <= timeSec)!.side;
    const part = this.#looked ? 1 - Math.exp(-1 / (COMMAND_HZ * LOOK_SEC)) : 1;
    const towards = hands[side].poseAt(timeSec).position;
    const before = this.#looked ?? towards;
    this.#looked = before.map((value, axis) => value + part * (towards[axis]! - value));
    const [x, y, z] = this.#looked as [number, number, number];
    this.#set("head_yaw", 0.8 * (Math.atan2(y, x + 0.15) - yaw));
    this.#set("head_pitch", Math.atan2(EYES - z, Math.hypot(x, y)) - pitch + LOOK_DOWN);
  }

  #set(joint: string, angle: number): void {
    const { qpos, range } = this.#world.joint(joint);
    this.#world.qpos[qpos] = Math.min(range[1], Math.max(range[0], angle));
  }

  #angle(joint: string): number {
    return this.#world.qpos[this.#world.joint(joint).qpos]!;
  }
}

/** What each actuator of a world is told for a command in the order of JOINTS, into `ctrl`. */
export function applyCommand(actuators: readonly (readonly number[])[], command: ArrayLike<number>, ctrl: Float64Array): void {
  actuators.forEach((places, joint) => {
    const value = JOINTS[joint]!.endsWith("gripper") ? FINGER_TRAVEL * command[joint]! : command[joint]!;
    for (const place of places) ctrl[place] = value;
  });
}

/** The actuators of each joint: two for a gripper. */
export function actuatorsOf(world: Physics): number[][] {
  return JOINTS.map((joint) => {
    if (!joint.endsWith("gripper")) return [world.actuator(joint)];
    const side = joint.split("_")[0];
    return [world.actuator(`${side}_finger_a`), world.actuator(`${side}_finger_b`)];
  });
}

type Wave = readonly { readonly hz: number; readonly phase: number; readonly size: number }[];

/** For x, y and z: three slow sines each. */
function drawWaves(random: Random): Wave[] {
  return [0, 1, 2].map(() =>
    [0.25, 0.6, 1.1].map((hz) => ({
      hz: hz * random.between(0.8, 1.2),
      phase: random.between(0, 2 * Math.PI),
      size: (SWAY * 0.35) / (hz + 0.2),
    })),
  );
}

function sway(wave: Wave, timeSec: number): number {
  return wave.reduce((sum, { hz, phase, size }) => sum + size * Math.sin(2 * Math.PI * hz * timeSec + phase), 0);
}
