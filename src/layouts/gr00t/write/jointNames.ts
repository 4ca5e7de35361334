/** A run of joints that are one part of the robot, columns `start` to `end` (half-open). */
export interface NamedPart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const SIDES = ["left", "right"] as const;

/** Words of joint names and the part they belong to. The hand's come first: a thumb is no arm. */
const PARTS: readonly (readonly [part: string, words: RegExp])[] = [
  ["gripper", /gripper/],
  ["hand", /hand|finger|thumb|index|middle|ring|pinky|little|palm/],
  ["arm", /arm|shoulder|elbow|wrist|forearm/],
  ["leg", /leg|hip|knee|ankle|foot/],
  ["neck", /neck|head/],
  ["waist", /waist|torso|spine/],
];

/**
 * Parts by the names of joints (`kLeftElbow`, `left_elbow_joint`, `l_wrist.pos`): `left_arm`,
 * `right_hand`, `waist`. Undefined where a name says nothing, or where a part's joints do not stand
 * together: then the vector is better left whole than cut wrongly.
 */
export function groupByName(names: readonly string[]): readonly NamedPart[] | undefined {
  const parts: { name: string; start: number; end: number }[] = [];
  for (const [index, joint] of names.entries()) {
    const part = partOf(joint);
    if (part === undefined) return undefined;
    const last = parts.at(-1);
    if (last?.name === part) last.end = index + 1;
    else parts.push({ name: part, start: index, end: index + 1 });
  }
  const distinct = new Set(parts.map((part) => part.name));
  return distinct.size === parts.length ? parts : undefined;
}

function partOf(joint: string): string | undefined {
  const words = joint
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const side = SIDES.find((name) => words.includes(name) || words.includes(name[0]!));
  const part = PARTS.find(([, pattern]) => words.some((word) => pattern.test(word)))?.[0];
  if (part === undefined) return undefined;
  return side ? `${side}_${part}` : part;
}
