import { TendonError } from "../core/errors.ts";
import { didYouMean } from "../core/suggest.ts";
import { CAMERAS, JOINTS } from "./robot.ts";
import { NUMBER_SENSORS } from "./sensors.ts";
import type { Task } from "./task.ts";

/** What can be wrong with a recording; docs/simulate.md says what each does. */
export const FAULT_KINDS = [
  "dropped",
  "frozen",
  "black",
  "blurred",
  "swapped",
  "nan",
  "spikes",
  "stuck",
  "degrees",
  "clock-offset",
  "clock-step",
  "duplicate",
  "wrong-instruction",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault as it was asked for: `KIND[@TARGET][#EPISODE][:START[-END]][=VALUE]`. */
export interface FaultWish {
  readonly kind: FaultKind;
  /** A camera, a sensor, a joint or `all`. */
  readonly target?: string;
  readonly episode?: number;
  readonly startSec?: number;
  readonly endSec?: number;
  /** Blur: radius in pixels; spikes: rad; clocks: seconds; duplicate: the episode it repeats. */
  readonly value?: number;
}

/** A fault of one episode with everything decided. Times are true seconds since the episode's start, half-open. */
export interface Fault {
  readonly kind: FaultKind;
  /** The sensor whose messages it is in; `all`, or `episode` where it is in none. */
  readonly sensor: string;
  readonly joint?: string;
  readonly startSec: number;
  readonly endSec: number;
  readonly value?: number;
}

interface Standard {
  readonly target: "sensor" | "camera" | "joint" | "clock" | "none";
  readonly default?: string;
  readonly span?: readonly [number, number];
  readonly value?: number;
}

const CAMERA_SPAN = [1.2, 1.9] as const;
const STANDARDS: { readonly [kind in FaultKind]: Standard } = {
  dropped: { target: "sensor", default: "head", span: [2, 2.7] },
  frozen: { target: "camera", default: "head", span: CAMERA_SPAN },
  black: { target: "camera", default: "head", span: CAMERA_SPAN },
  blurred: { target: "camera", default: "head", span: CAMERA_SPAN, value: 8 },
  swapped: { target: "none", span: CAMERA_SPAN },
  nan: { target: "joint", span: [2, 2.3] },
  spikes: { target: "joint", span: [1, 3], value: 1.5 },
  stuck: { target: "joint", span: [0.8, 2.3] },
  degrees: { target: "none" },
  "clock-offset": { target: "sensor", default: "right_wrist", value: 0.25 },
  "clock-step": { target: "clock", default: "all", span: [2.5, Number.POSITIVE_INFINITY], value: 0.6 },
  duplicate: { target: "none", value: 0 },
  "wrong-instruction": { target: "none" },
};

const PATTERN = /^([a-z-]+)(?:@([A-Za-z_]+))?(?:#(\d{1,6}))?(?::(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?)?(?:=(-?\d+(?:\.\d+)?))?$/;
const EXAMPLES = "frozen@head:1.2-1.9, dropped@imu#2:1-1.6, clock-offset@right_wrist=0.25";

/** Reads `frozen@head#3:1.2-1.9` and the like. */
export function parseFault(text: string): FaultWish {
  const parts = PATTERN.exec(text);
  if (!parts) throw wrong(text, `is no fault: write KIND[@TARGET][#EPISODE][:START-END][=VALUE], such as ${EXAMPLES}`);
  const [, kind, target, episode, start, end, value] = parts;
  if (!(FAULT_KINDS as readonly string[]).includes(kind!))
    throw wrong(text, `there is no fault "${kind}"${didYouMean(kind!, FAULT_KINDS)}; there are ${FAULT_KINDS.join(", ")}`);
  const standard = STANDARDS[kind as FaultKind];
  checkTarget(text, target, standard);
  if (start !== undefined && !standard.span) throw wrong(text, `"${kind}" holds for a whole episode: leave :${start} out`);
  if (end !== undefined && Number(end) <= Number(start)) throw wrong(text, `it ends at ${end} s, before it starts at ${start} s`);
  return {
    kind: kind as FaultKind,
    ...(target !== undefined && { target }),
    ...(episode !== undefined && { episode: Number(episode) }),
    ...(start !== undefined && { startSec: Number(start) }),
    ...(end !== undefined && { endSec: Number(end) }),
    ...(value !== undefined && { value: Number(value) }),
  };
}

/**
 * Which faults each episode gets. Those that name no episode go to 1, 2, 3, … in turn, so that episode 0
 * stays clean where there are several.
 */
export function dealFaults(wishes: readonly FaultWish[], episodes: number): ReadonlyMap<number, readonly FaultWish[]> {
  const dealt = new Map<number, FaultWish[]>();
  let turn = 0;
  for (const wish of wishes) {
    const episode = wish.episode ?? (episodes === 1 ? 0 : 1 + (turn++ % (episodes - 1)));
    if (episode >= episodes) throw wrong(wish.kind, `there is no episode ${episode}: they are 0 to ${episodes - 1}`);
    if (wish.kind === "duplicate" && (wish.value ?? 0) >= episode)
      throw wrong(wish.kind, `episode ${episode} can repeat only an earlier one, not ${wish.value ?? 0}: write duplicate#2=0`);
    const own = dealt.get(episode);
    if (own) own.push(wish);
    else dealt.set(episode, [wish]);
  }
  return dealt;
}

/** Decides what a wish left open, for an attempt at a task that lasts `durationSec`. */
export function decideFault(wish: FaultWish, task: Task, durationSec: number): Fault {
  const standard = STANDARDS[wish.kind];
  const { startSec = standard.span?.[0] ?? 0 } = wish;
  const length = standard.span ? standard.span[1] - standard.span[0] : durationSec;
  const endSec = Math.min(durationSec, wish.endSec ?? startSec + length);
  if (startSec >= endSec)
    throw wrong(wish.kind, `it starts at ${startSec} s, but the episode lasts ${durationSec.toFixed(1)} s: start earlier`);
  const joint = standard.target === "joint" ? (wish.target ?? `${task.side}_elbow`) : undefined;
  const value = wish.value ?? standard.value;
  return {
    kind: wish.kind,
    sensor: joint ? "joints" : (wish.target ?? standard.default ?? sensorOf(wish.kind)),
    ...(joint !== undefined && { joint }),
    startSec,
    endSec,
    ...(value !== undefined && { value }),
  };
}

/** Whether a moment is inside a fault. */
export function isIn(fault: Fault, timeSec: number): boolean {
  return timeSec >= fault.startSec && timeSec < fault.endSec;
}

function sensorOf(kind: FaultKind): string {
  if (kind === "degrees") return "joints";
  if (kind === "wrong-instruction") return "instruction";
  return kind === "swapped" ? "all" : "episode";
}

function checkTarget(text: string, target: string | undefined, { target: of }: Standard): void {
  if (target === undefined) return;
  const known: { readonly [of in Standard["target"]]: readonly string[] } = {
    camera: CAMERAS,
    sensor: [...CAMERAS, ...NUMBER_SENSORS],
    joint: JOINTS,
    clock: ["all", ...CAMERAS, ...NUMBER_SENSORS],
    none: [],
  };
  const names = known[of];
  if (names.includes(target)) return;
  if (names.length === 0) throw wrong(text, `it takes no target: leave @${target} out`);
  throw wrong(text, `there is no ${of} "${target}"${didYouMean(target, names)}; there are ${names.join(", ")}`);
}

function wrong(text: string, message: string): TendonError {
  return new TendonError("bad-pipeline", `${text}: ${message}`, { place: { path: "fault" } });
}
