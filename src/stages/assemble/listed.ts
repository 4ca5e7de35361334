import { TendonError } from "../../core/errors.ts";
import type { EpisodeSchema, JointGroup } from "../../core/feature.ts";
import { unknownStream } from "../../core/pattern.ts";
import { jointKey } from "./jointName.ts";
import type { AssemblePart } from "./options.ts";
import {
  columnsOf,
  distinct,
  isNumbers,
  isPosition,
  type JointColumn,
  numberStreams,
  type Side,
  STATE,
  sharedUnit,
  unknownJoint,
  type Vector,
} from "./recipe.ts";

/** A vector of the parts that a person listed: whole streams, some joints of one, or joints by name. */
export function listedVector(input: EpisodeSchema, parts: readonly AssemblePart[], side: Side): Vector {
  const path = `assemble.${side === STATE ? "state" : "action"}`;
  const taken = parts.map((part, at) => partColumns(input, part, { side, path: `${path}[${at}]` }));
  return vectorOf(input, taken);
}

/**
 * A vector without being told: positions by name where there are any, else every stream of numbers.
 * Undefined where there is none.
 */
export function inferredVector(input: EpisodeSchema, side: Side): Vector | undefined {
  const streams = numberStreams(input, side).filter(isPosition);
  const named = streams.filter((stream) => input.features[stream]!.names && /(^|[._])(position|positions|qpos)$/.test(stream));
  const chosen = named.length > 0 ? named : streams.filter((stream) => input.features[stream]!.dtype.startsWith("float"));
  return chosen.length === 0
    ? undefined
    : vectorOf(
        input,
        chosen.map((stream) => columnsOf(input, stream)),
      );
}

/** Groups by the names of joints, which must stand side by side. */
export function namedGroups(
  columns: readonly JointColumn[],
  groups: readonly { readonly name: string; readonly joints: readonly string[] }[],
): JointGroup[] {
  const names = columns.map((one) => one.name);
  return groups.map(({ name, joints }, at) => {
    const path = `assemble.groups[${at}].joints`;
    const places = joints.map((joint) => {
      const exact = names.indexOf(joint);
      const place = exact >= 0 ? exact : names.findIndex((one) => jointKey(one) === jointKey(joint));
      if (place < 0) throw unknownJoint(joint, names, path);
      return place;
    });
    const start = places[0]!;
    const apart = places.findIndex((place, index) => place !== start + index);
    if (apart >= 0) {
      throw new TendonError(
        "bad-pipeline",
        `"${joints[apart]}" does not stand behind "${joints[apart - 1]}": a group is a run of columns, so list them in the order of the vector, or order the vector with \`state\` and \`action\``,
        { place: { path } },
      );
    }
    return { name, start, end: start + joints.length };
  });
}

function vectorOf(input: EpisodeSchema, parts: readonly (readonly JointColumn[])[]): Vector {
  const columns = distinct(parts.flat());
  const unit = sharedUnit(input, columns);
  const groups: JointGroup[] = [];
  let start = 0;
  for (const part of parts) {
    const streams = new Set(part.map((one) => one.stream));
    const name = streams.size === 1 ? groupName(part[0]!.stream) : undefined;
    if (name !== undefined && parts.length > 1) groups.push({ name, start, end: start + part.length });
    start += part.length;
  }
  const named = new Set(groups.map((group) => group.name)).size === groups.length && groups.length === parts.length;
  return { columns, ...(named && { groups }), ...(unit !== undefined && { unit }) };
}

/** `action.left_arm.position` is the left arm. */
function groupName(stream: string): string {
  const inner = stream.replace(/^(observation\.state|observation|action)\./, "").replace(/\.(position|positions|qpos)$/, "");
  return inner.replaceAll(".", "_");
}

interface Looking {
  readonly side: Side;
  readonly path: string;
}

function partColumns(input: EpisodeSchema, part: AssemblePart, { side, path }: Looking): readonly JointColumn[] {
  const onRows = (input.grid?.streams ?? []).filter((name) => isNumbers(input.features[name]!));
  if (typeof part === "string") {
    return onRows.includes(part) ? columnsOf(input, part) : [jointAnywhere(input, part, { side, path })];
  }
  if (!onRows.includes(part.stream)) throw unknownStream(part.stream, onRows, `${path}.stream`);
  const all = columnsOf(input, part.stream);
  return part.joints?.map((joint) => jointIn(all, joint, `${path}.joints`)) ?? all;
}

function jointIn(columns: readonly JointColumn[], joint: string, path: string): JointColumn {
  const found = columns.find((one) => one.name === joint) ?? columns.find((one) => jointKey(one.name) === jointKey(joint));
  if (found) return found;
  throw unknownJoint(
    joint,
    columns.map((one) => one.name),
    path,
  );
}

function jointAnywhere(input: EpisodeSchema, joint: string, { side, path }: Looking): JointColumn {
  const streams = numberStreams(input, side).filter(isPosition);
  const all = streams.flatMap((stream) => columnsOf(input, stream));
  const exact = all.filter((one) => one.name === joint);
  const found = exact.length > 0 ? exact : all.filter((one) => jointKey(one.name) === jointKey(joint));
  if (found.length === 1) return found[0]!;
  if (found.length === 0) throw unknownJoint(joint, [...all.map((one) => one.name), ...streams], path);
  const places = found.map((one) => one.stream).join(" and ");
  throw new TendonError(
    "bad-pipeline",
    `"${joint}" is in ${places}; say which as in { stream: ${found[0]!.stream}, joints: [${joint}] }`,
    {
      place: { path },
    },
  );
}
