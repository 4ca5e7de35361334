import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";
import { TendonError } from "../core/errors.ts";
import type { Shape } from "./rasteriser.ts";

/** A geom as it is drawn, and the body it is part of. */
export interface Geom extends Shape {
  readonly name: string;
  readonly body: number;
}

/** Where a joint's numbers stand: `qpos` in positions, `dof` in velocities. */
export interface JointPlace {
  readonly qpos: number;
  readonly dof: number;
  readonly range: readonly [number, number];
}

const KINDS = ["plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box"];
/** The numbers of one constraint in `eq_data`: an anchor (3), then the pose of the second body in the first: position (3), quaternion (4). */
const EQUALITY_NUMBERS = 11;

let loading: Promise<MainModule> | undefined;

/**
 * One physical world: MuJoCo, compiled to WebAssembly, so that the same world steps to the same bits on
 * every machine. The only file that knows MuJoCo. Arrays that it gives are views of its memory: they are
 * valid until the next world is opened, so they are asked for anew and never kept.
 */
export class Physics implements Disposable {
  readonly geoms: readonly Geom[];
  readonly timestepSec: number;
  readonly dofs: number;
  readonly #mujoco: MainModule;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #scratch: { readonly position: Buffered; readonly rotation: Buffered };

  /** Compiles a world from MJCF. */
  static async open(mjcf: string): Promise<Physics> {
    loading ??= import("@mujoco/mujoco").then(({ default: load }) => load() as Promise<MainModule>);
    const mujoco = await loading;
    try {
      return new Physics(mujoco, mujoco.MjModel.from_xml_string(mjcf));
    } catch (cause) {
      throw new TendonError("internal", `MuJoCo does not take the world: ${(cause as Error).message}`, { cause });
    }
  }

