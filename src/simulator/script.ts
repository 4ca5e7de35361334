import { Random } from "./random.ts";
import type { HandPose } from "./reach.ts";
import { SIDES, type Side } from "./robot.ts";
import { leaning, pointingDown } from "./rotation.ts";
import { PLACES, TABLE_TOP } from "./scene.ts";
import type { Task } from "./task.ts";
import { Track } from "./track.ts";

/** A moment in which a hand tries to take the thing, or lets it go. */
export interface Act {
  readonly atSec: number;
  readonly side: Side;
  readonly what: "take" | "let go";
}

/** What an operator does in one attempt. */
export interface Script {
  readonly hands: { readonly [side in Side]: Track };
  readonly acts: readonly Act[];
  /** The hand that the robot looks at, from a time on. */
  readonly looks: readonly { readonly atSec: number; readonly side: Side }[];
  readonly durationSec: number;
}

const DOWN = pointingDown(0);
const CLEAR = 0.11;
/** The hands hold a long thing this far from its middle, m. */
const APART = 0.036;
/** How far the hands lean towards each other where they meet, rad. */
const LEAN = 0.5;

/** How the hands stand while nothing is done. */
export function restPose(side: Side): HandPose {
  return { position: [0.34, side === "left" ? 0.26 : -0.26, TABLE_TOP + 0.19], rotation: DOWN };
}

/** Turns a task into motions of the hands. */
export function scriptOf(task: Task, seed: number): Script {
  return task.kind === "place" ? placeScript(task, seed) : handOverScript(task);
}

function placeScript(task: Task, seed: number): Script {
  const { side, tempo, thing } = task;
  const hand = new Track(restPose(side));
  const idle = new Track(restPose(other(side)));
  const acts: Act[] = [];
  const at = graspPoint(task, seed, 0);
  take(hand, { task, at, acts, side });
  const [x, y, z] = putPoint(task, 0);
  if (task.slip === "drop") slip(hand, { task, at: midway(at, [x!, y!, z!]), acts, side });
  hand.move(tempo, [x!, y!, z! + CLEAR], pointingDown(thing.yaw));
  put(hand, { task, at: [x!, y!, z!], yaw: thing.yaw, acts, side });
  return { hands: handsOf(side, hand, idle.until(hand.endSec)), acts, looks: [{ atSec: 0, side }], durationSec: hand.endSec };
}

function handOverScript(task: Task): Script {
  const { side: giver, tempo, thing } = task;
  const taker = other(giver);
  const sign = giver === "left" ? 1 : -1;
  const [give, receive] = [new Track(restPose(giver)), new Track(restPose(taker))];
  const acts: Act[] = [];
  take(give, { task, at: graspPoint(task, 0, -APART), acts, side: giver });
  const meet = [0.38, 0, TABLE_TOP + 0.22];
  const from = (x: number, y: number, z: number) => [meet[0]! + x, meet[1]! + y, meet[2]! + z];
  const [leansIn, leansOut] = [leaning(-LEAN * sign), leaning(LEAN * sign)];
  if (task.slip === "drop") slip(give, { task, at: [0.42, sign * 0.12, TABLE_TOP], acts, side: giver });
  give.move(1.2 * tempo, from(-APART, 0, 0), leansIn).wait(0.15);
  receive.until(give.endSec - 0.9 * tempo).move(0.9 * tempo, from(APART, -sign * 0.1, 0.1), leansOut);
  receive.move(0.6 * tempo, from(APART, 0, 0), leansOut).grip(0.35 * tempo, 0);
  acts.push({ atSec: receive.endSec, side: taker, what: "take" });
  give.until(receive.endSec + 0.1).grip(0.3 * tempo, 1);
  acts.push({ atSec: give.endSec - 0.25 * tempo, side: giver, what: "let go" });
  receive.until(give.endSec);
  give.move(0.5 * tempo, from(-APART, sign * 0.12, 0.11), leansIn).move(0.8 * tempo, restPose(giver).position, DOWN);
  const lookSec = receive.endSec;
  const [x, y, z] = putPoint(task, APART);
  receive.move(1.2 * tempo, [x!, y!, z! + CLEAR], DOWN);
  put(receive, { task: { ...task, thing: { ...thing, yaw: 0 } }, at: [x!, y!, z!], yaw: 0, acts, side: taker });
  const looks = [
    { atSec: 0, side: giver },
    { atSec: lookSec, side: taker },
  ];
  return { hands: handsOf(giver, give.until(receive.endSec), receive), acts, looks, durationSec: receive.endSec };
}

