import { z } from "zod";
import { TendonError } from "../../core/errors.ts";
import type { JointGroup } from "../../core/feature.ts";

/** Columns `start` to `end` (half-open) of a vector. The optional fields are N1.5's; later loaders leave them out. */
export const vectorEntry = z.looseObject({
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  /** Absent: `observation.state` or `action`. */
  original_key: z.string().nullish(),
  /** `axis_angle`, `quaternion`, `rotation_6d`, `matrix`, `euler_angles_rpy`, …: kept as it came. */
  rotation_type: z.string().nullish(),
  absolute: z.boolean().nullish(),
  dtype: z.string().nullish(),
  range: z.array(z.number()).nullish(),
});
export type VectorEntry = z.output<typeof vectorEntry>;

const keyEntry = z.looseObject({ original_key: z.string().nullish() });

/** `meta/modality.json`: how GR00T names parts of a LeRobot dataset. */
export const modality = z.looseObject({
  state: z.record(z.string(), vectorEntry).default({}),
  action: z.record(z.string(), vectorEntry).default({}),
  video: z.record(z.string(), keyEntry).default({}),
  annotation: z.record(z.string(), keyEntry).default({}),
});
export type Modality = z.output<typeof modality>;

/** The column that a state or action entry cuts from. */
export function vectorKey(kind: "state" | "action", entry: VectorEntry): string {
  return entry.original_key ?? (kind === "state" ? "observation.state" : "action");
}

/** The camera's feature: N1.5 takes the key itself, N1.7 `observation.images.<key>`; `known` decides where none is given. */
export function videoKey(
  key: string,
  entry: { readonly original_key?: string | null | undefined },
  known: readonly string[],
): string {
  if (entry.original_key) return entry.original_key;
  return known.includes(key) ? key : `observation.images.${key}`;
}

/** The column of an annotation: `annotation.<key>` unless told. */
export function annotationKey(key: string, entry: { readonly original_key?: string | null | undefined }): string {
  return entry.original_key ?? `annotation.${key}`;
}

/**
 * The groups of every vector, in column order. Throws where a group reaches beyond its vector or has
 * no columns: reading on would cut other joints than the names say.
 */
export function jointGroups(
  file: string,
  content: Modality,
  widths: ReadonlyMap<string, number>,
): { [stream: string]: readonly JointGroup[] } {
  const groups: { [stream: string]: JointGroup[] } = {};
  const wrong: string[] = [];
  for (const kind of ["state", "action"] as const) {
    for (const [name, entry] of Object.entries(content[kind])) {
      const stream = vectorKey(kind, entry);
      const width = widths.get(stream);
      if (width === undefined) wrong.push(`${kind}.${name} is cut from ${stream}, which is no vector of this dataset`);
      else if (entry.end > width)
        wrong.push(`${kind}.${name} takes columns ${entry.start} to ${entry.end} of ${stream}, which has ${width}`);
      else if (entry.end <= entry.start) wrong.push(`${kind}.${name} takes columns ${entry.start} to ${entry.end}: none`);
      else groups[stream] = [...(groups[stream] ?? []), groupOf(name, entry)];
    }
  }
  if (wrong.length > 0)
    throw new TendonError("bad-data", `${wrong.join("; ")}: correct or remove these entries`, { place: { file } });
  for (const list of Object.values(groups)) list.sort((a, b) => a.start - b.start || a.end - b.end);
  return groups;
}

function groupOf(name: string, entry: VectorEntry): JointGroup {
  const details = {
    ...(entry.rotation_type != null && { rotation_type: entry.rotation_type }),
    ...(entry.absolute != null && { absolute: entry.absolute }),
    ...(entry.dtype != null && { dtype: entry.dtype }),
    ...(entry.range != null && { range: entry.range }),
  };
  return { name, start: entry.start, end: entry.end, ...(Object.keys(details).length > 0 && { details }) };
}