  private constructor(mujoco: MainModule, model: MjModel) {
    this.#mujoco = mujoco;
    this.#model = model;
    this.#data = new mujoco.MjData(model);
    this.timestepSec = model.opt.timestep;
    this.dofs = model.nv;
    this.geoms = Array.from({ length: model.ngeom }, (_, geom) => this.#geom(geom));
    this.#scratch = { position: new mujoco.DoubleBuffer(3 * model.nv), rotation: new mujoco.DoubleBuffer(3 * model.nv) };
    this.forward();
  }

  get timeSec(): number {
    return this.#data.time;
  }

  get qpos(): Float64Array {
    return this.#data.qpos as Float64Array;
  }

  get qvel(): Float64Array {
    return this.#data.qvel as Float64Array;
  }

  /** What each actuator is told, by its index. */
  get ctrl(): Float64Array {
    return this.#data.ctrl as Float64Array;
  }

  /** The torque or force of each actuator. */
  get actuatorForce(): Float64Array {
    return this.#data.actuator_force as Float64Array;
  }

  get sensors(): Float64Array {
    return this.#data.sensordata as Float64Array;
  }

  /**
   * One timestep. Afterwards places, velocities and the sensors of these are those of the new time;
   * accelerations, and the accelerometer, are those of the time before, from which the step was made.
   */
  step(): void {
    this.#mujoco.mj_step2(this.#model, this.#data);
    this.#mujoco.mj_step1(this.#model, this.#data);
  }

  /** Everything that follows from positions and velocities, without a step. */
  forward(): void {
    this.#mujoco.mj_forward(this.#model, this.#data);
  }

  /** Only where bodies and sites are, which is what inverse kinematics asks for. */
  place(): void {
    this.#mujoco.mj_kinematics(this.#model, this.#data);
    this.#mujoco.mj_comPos(this.#model, this.#data);
  }

  /** Potential and kinetic, J; the world must have `<flag energy="enable"/>`. */
  energy(): { readonly potential: number; readonly kinetic: number } {
    const [potential, kinetic] = this.#data.energy as Float64Array;
    return { potential: potential!, kinetic: kinetic! };
  }

  joint(name: string): JointPlace {
    const joint = this.#id("mjOBJ_JOINT", name);
    const range = this.#model.jnt_range as Float64Array;
    return {
      qpos: (this.#model.jnt_qposadr as Int32Array)[joint]!,
      dof: (this.#model.jnt_dofadr as Int32Array)[joint]!,
      range: [range[2 * joint]!, range[2 * joint + 1]!],
    };
  }

  actuator(name: string): number {
    return this.#id("mjOBJ_ACTUATOR", name);
  }

  body(name: string): number {
    return this.#id("mjOBJ_BODY", name);
  }

  site(name: string): number {
    return this.#id("mjOBJ_SITE", name);
  }

  camera(name: string): number {
    return this.#id("mjOBJ_CAMERA", name);
  }

  /** Where a sensor's first number stands in `sensors`. */
  sensor(name: string): number {
    return (this.#model.sensor_adr as Int32Array)[this.#id("mjOBJ_SENSOR", name)]!;
  }

  /** A body's position (3) and rotation, row by row (9). */
  bodyPose(body: number): { readonly position: Float64Array; readonly rotation: Float64Array } {
    return pose(this.#data.xpos, this.#data.xmat, body);
  }

  bodyQuaternion(body: number): Float64Array {
    return (this.#data.xquat as Float64Array).slice(4 * body, 4 * body + 4);
  }

  sitePose(site: number): { readonly position: Float64Array; readonly rotation: Float64Array } {
    return pose(this.#data.site_xpos, this.#data.site_xmat, site);
  }

  /** A camera's pose by our convention: axes x right, y down, z forward. MuJoCo's look along -z with y up. */
  cameraPose(camera: number): { readonly position: Float64Array; readonly rotation: Float64Array } {
    const { position, rotation } = pose(this.#data.cam_xpos, this.#data.cam_xmat, camera);
    for (const index of [1, 2, 4, 5, 7, 8]) rotation[index] = -rotation[index]!;
    return { position, rotation };
  }

  /** Position (3) and rotation (9) of every geom, into `into`, as a rasteriser takes them. */
  geomPoses(into: Float64Array): void {
    const positions = this.#data.geom_xpos as Float64Array;
    const rotations = this.#data.geom_xmat as Float64Array;
    for (let geom = 0; geom < this.geoms.length; geom++) {
      for (let index = 0; index < 3; index++) into[12 * geom + index] = positions[3 * geom + index]!;
      for (let index = 0; index < 9; index++) into[12 * geom + 3 + index] = rotations[9 * geom + index]!;
    }
  }

  /** How a site moves with each degree of freedom: `[3, dofs]` for its position, and for its rotation. Call `place` or `forward` first. */
  jacobian(site: number): { readonly position: Float64Array; readonly rotation: Float64Array } {
    const { position, rotation } = this.#scratch;
    this.#mujoco.mj_jacSite(this.#model, this.#data, position, rotation, site);
    return { position: position.GetView() as Float64Array, rotation: rotation.GetView() as Float64Array };
  }

  /** The force that holds two bodies apart, N; 0 where they do not touch. Solves the world anew, since a step leaves no forces. */
  contactForce(body: number, other: number): number {
    this.forward();
    const bodies = this.#model.geom_bodyid as Int32Array;
    const contacts = this.#data.contact;
    const force = new this.#mujoco.DoubleBuffer(6);
    let sum = 0;
    for (let index = 0; index < this.#data.ncon; index++) {
      const contact = contacts.get(index)!;
      const [first, second] = [bodies[contact.geom1]!, bodies[contact.geom2]!];
      contact.delete();
      if ((first !== body || second !== other) && (first !== other || second !== body)) continue;
      this.#mujoco.mj_contactForce(this.#model, this.#data, index, force);
      sum += (force.GetView() as Float64Array)[0]!;
    }
    force.delete();
    contacts.delete();
    return sum;
  }

  /** Joins two bodies as they stand now by the `<weld>` of this name, or lets them go. */
  weld(name: string, holds: { readonly body1: number; readonly body2: number } | undefined): void {
    const equality = this.#id("mjOBJ_EQUALITY", name);
    this.#activate(equality, holds ? 1 : 0);
    if (!holds) return;
    const relative = relativePose(this.#data, holds.body1, holds.body2);
    const data = this.#model.eq_data as Float64Array;
    data.fill(0, EQUALITY_NUMBERS * equality, EQUALITY_NUMBERS * equality + 3);
    data.set(relative, EQUALITY_NUMBERS * equality + 3);
  }

  [Symbol.dispose](): void {
    this.#scratch.position.delete();
    this.#scratch.rotation.delete();
    this.#data.delete();
    this.#model.delete();
  }

  /** By way of the state, since the binding cannot give `eq_active` itself. */
  #activate(equality: number, active: 0 | 1): void {
    const spec = this.#mujoco.mjtState.mjSTATE_EQ_ACTIVE.value;
    const state = new this.#mujoco.DoubleBuffer(this.#model.neq);
    this.#mujoco.mj_getState(this.#model, this.#data, state, spec);
    const values = Array.from(state.GetView() as Float64Array);
    values[equality] = active;
    this.#mujoco.mj_setState(this.#model, this.#data, values, spec);
    state.delete();
  }

  #id(
    kind: "mjOBJ_JOINT" | "mjOBJ_ACTUATOR" | "mjOBJ_BODY" | "mjOBJ_SITE" | "mjOBJ_CAMERA" | "mjOBJ_SENSOR" | "mjOBJ_EQUALITY",
    name: string,
  ): number {
    const id = this.#mujoco.mj_name2id(this.#model, this.#mujoco.mjtObj[kind].value, name);
    if (id < 0) throw new TendonError("internal", `the world has no ${kind} "${name}"`);
    return id;
  }

  #geom(geom: number): Geom {
    const three = (from: Float64Array) => Array.from(from.subarray(3 * geom, 3 * geom + 3)) as [number, number, number];
    const rgba = Array.from((this.#model.geom_rgba as Float32Array).subarray(4 * geom, 4 * geom + 4));
    const kind = KINDS[(this.#model.geom_type as Int32Array)[geom]!] as Shape["kind"];
    return {
      name: this.#mujoco.mj_id2name(this.#model, this.#mujoco.mjtObj.mjOBJ_GEOM.value, geom) ?? "",
      body: (this.#model.geom_bodyid as Int32Array)[geom]!,
      kind,
      size: three(this.#model.geom_size as Float64Array),
      rgba: rgba as [number, number, number, number],
    };
  }
}

type Buffered = InstanceType<MainModule["DoubleBuffer"]>;

function pose(positions: Float64Array, rotations: Float64Array, index: number) {
  return { position: positions.slice(3 * index, 3 * index + 3), rotation: rotations.slice(9 * index, 9 * index + 9) };
}

/** The pose of the second body in the first one's frame: position (3), quaternion w x y z (4). */
function relativePose(data: MjData, body1: number, body2: number): number[] {
  const first = pose(data.xpos as Float64Array, data.xmat as Float64Array, body1);
  const second = pose(data.xpos as Float64Array, data.xmat as Float64Array, body2);
  const apart = second.position.map((value, index) => value - first.position[index]!);
  const position = [0, 1, 2].map((column) =>
    [0, 1, 2].reduce((sum, row) => sum + first.rotation[3 * row + column]! * apart[row]!, 0),
  );
  const quaternions = data.xquat as Float64Array;
  const [w, x, y, z] = quaternions.subarray(4 * body1, 4 * body1 + 4) as unknown as [number, number, number, number];
  const [a, b, c, d] = quaternions.subarray(4 * body2, 4 * body2 + 4) as unknown as [number, number, number, number];
  // The conjugate of the first, times the second.
  return [
    ...position,
    w * a + x * b + y * c + z * d,
    w * b - x * a - y * d + z * c,
    w * c + x * d - y * a - z * b,
    w * d - x * c + y * b - z * a,
  ];
}
