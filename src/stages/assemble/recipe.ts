import { TendonError } from "../../core/errors.ts";
import { type EpisodeSchema, type Feature, isAction, type JointGroup, width } from "../../core/feature.ts";
import { suggest } from "../../core/suggest.ts";

/** One number of a row: column `column` of a stream on the rows. */
export interface JointColumn {
  readonly stream: string;
  readonly column: number;
  readonly name: string;
}

/** How one vector is put together. */
export interface Vector {
  readonly columns: readonly JointColumn[];
  readonly groups?: readonly JointGroup[];
  readonly unit?: string;
  /** Row i is what `columns` are in row i + 1; the last row is its own. */
  readonly next?: boolean;
}

export const STATE = "observation.state";
export const ACTION = "action";

/** The two sides of a recording: what was sensed, and what was commanded. */
export type Side = typeof STATE | typeof ACTION;

/** Streams of numbers on the rows that could be part of a side. Rewards and the like are no part of the robot. */
export function numberStreams(input: EpisodeSchema, side: Side): string[] {
  return (input.grid?.streams ?? []).filter((name) => {
    const feature = input.features[name];
    if (!feature || isAction(name) !== (side === ACTION)) return false;
    return isNumbers(feature) && !name.startsWith("next.") && !name.startsWith("source.") && !name.startsWith("annotation.");
  });
}

export function isNumbers(feature: Feature): boolean {
  return !["text", "bytes", "video"].includes(feature.dtype) && !feature.shape.includes("any");
}

/** All columns of a stream, named by its joints, or by the stream where it names none. */
export function columnsOf(input: EpisodeSchema, stream: string): JointColumn[] {
  const feature = input.features[stream]!;
  const count = width(feature);
  const leaf = stream.split(".").at(-1)!;
  const names = feature.names?.length === count ? feature.names : undefined;
  return Array.from({ length: count }, (_, column) => ({
    stream,
    column,
    name: names?.[column] ?? (count === 1 ? leaf : `${leaf}_${column}`),
  }));
}

/** Quantities that name the same joints as positions do, and are not what a policy's state is made of by default. */
export function isPosition(stream: string): boolean {
  return !/(^|[._])(velocity|velocities|vel|qvel|effort|efforts|torque|torques|current|acceleration|temperature)$/i.test(stream);
}

/** Columns with one name each: those that share one are told apart by their stream. */
export function distinct(columns: readonly JointColumn[]): JointColumn[] {
  const count = new Map<string, number>();
  for (const { name } of columns) count.set(name, (count.get(name) ?? 0) + 1);
  return columns.map((one) => (count.get(one.name)! > 1 ? { ...one, name: `${one.stream}.${one.name}` } : one));
}

/** The unit that all streams of the columns share. */
export function sharedUnit(input: EpisodeSchema, columns: readonly JointColumn[]): string | undefined {
  const units = new Set(columns.map(({ stream }) => input.features[stream]!.unit));
  return units.size === 1 ? [...units][0] : undefined;
}

/** The error for a joint that is not there. */
export function unknownJoint(joint: string, there: readonly string[], path: string): TendonError {
  const near = suggest(joint, there);
  const list =
    there.length === 0 ? "there are no joints" : `there are: ${there.slice(0, 60).join(", ")}${there.length > 60 ? ", …" : ""}`;
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return new TendonError("bad-pipeline", `there is no joint "${joint}"${hint} (${list})`, { place: { path } });
}
