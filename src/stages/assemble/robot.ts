import { TendonError } from "../../core/errors.ts";
import type { EpisodeSchema, JointGroup } from "../../core/feature.ts";
import { suggest } from "../../core/suggest.ts";
import { jointKey } from "./jointName.ts";
import type { Preset, PresetGroup } from "./preset.ts";
import { ACTION, columnsOf, isPosition, type JointColumn, numberStreams, type Side, STATE, type Vector } from "./recipe.ts";

/**
 * Puts the joints that a recording has in the robot's order. A part of the body that is wholly absent,
 * such as the legs of a recording of arms, is left out; one that is there in part is an error.
 */
export function robotVector(input: EpisodeSchema, preset: Preset, side: Side): Vector {
  const streams = candidates(input, side);
  const joints = tableOf(input, streams);
  const columns: JointColumn[] = [];
  const groups: JointGroup[] = [];
  const units = new Set<string>();
  for (const name of new Set(preset.groups.map((group) => group.name))) {
    const found = variantThere(
      preset.groups.filter((group) => group.name === name),
      { preset, joints, side },
    );
    if (!found) continue;
    groups.push({ name, start: columns.length, end: columns.length + found.columns.length });
    units.add(found.group.unit);
    columns.push(...found.columns);
  }
  if (columns.length === 0) throw noJoints(input, streams, { preset, side });
  const unit = units.size === 1 ? [...units][0]! : "none";
  return { columns, groups, ...(unit !== "none" && { unit }) };
}

/** Columns by the key of their names. */
type JointTable = ReadonlyMap<string, readonly JointColumn[]>;

/** The assembled stream itself where there is one, else every stream that may hold positions. */
function candidates(input: EpisodeSchema, side: Side): string[] {
  const streams = numberStreams(input, side);
  return streams.includes(side) ? [side] : streams.filter(isPosition);
}

function tableOf(input: EpisodeSchema, streams: readonly string[]): JointTable {
  const table = new Map<string, JointColumn[]>();
  for (const stream of streams) {
    for (const column of columnsOf(input, stream)) {
      const key = jointKey(column.name);
      table.set(key, [...(table.get(key) ?? []), column]);
    }
  }
  return table;
}

interface Looking {
  readonly preset: Preset;
  readonly joints: JointTable;
  readonly side: Side;
}

/** The first variant that is there whole. Throws where only a part of one is. */
function variantThere(
  variants: readonly PresetGroup[],
  looking: Looking,
): { group: PresetGroup; columns: JointColumn[] } | undefined {
  let nearest: { group: PresetGroup; missing: string[] } | undefined;
  for (const group of variants) {
    const found = group.joints.map((joint) => findJoint(joint, looking));
    const missing = group.joints.filter((_, at) => !found[at]);
    if (missing.length === 0) return { group, columns: found.map((one, at) => ({ ...one!, name: group.joints[at]! })) };
    if (missing.length < group.joints.length && (!nearest || missing.length < nearest.missing.length))
      nearest = { group, missing };
  }
  if (!nearest) return undefined;
  throw partOnly(nearest.group, nearest.missing, looking);
}

function findJoint(joint: string, { preset, joints, side }: Looking): JointColumn | undefined {
  const columns = [...new Set(preset.keysOf(joint).flatMap((key) => joints.get(key) ?? []))];
  if (columns.length > 1) {
    const places = columns.map((one) => `${one.stream} (column ${one.column}, "${one.name}")`).join(" and ");
    throw bad(`"${joint}" is in ${places}; say which with \`${optionOf(side)}: [{ stream: … }]\``, side);
  }
  return columns[0];
}

function partOnly(group: PresetGroup, missing: readonly string[], { preset, joints, side }: Looking): TendonError {
  const known = new Set(preset.groups.flatMap((one) => one.joints.flatMap((joint) => preset.keysOf(joint))));
  const spare = [...joints].flatMap(([key, columns]) => (known.has(key) ? [] : columns.map((one) => one.name)));
  const near = suggest(missing[0]!, spare);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const variant = group.variant === undefined ? "" : ` (${group.variant})`;
  const spared = spare.length === 0 ? "" : ` (names that are no joint of ${preset.robot}: ${spare.slice(0, 40).join(", ")})`;
  return bad(
    `${side}: ${preset.robot}'s ${group.name}${variant} lacks "${missing.join('", "')}"${hint}${spared}; rename the joints, or list them with \`${optionOf(side)}\``,
    side,
  );
}

function noJoints(
  input: EpisodeSchema,
  streams: readonly string[],
  { preset, side }: { preset: Preset; side: Side },
): TendonError {
  const seen = streams.map((stream) => {
    const names = columnsOf(input, stream).map((one) => one.name);
    return `${stream} has ${names.slice(0, 12).join(", ")}${names.length > 12 ? `, … (${names.length})` : ""}`;
  });
  const found = seen.length === 0 ? "there is no stream of numbers on the rows" : seen.join("; ");
  return bad(
    `no joint of ${preset.robot} is there for ${side}: ${found}. Leave \`robot\` out, or list the parts with \`${optionOf(side)}\``,
    side,
  );
}

function optionOf(side: Side): "state" | "action" {
  return side === STATE ? "state" : "action";
}

function bad(message: string, side: Side): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path: side === ACTION ? "assemble.action" : "assemble.robot" } });
}
