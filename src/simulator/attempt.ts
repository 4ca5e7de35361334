import { Grips } from "./grips.ts";
import { actuatorsOf, applyCommand, COMMAND_HZ, Operator } from "./operator.ts";
import { Physics } from "./physics.ts";
import { FINGER_TRAVEL, JOINTS, SIDES } from "./robot.ts";
import { PHYSICS_HZ, PLACES, type Scene, TABLE_TOP, worldMjcf } from "./scene.ts";
import { type Script, scriptOf } from "./script.ts";
import type { Task } from "./task.ts";

const COMMAND_STEPS = PHYSICS_HZ / COMMAND_HZ;
/** A thing is at rest below this speed, m/s. */
const AT_REST = 0.03;
/** How long a thing must have lain in its place before an attempt without a script is over, s. */
const LAIN_SEC = 0.5;

/** How an attempt ended, as the physics say. */
export interface Outcome {
  readonly success: boolean;
  readonly what: "in its place" | "never grasped" | "dropped on the way" | "not at rest in its place" | "still held";
  /** Where the thing ended, m. */
  readonly position: readonly number[];
}

/** A joint's place in the world; a gripper is the mean of its two fingers. */
interface Measured {
  readonly qpos: readonly number[];
  readonly dof: readonly number[];
  readonly actuators: readonly number[];
  readonly scale: number;
}

/** Who tells the robot what to do in place of the scripted operator. */
export interface Pilot {
  /** The command at a time, in the order of JOINTS, into `into`, which holds the one before. Times ascend. Joints go no further than they can. */
  command(timeSec: number, into: Float64Array): void;
}

/** One attempt at a task in physics, step by step. */
export class Attempt implements Disposable {
  readonly world: Physics;
  readonly script: Script;
  /** At most so many; a pilot may be done earlier. */
  readonly steps: number;
  /** What the robot is told at the last command, in the order of JOINTS. */
  readonly command = new Float64Array(JOINTS.length);
  readonly #task: Task;
  readonly #operator: Operator;
  readonly #pilot: Pilot | undefined;
  readonly #measured: readonly Measured[];
  /** The least and the greatest command of each joint. */
  readonly #ranges: readonly (readonly [number, number])[];
  readonly #actuators: readonly (readonly number[])[];
  readonly #before = new Float64Array(JOINTS.length);
  readonly #between = new Float64Array(JOINTS.length);
  readonly #acts: Script["acts"];
  readonly #thing: number;
  readonly #grips: Grips;
  readonly #imu: { readonly accelerometer: number; readonly gyro: number; readonly orientation: number };
  readonly #felt = new Float64Array(10);
  #grasped = false;
  #acted = 0;
  #step = 0;
  #lainSince: number | undefined;

  /**
   * `seed` is the task's; `swaySeed` tells how the hands sway, which is another each time that it is repeated.
   * With a pilot the operator only says how the robot stands at first.
   */
  static async open(
    task: Task,
    seeds: { readonly seed: number; readonly swaySeed: number },
    flown?: { readonly pilot: Pilot; readonly limitSec: number },
  ): Promise<Attempt> {
    const script = scriptOf(task, seeds.seed);
    const world = await Physics.open(worldMjcf(task.scene));
    return new Attempt(task, { script, world, operator: await Operator.open(script, seeds.swaySeed) }, flown);
  }

  private constructor(
    task: Task,
    { script, world, operator }: { readonly script: Script; readonly world: Physics; readonly operator: Operator },
    flown?: { readonly pilot: Pilot; readonly limitSec: number },
  ) {
    this.world = world;
    this.script = script;
    this.steps = Math.floor((flown?.limitSec ?? script.durationSec) * PHYSICS_HZ);
    this.#task = task;
    this.#operator = operator;
    this.#pilot = flown?.pilot;
    this.#grips = new Grips(world);
    this.#acts = script.acts.toSorted((a, b) => a.atSec - b.atSec);
    this.#thing = world.body(task.thing.body);
    this.#measured = JOINTS.map((joint) => measuredOf(world, joint));
    this.#ranges = JOINTS.map((joint) => (joint.endsWith("gripper") ? [0, 1] : world.joint(joint).range));
    this.#actuators = actuatorsOf(world);
    const [accelerometer, gyro, orientation] = ["accelerometer", "gyro", "orientation"].map((name) => world.sensor(name));
    this.#imu = { accelerometer: accelerometer!, gyro: gyro!, orientation: orientation! };
    this.#begin();
  }

  get timeSec(): number {
    return this.#step / PHYSICS_HZ;
  }

