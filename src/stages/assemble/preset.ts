import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { jointKey } from "./jointName.ts";
import type { ROBOTS } from "./options.ts";

const NAMES = z.array(z.string().min(1)).min(1);
const PRESET = z.strictObject({
  robot: z.string(),
  about: z.string(),
  unit: z.string().describe("Of every group that says no other; `none` where numbers have no unit, or one of their own"),
  groups: z
    .array(z.strictObject({ name: z.string(), variant: z.string().optional(), unit: z.string().optional(), joints: NAMES }))
    .min(1),
  aliases: z.record(z.string(), NAMES).default({}),
  mirror: z
    .strictObject({ same: NAMES, negated: NAMES })
    .optional()
    .describe("Joints without their side, by what becomes of them in the mirror: the other side's number, or less it"),
});

/** A part of the robot. Groups of one name are variants, of which a recording has one. */
export interface PresetGroup {
  readonly name: string;
  readonly variant?: string | undefined;
  readonly unit: string;
  readonly joints: readonly string[];
}

/** A robot's joints in order. */
export interface Preset {
  readonly robot: string;
  readonly about: string;
  readonly groups: readonly PresetGroup[];
  /** How the robot's mirror image moves, for the joints where that is known; names are without their side. */
  readonly mirror?: { readonly same: readonly string[]; readonly negated: readonly string[] } | undefined;
  /** Every key that means a joint, the joint's own first. */
  keysOf(joint: string): readonly string[];
}

/** Reads `src/robots/<robot>.yaml`. A change there changes what `assemble` gives: raise its version. */
export function readPreset(robot: (typeof ROBOTS)[number]): Preset {
  const file = new URL(`../../robots/${robot}.yaml`, import.meta.url);
  const { unit, aliases, groups, ...rest } = PRESET.parse(parse(readFileSync(file, "utf8")));
  return {
    ...rest,
    groups: groups.map((group) => ({ ...group, unit: group.unit ?? unit })),
    keysOf: (joint) => [joint, ...(aliases[joint] ?? [])].map(jointKey),
  };
}
