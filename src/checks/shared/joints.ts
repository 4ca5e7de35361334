import type { EpisodeSchema, Feature, JointGroup } from "../../core/feature.ts";
import { isAction, width } from "../../core/feature.ts";

/** A stream of numbers, one vector a sample. */
export interface Vector {
  readonly stream: string;
  readonly feature: Feature;
  readonly width: number;
  /** The parts of the body that its columns belong to, where they are known. */
  readonly groups?: readonly JointGroup[];
}

/** Whether samples of a feature stand in a typed array. */
export function isNumeric(feature: Feature): boolean {
  return feature.dtype !== "text" && feature.dtype !== "bytes" && feature.dtype !== "video" && !feature.shape.includes("any");
}

/** Whether its numbers can be NaN or infinite. */
export function isFloat(feature: Feature): boolean {
  return feature.dtype === "float16" || feature.dtype === "float32" || feature.dtype === "float64";
}

/** Streams of positions: measured joints, or what commands them. */
export function positions(schema: EpisodeSchema, of: "state" | "action"): Vector[] {
  const vectors: Vector[] = [];
  for (const [stream, feature] of Object.entries(schema.features)) {
    if (!isNumeric(feature) || !isFloat(feature) || feature.shape.length > 1 || isAction(stream) !== (of === "action")) continue;
    if (of === "action" ? isPosition(stream, feature) : isState(stream) && isPosition(stream, feature))
      vectors.push(vectorOf(schema, stream));
  }
  return vectors;
}

/** A stream of numbers of this schema. */
export function vectorOf(schema: EpisodeSchema, stream: string): Vector {
  const feature = schema.features[stream]!;
  const groups = schema.groups?.[stream];
  return { stream, feature, width: width(feature), ...(groups && { groups }) };
}

/** The name of a channel as a person knows it: the joint's, its place in a part of the body, or its place in the stream. */
export function channelName(vector: Vector, channel: number): string {
  const name = vector.feature.names?.[channel];
  if (name !== undefined) return name;
  const group = groupOf(vector, channel);
  return group ? `${group.name}[${channel - group.start}]` : `${vector.stream}[${channel}]`;
}

/** Whether a channel is a finger or gripper; `unknown` where nothing is named. */
export function isHand(vector: Vector, channel: number): boolean | "unknown" {
  const name = vector.feature.names?.[channel];
  const group = groupOf(vector, channel);
  if (name === undefined && group === undefined) return "unknown";
  return /grip|hand|finger|thumb|index|middle|ring|pinky|little/i.test(`${name ?? ""} ${group?.name ?? ""}`);
}

function groupOf({ groups }: Vector, channel: number): JointGroup | undefined {
  return groups?.find(({ start, end }) => channel >= start && channel < end);
}

/** Cameras whose pictures can be looked at: depth is another thing. */
export function cameras(schema: EpisodeSchema): string[] {
  return Object.entries(schema.features).flatMap(([stream, feature]) =>
    feature.dtype === "video" && feature.video?.depth !== true ? [stream] : [],
  );
}

function isState(stream: string): boolean {
  return (
    stream === "observation.state" ||
    /(^|[./_])(state|states|joint|joints|qpos|position|positions|gripper|arm|hand)([./_]|$)/i.test(stream)
  );
}

const POSITION_UNITS = new Set(["rad", "m", "deg", "degree", "degrees", "mm"]);

function isPosition(stream: string, feature: Feature): boolean {
  if (feature.unit !== undefined) return POSITION_UNITS.has(feature.unit);
  return !/(vel|velocity|velocities|qvel|effort|torque|force|current|temperature|accel|acceleration|imu|reward|done|timestamp)s?([./_]|$)/i.test(
    stream,
  );
}
