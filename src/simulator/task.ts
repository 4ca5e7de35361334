import { Random } from "./random.ts";
import { SIDES, type Side } from "./robot.ts";
import { BAR, COLOURS, FORMS, nameOf, type Place, type Scene, type Thing, woodOf } from "./scene.ts";

/** What is to be done, where, and how well the operator does it. */
export interface Task {
  readonly kind: "place" | "hand over";
  readonly instruction: string;
  /** An instruction that sounds as good and names another thing on the table. */
  readonly otherInstruction: string;
  readonly scene: Scene;
  /** The hand that takes the thing first. */
  readonly side: Side;
  /** The thing to be moved: `scene.things[0]`. */
  readonly thing: Thing;
  /** `miss`: the hand closes beside the thing; `drop`: it slips out on the way. */
  readonly slip: "none" | "miss" | "drop";
  /** How fast the operator is: durations are multiplied by it. */
  readonly tempo: number;
}

/** The share of attempts that fail. */
const FAILING = 0.2;
const HAND_OVERS = 0.3;

/** What of a task is not left to the seed. */
export type Wanted = Partial<Pick<Task, "kind" | "side" | "slip">>;

/** Draws a task from a seed. */
export function drawTask(seed: number, wanted: Wanted = {}): Task {
  const random = new Random(seed, "task");
  const kind = wanted.kind ?? (random.next() < HAND_OVERS ? "hand over" : "place");
  const drawn = random.pick(SIDES);
  // The camera on the right wrist sees a hand-over best when that hand receives.
  const side = kind === "hand over" ? "left" : (wanted.side ?? drawn);
  const scene = drawScene(random, kind, side);
  const thing = scene.things[0]!;
  const fails = random.next() < FAILING;
  const slip = wanted.slip ?? (fails ? (random.next() < 0.5 ? "miss" : "drop") : "none");
  const verb = random.pick(["put", "place", "move"]);
  const told = (named: Thing) => instruct(verb, { kind, side, name: nameOf(named), place: scene.place });
  const tempo = random.between(0.92, 1.12);
  return { kind, instruction: told(thing), otherInstruction: told(scene.things[1]!), scene, side, thing, slip, tempo };
}

function instruct(verb: string, about: { kind: Task["kind"]; side: Side; name: string; place: Place }): string {
  const { kind, side, name, place } = about;
  const where = `${place.word === "plate" ? "onto" : "into"} the ${place.colour.name} ${place.word}`;
  if (kind === "place") return `${verb} ${name} ${where}`;
  const other = side === "left" ? "right" : "left";
  return `hand ${name} from the ${side} hand to the ${other} hand and put it ${where}`;
}

/** The thing and its place on spots that the hand reaches, other things where they are in nobody's way. */
function drawScene(random: Random, kind: Task["kind"], side: Side): Scene {
  const toSide = side === "left" ? 1 : -1;
  const colours = random.shuffled(COLOURS);
  const forms = random.shuffled(FORMS);
  const near = (middle: number, off: number) => middle + random.between(-off, off);
  const [placeY, thingY] = kind === "hand over" ? [-0.25, 0.25] : random.shuffled([0.09, 0.3]);
  const word = random.pick<Place["word"]>(kind === "hand over" ? ["tray", "plate"] : ["tray", "plate", "box"]);
  const place = { word, colour: colours[0]!, x: near(0.42, 0.02), y: toSide * near(placeY!, 0.015) };
  const thing = {
    body: "thing_0",
    form: kind === "hand over" ? BAR : forms[0]!,
    colour: colours[1]!,
    x: near(0.4, 0.03),
    y: toSide * near(thingY!, 0.02),
    yaw: random.between(-0.25, 0.25),
  };
  const others = [1, 2].map((index) => ({
    body: `thing_${index}`,
    form: forms[index]!,
    colour: colours[index + 1]!,
    x: near(0.62, 0.03),
    y: (index === 1 ? -1 : 1) * near(0.16, 0.06),
    yaw: random.between(-1.5, 1.5),
  }));
  return { things: [thing, ...others], place, wood: woodOf(random) };
}
