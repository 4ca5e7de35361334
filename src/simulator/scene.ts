import type { Random } from "./random.ts";
import { ROBOT_DEFAULTS, ROBOT_SENSORS, robotActuators, robotBodies, SIDES } from "./robot.ts";

/** Physics steps a second. */
export const PHYSICS_HZ = 500;
/** The height of the table's top, m. */
export const TABLE_TOP = 0.9;

export interface Colour {
  readonly name: string;
  readonly rgba: string;
}

export const COLOURS: readonly Colour[] = [
  { name: "red", rgba: "0.85 0.14 0.13 1" },
  { name: "green", rgba: "0.16 0.62 0.28 1" },
  { name: "blue", rgba: "0.14 0.34 0.86 1" },
  { name: "yellow", rgba: "0.95 0.8 0.12 1" },
  { name: "orange", rgba: "0.95 0.48 0.1 1" },
  { name: "purple", rgba: "0.5 0.2 0.68 1" },
];

/** What lies on the table: its word, its shape as MJCF says it, and half its height, m. */
export interface Form {
  readonly word: string;
  readonly geom: string;
  readonly halfHeight: number;
}

export const FORMS: readonly Form[] = [
  { word: "cube", geom: 'type="box" size="0.022 0.022 0.022"', halfHeight: 0.022 },
  { word: "ball", geom: 'type="sphere" size="0.024"', halfHeight: 0.024 },
  { word: "can", geom: 'type="cylinder" size="0.02 0.032"', halfHeight: 0.032 },
  { word: "block", geom: 'type="box" size="0.03 0.018 0.026"', halfHeight: 0.026 },
  { word: "egg", geom: 'type="ellipsoid" size="0.03 0.022 0.022"', halfHeight: 0.022 },
];

/** Long enough for two hands. */
export const BAR: Form = { word: "bar", geom: 'type="box" size="0.065 0.017 0.019"', halfHeight: 0.019 };

/** A thing that can be moved. */
export interface Thing {
  /** The body's name in the world. */
  readonly body: string;
  readonly form: Form;
  readonly colour: Colour;
  readonly x: number;
  readonly y: number;
  /** rad, about the vertical. */
  readonly yaw: number;
}

/** Where a thing is to be put. */
export interface Place {
  readonly word: "tray" | "plate" | "box";
  readonly colour: Colour;
  readonly x: number;
  readonly y: number;
}

/** Half the inner width of a place, m, and how high its floor lies above the table. */
export const PLACES: { readonly [word in Place["word"]]: { readonly half: number; readonly floor: number } } = {
  tray: { half: 0.085, floor: 0.006 },
  plate: { half: 0.08, floor: 0.008 },
  box: { half: 0.065, floor: 0.006 },
};

export interface Scene {
  readonly things: readonly Thing[];
  readonly place: Place;
  /** Colour of the table's top. */
  readonly wood: string;
}

const WOODS = ["0.72 0.54 0.36 1", "0.6 0.45 0.32 1", "0.78 0.68 0.55 1", "0.55 0.56 0.58 1"];

/** The table's top, drawn from a seed. */
export function woodOf(random: Random): string {
  return random.pick(WOODS);
}

/** What a thing is called: `the red cube`. */
export function nameOf({ colour, form }: Pick<Thing, "colour" | "form">): string {
  return `the ${colour.name} ${form.word}`;
}

/**
 * The whole world as MJCF. It is integrated explicitly, so that bodies move by just the accelerations that
 * the IMU feels; an implicit step would damp them; without a scene, it is the robot alone, for kinematics.
 */
export function worldMjcf(scene?: Scene): string {
  return `<mujoco model="tendon_humanoid">
<compiler angle="radian" autolimits="true"/>
<option timestep="${1 / PHYSICS_HZ}" integrator="Euler" cone="elliptic" impratio="5">
<flag eulerdamp="disable"/></option>
<default>${ROBOT_DEFAULTS}
<default class="thing"><geom contype="1" conaffinity="3" condim="6" friction="1 0.01 0.004" solref="0.01 1" mass="0.08"/></default>
<default class="furniture"><geom contype="1" conaffinity="3" friction="1 0.01 0.004" solref="0.01 1"/></default>
</default>
<worldbody>
<geom name="floor" type="plane" size="0 0 0.05" rgba="0.72 0.72 0.74 1" contype="1" conaffinity="1"/>
${robotBodies()}
${scene ? furniture(scene) : ""}
${scene ? scene.things.map(thing).join("\n") : ""}
</worldbody>
<actuator>${robotActuators()}</actuator>
<sensor>${ROBOT_SENSORS}</sensor>
${scene ? `<equality>${scene.things.flatMap(({ body }) => SIDES.map((side) => `<weld name="${side}_holds_${body}" body1="${side}_hand" body2="${body}" active="false" solref="0.01 1"/>`)).join("\n")}</equality>` : ""}
</mujoco>`;
}

function thing({ body, form, colour, x, y, yaw }: Thing): string {
  const turned = `${Math.cos(yaw / 2)} 0 0 ${Math.sin(yaw / 2)}`;
  return `<body name="${body}" pos="${x} ${y} ${TABLE_TOP + form.halfHeight}" quat="${turned}">
  <joint name="${body}" type="free" damping="0.0006"/>
  <geom class="thing" ${form.geom} rgba="${colour.rgba}"/>
</body>`;
}

function furniture({ place, wood }: Scene): string {
  const legs = [0.3, 0.86].flatMap((x) =>
    [-0.55, 0.55].map(
      (y) => `<geom class="robot" type="box" size="0.025 0.025 0.43" pos="${x} ${y} 0.43" rgba="0.25 0.26 0.3 1"/>`,
    ),
  );
  return `<geom class="furniture" name="table" type="box" size="0.32 0.6 0.02" pos="0.58 0 ${TABLE_TOP - 0.02}" rgba="${wood}"/>
${legs.join("\n")}
<geom class="robot" type="box" size="0.02 3 1.5" pos="2.2 0 1.5" rgba="0.8 0.84 0.86 1"/>
<geom class="robot" type="box" size="0.015 0.5 0.35" pos="2.17 0.6 1.5" rgba="0.55 0.68 0.78 1"/>
<body name="place" pos="${place.x} ${place.y} ${TABLE_TOP}">${placeGeoms(place)}</body>`;
}

function placeGeoms({ word, colour }: Place): string {
  const { half, floor } = PLACES[word];
  const geom = (type: string, size: string, pos: string) =>
    `<geom class="furniture" type="${type}" size="${size}" pos="${pos}" rgba="${colour.rgba}"/>`;
  if (word === "plate") {
    // A box on a cylinder rattles, so what carries is a box that is not seen.
    const seen = `<geom class="robot" type="cylinder" size="${half + 0.01} ${floor / 2}" pos="0 0 ${floor / 2}" rgba="${colour.rgba}"/>`;
    const carries = `<geom class="furniture" type="box" size="${half} ${half} ${floor / 2}" pos="0 0 ${floor / 2}" rgba="0 0 0 0"/>`;
    return `${seen}\n${carries}`;
  }
  const height = word === "box" ? 0.03 : 0.014;
  const wall = 0.004;
  const sides = [-1, 1].flatMap((sign) => [
    geom("box", `${wall} ${half + 2 * wall} ${height}`, `${sign * (half + wall)} 0 ${height}`),
    geom("box", `${half} ${wall} ${height}`, `0 ${sign * (half + wall)} ${height}`),
  ]);
  return [geom("box", `${half} ${half} ${floor / 2}`, `0 0 ${floor / 2}`), ...sides].join("\n");
}
