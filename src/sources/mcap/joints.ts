import { follow, lengthOf, type Offer, type Rows } from "./column.ts";
import type { Refusal } from "./refusal.ts";

const QUANTITIES = [
  { suffix: "position", unit: "rad" },
  { suffix: "velocity", unit: "rad/s" },
  { suffix: "effort", unit: "N·m" },
] as const;

/**
 * A `sensor_msgs/JointState`: position, velocity and effort, each with the joints of the first
 * message in its order. Later messages are put in that order by name.
 */
export function jointStateOffers(first: unknown): Offer[] | Refusal {
  const names = namesIn(first, "name");
  if (names.length === 0) return { refused: "its first message names no joints" };
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return { refused: `its first message names the joint ${JSON.stringify(twice)} twice` };
  const order = new JointOrder(names);
  return QUANTITIES.flatMap(({ suffix, unit }) => {
    if (lengthOf(follow(first, [suffix])) !== names.length) return [];
    const read = (message: unknown, rows: Rows) => order.read(message, suffix, rows);
    const feature = { dtype: "float64", shape: [names.length], names, unit } as const;
    const fields = ["name", suffix];
    return [{ suffix, feature, column: { as: "rows", dtype: "float64", width: names.length, fields, read } as const }];
  });
}

/** Puts the values of a message into the order of the first one. */
class JointOrder {
  readonly #names: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  /** The last list that was in order: decoders give the same array for the same names. */
  #known: readonly string[] | undefined;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#places = new Map(names.map((name, index) => [name, index]));
  }

  read(message: unknown, quantity: string, rows: Rows): void {
    const values = follow(message, [quantity]) as ArrayLike<unknown> | undefined;
    const given = follow(message, ["name"]) as readonly string[] | undefined;
    const count = lengthOf(values) ?? 0;
    if (values === undefined || given === undefined || count === 0) rows.skip(`has no ${quantity}`);
    else if (count !== given.length) rows.skip(`has ${count} ${quantity} values for ${given.length} joints`);
    else if (this.#same(given)) this.#inOrder(values, rows);
    else this.#byName(given, values, rows);
  }

  #inOrder(values: ArrayLike<unknown>, rows: Rows): void {
    if (values instanceof Float64Array) rows.values.set(values as never, rows.at);
    else for (let index = 0; index < values.length; index++) rows.set(index, values[index]);
  }

  #same(given: readonly string[]): boolean {
    if (given === this.#known) return true;
    const names = this.#names;
    if (given.length !== names.length) return false;
    for (let index = 0; index < names.length; index++) if (given[index] !== names[index]) return false;
    this.#known = given;
    return true;
  }

  #byName(given: readonly string[], values: ArrayLike<unknown>, rows: Rows): void {
    const twice = given.find((name, index) => given.indexOf(name) !== index);
    if (twice !== undefined) {
      rows.skip(`names the joint ${JSON.stringify(twice)} twice`);
      return;
    }
    rows.odd("lists its joints in another order than the first message (put in order by name)");
    for (let index = 0; index < given.length; index++) {
      const place = this.#places.get(given[index]!);
      if (place === undefined) rows.odd(`has a joint ${JSON.stringify(given[index])} that the first message lacks (left out)`);
      else rows.set(place, values[index]);
    }
    for (let place = 0; place < this.#names.length; place++) {
      if (given.includes(this.#names[place]!)) continue;
      rows.missing(place);
      rows.odd(`lacks the joint ${JSON.stringify(this.#names[place])} (masked)`);
    }
  }
}

/**
 * A `trajectory_msgs/JointTrajectory` of one point: a command. One with several points is a plan
 * over time, of which no single row is what the robot was told.
 */
export function trajectoryOffers(first: unknown): Offer[] | Refusal {
  const names = namesIn(first, "joint_names");
  const points = follow(first, ["points"]) as readonly unknown[] | undefined;
  if (names.length === 0) return { refused: "its first message names no joints" };
  if (points?.length !== 1)
    return { refused: `its first message has ${points?.length ?? 0} points: only trajectories of one point are commands` };
  const order = new JointOrder(names);
  const quantities = [
    { suffix: "position", field: "positions", unit: "rad" },
    { suffix: "velocity", field: "velocities", unit: "rad/s" },
    { suffix: "effort", field: "effort", unit: "N·m" },
  ] as const;
  return quantities.flatMap(({ suffix, field, unit }) => {
    if (lengthOf(follow(points[0], [field])) !== names.length) return [];
    const read = (message: unknown, rows: Rows) => {
      const all = follow(message, ["points"]) as readonly unknown[];
      if (all.length !== 1) return rows.skip(`has ${all.length} points, not one`);
      order.read({ name: follow(message, ["joint_names"]), [field]: follow(all[0], [field]) }, field, rows);
    };
    const feature = { dtype: "float64", shape: [names.length], names, unit } as const;
    const fields = ["joint_names", "points"];
    return [{ suffix, feature, column: { as: "rows", dtype: "float64", width: names.length, fields, read } as const }];
  });
}

function namesIn(message: unknown, field: string): string[] {
  const names = follow(message, [field]);
  return Array.isArray(names) ? names.map(String) : [];
}