  /** Told at the start of each command period; between two the robot's own servo goes evenly from one to the next. */
  step(): void {
    if (this.#step % COMMAND_STEPS === 0) {
      this.#before.set(this.command);
      (this.#pilot ?? this.#operator).command(this.timeSec, this.command);
      if (this.#pilot) this.#limit();
    }
    const part = ((this.#step % COMMAND_STEPS) + 1) / COMMAND_STEPS;
    for (let joint = 0; joint < JOINTS.length; joint++)
      this.#between[joint] = this.#before[joint]! + part * (this.command[joint]! - this.#before[joint]!);
    applyCommand(this.#actuators, this.#between, this.world.ctrl);
    if (!this.#pilot) this.#act();
    else if (this.#step % COMMAND_STEPS === 0) this.#follow();
    this.#feel("moves");
    this.world.step();
    this.#feel("accelerates");
    this.#step++;
  }

  /** Position, velocity and effort of every joint, into `into` at `at`: `[3, joints]`. */
  joints(into: Float64Array, at: number): void {
    const { qpos, qvel, actuatorForce } = this.world;
    this.#measured.forEach(({ qpos: places, dof, actuators, scale }, joint) => {
      into[at + joint] = mean(qpos, places) * scale;
      into[at + JOINTS.length + joint] = mean(qvel, dof) * scale;
      into[at + 2 * JOINTS.length + joint] = mean(actuatorForce, actuators) / scale;
    });
  }

  /**
   * What the IMU felt at the time that the last step started from, since an acceleration is known only
   * when a step is made: orientation x y z w, angular velocity, specific force; 10 numbers into `into` at `at`.
   */
  imu(into: Float64Array, at: number): void {
    into.set(this.#felt, at);
  }

  /** The thing's position and orientation x y z w, into `into` at `at`: 7 numbers. */
  thing(into: Float64Array, at: number): void {
    const { position } = this.world.bodyPose(this.#thing);
    const [w, x, y, z] = this.world.bodyQuaternion(this.#thing) as unknown as [number, number, number, number];
    into.set([...position, x, y, z, w], at);
  }

  /** Whether there is nothing left to do: where a pilot flies, the thing has lain in its place for a while. */
  get done(): boolean {
    return this.#step >= this.steps || (this.#lainSince !== undefined && this.timeSec - this.#lainSince >= LAIN_SEC);
  }

  outcome(): Outcome {
    const { position } = this.world.bodyPose(this.#thing);
    const { dof } = this.world.joint(this.#task.thing.body);
    const speed = Math.hypot(...this.world.qvel.subarray(dof, dof + 3));
    const inside = isInside(this.#task.scene, position);
    const success = inside && speed < AT_REST && this.#grips.empty;
    const held = SIDES.some((side) => this.#grips.holds(side) === this.#task.thing.body);
    const failed = !this.#grasped
      ? "never grasped"
      : held
        ? "still held"
        : inside
          ? "not at rest in its place"
          : "dropped on the way";
    return { success, what: success ? "in its place" : failed, position: [...position] };
  }

  [Symbol.dispose](): void {
    this.#operator[Symbol.dispose]();
    this.world[Symbol.dispose]();
  }

  #feel(what: "moves" | "accelerates"): void {
    const sensors = this.world.sensors;
    const { accelerometer, gyro, orientation } = this.#imu;
    for (let axis = 0; axis < 3; axis++) {
      if (what === "accelerates") this.#felt[7 + axis] = sensors[accelerometer + axis]!;
      else {
        this.#felt[axis] = sensors[orientation + 1 + axis]!;
        this.#felt[4 + axis] = sensors[gyro + axis]!;
      }
    }
    if (what === "moves") this.#felt[3] = sensors[orientation]!;
  }

  /** The robot stands as it is first told to. */
  #begin(): void {
    this.#operator.command(0, this.command);
    const { qpos } = this.world;
    this.#measured.forEach(({ qpos: places, scale }, joint) => {
      for (const place of places) qpos[place] = this.command[joint]! / scale;
    });
    applyCommand(this.#actuators, this.command, this.world.ctrl);
    this.world.forward();
  }

  #limit(): void {
    this.#ranges.forEach(([low, high], joint) => {
      this.command[joint] = Math.min(high, Math.max(low, this.command[joint]!));
    });
  }

  /** Hands do what the script says when it says so. */
  #act(): void {
    const { body } = this.#task.thing;
    for (let act = this.#acts[this.#acted]; act && act.atSec <= this.timeSec; act = this.#acts[++this.#acted]) {
      if (act.what === "let go") this.#grips.letGo(act.side, body);
      else if (this.#grips.take(act.side, body)) this.#grasped = true;
    }
  }

  /** Without a script hands do what they are told, to whatever lies there. */
  #follow(): void {
    const bodies = this.#task.scene.things.map(({ body }) => body);
    for (const side of SIDES) this.#grips.follow(side, this.command[JOINTS.indexOf(`${side}_gripper`)]!, bodies);
    if (SIDES.some((side) => this.#grips.holds(side) === this.#task.thing.body)) this.#grasped = true;
    this.#lainSince = this.outcome().success ? (this.#lainSince ?? this.timeSec) : undefined;
  }
}

/** Whether a point is above a place, inside its rim and no higher than a thing that lies on it. */
function isInside({ place }: Scene, position: ArrayLike<number>): boolean {
  const { half, floor } = PLACES[place.word];
  const [x, y] = [position[0]! - place.x, position[1]! - place.y];
  const within = place.word === "plate" ? Math.hypot(x, y) <= half : Math.abs(x) <= half && Math.abs(y) <= half;
  return within && position[2]! - TABLE_TOP - floor < 0.04;
}

function measuredOf(world: Physics, joint: string): Measured {
  const side = SIDES.find((each) => joint === `${each}_gripper`);
  const names = side ? ["a", "b"].map((finger) => `${side}_finger_${finger}`) : [joint];
  const places = names.map((name) => world.joint(name));
  return {
    qpos: places.map(({ qpos }) => qpos),
    dof: places.map(({ dof }) => dof),
    actuators: names.map((name) => world.actuator(name)),
    scale: side ? 1 / FINGER_TRAVEL : 1,
  };
}

function mean(values: Float64Array, places: readonly number[]): number {
  let sum = 0;
  for (const place of places) sum += values[place]!;
  return sum / places.length;
}