interface Doing {
  readonly task: Task;
  readonly at: readonly number[];
  readonly acts: Act[];
  readonly side: Side;
}

/** From rest to the thing, and up with it. */
function take(hand: Track, { task, at, acts, side }: Doing): void {
  const { tempo, thing } = task;
  const rotation = pointingDown(thing.yaw);
  const above = [at[0]!, at[1]!, at[2]! + CLEAR];
  hand
    .wait(0.25)
    .move(1.1 * tempo, above, rotation)
    .move(0.6 * tempo, at, rotation)
    .grip(0.4 * tempo, 0);
  acts.push({ atSec: hand.endSec, side, what: "take" });
  hand.wait(0.08).move(0.55 * tempo, above, rotation);
}

/** On the way the hand opens too early, above a place on the table. */
function slip(hand: Track, { task, at, acts, side }: Doing): void {
  const rotation = pointingDown(task.thing.yaw);
  hand.move(0.6 * task.tempo, [at[0]!, at[1]!, at[2]! + CLEAR], rotation).grip(0.3, 0.8);
  acts.push({ atSec: hand.endSec - 0.25, side, what: "let go" });
}

/** Half-way between a thing and its place, a little nearer to the robot, where neither is. */
function midway(at: readonly number[], to: readonly number[]): number[] {
  return [(at[0]! + to[0]!) / 2 - 0.02, (at[1]! + to[1]!) / 2, TABLE_TOP];
}

/** Down to the place, let go, and back to rest. */
function put(hand: Track, { task, at, yaw, acts, side }: Doing & { readonly yaw: number }): void {
  const { tempo } = task;
  const rotation = pointingDown(yaw);
  hand.move(0.55 * tempo, at, rotation).grip(0.35 * tempo, 1);
  acts.push({ atSec: hand.endSec - 0.3 * tempo, side, what: "let go" });
  hand.move(0.4 * tempo, [at[0]!, at[1]!, at[2]! + CLEAR], rotation);
  hand.move(0.8 * tempo, restPose(side).position, DOWN).wait(0.35);
}

/** Where the hand closes: on the thing, `along` its length from the middle; or beside it, where it misses. */
function graspPoint({ thing, slip }: Task, seed: number, along: number): number[] {
  const random = new Random(seed, "grasp");
  const angle = random.between(0, 2 * Math.PI);
  const off = slip === "miss" ? random.between(0.075, 0.09) : random.between(0, 0.003);
  return [
    thing.x + along * Math.cos(thing.yaw) + off * Math.cos(angle),
    thing.y + along * Math.sin(thing.yaw) + off * Math.sin(angle),
    TABLE_TOP + Math.max(0.02, thing.form.halfHeight),
  ];
}

function putPoint({ thing, scene: { place } }: Task, along: number): number[] {
  return [place.x + along, place.y, TABLE_TOP + PLACES[place.word].floor + Math.max(0.02, thing.form.halfHeight) + 0.006];
}

function handsOf(side: Side, hand: Track, second: Track): { readonly [side in Side]: Track } {
  return side === "left" ? { left: hand, right: second } : { left: second, right: hand };
}

function other(side: Side): Side {
  return SIDES.find((each) => each !== side)!;
}
