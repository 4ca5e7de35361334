import { z } from "zod";
import { TendonError } from "../../../core/errors.ts";
import { type EpisodeSchema, isAction, type JointGroup, width } from "../../../core/feature.ts";
import type { ViewStreams } from "../../lerobot/write/streams.ts";
import { groupByName } from "./jointNames.ts";

/** One part of the robot: columns `start` to `end` (half-open) of a stream. */
export interface ModalityGroup {
  readonly name: string;
  readonly stream: string;
  readonly start: number;
  readonly end: number;
  /** GR00T's optional fields. */
  readonly details?: JointGroup["details"];
}

/** What `modality.json` says: which columns are which part, which stream is which camera. */
export interface Modality {
  readonly state: readonly ModalityGroup[];
  readonly action: readonly ModalityGroup[];
  readonly video: readonly { readonly name: string; readonly stream: string }[];
  readonly annotation: readonly { readonly name: string; readonly column: string }[];
}

const entry = z.strictObject({
  start: z.number().int().min(0).describe("First column"),
  end: z.number().int().min(1).describe("One past the last column"),
  original_key: z.string().optional().describe("The stream; observation.state or action unless told"),
  rotation_type: z
    .string()
    .optional()
    .describe("`axis_angle`, `quaternion`, `rotation_6d`, `matrix` or `euler_angles_rpy` and its like"),
  absolute: z.boolean().optional().describe("False where the numbers are changes"),
  dtype: z.string().optional().describe("`float64` unless told"),
  range: z.array(z.number()).length(2).optional().describe("Least and greatest value"),
});

/** The option `modality`: GR00T's own form of `state` and `action`. */
export const MODALITY_OPTION = z
  .strictObject({
    state: z.record(z.string(), entry).optional().describe("Parts of observation.state"),
    action: z.record(z.string(), entry).optional().describe("Parts of action"),
  })
  .optional()
  .describe("Parts of the robot as `modality.json` names them; absent: from the schema's groups, else from joint names");

export type ModalityOption = z.output<typeof MODALITY_OPTION>;

/** Whether a stream is one of GR00T's low-dimensional modalities. */
export function isModality(stream: string): boolean {
  return stream.startsWith("observation.") || isAction(stream);
}

/** Lays out the parts of a view, or says what GR00T misses. */
export function modalityOf(schema: EpisodeSchema, streams: ViewStreams, option: ModalityOption): Modality {
  const vectors = streams.numbers.filter((stream) => isModality(stream) && schema.features[stream]!.shape.length <= 1);
  const states = vectors.filter((stream) => !isAction(stream));
  const actions = vectors.filter(isAction);
  const state = option?.state
    ? told("state", option.state, schema, states)
    : states.flatMap((one) => partsOf(one, schema, "state"));
  const action = option?.action
    ? told("action", option.action, schema, actions)
    : actions.flatMap((one) => partsOf(one, schema, "action"));
  if (state.length === 0) throw missing("observation.state");
  if (action.length === 0) throw missing("action");
  return {
    state: named(state, "state"),
    action: named(action, "action"),
    video: streams.cameras.map((stream) => ({ name: stream.replace(/^observation\.images?\./, ""), stream })),
    annotation: annotations(streams),
  };
}

/** As `modality.json` is written. */
export function modalityJson(modality: Modality): object {
  const groups = (parts: readonly ModalityGroup[], usual: string) =>
    Object.fromEntries(
      parts.map(({ name, stream, start, end, details }) => [
        name,
        { start, end, ...(stream !== usual && { original_key: stream }), ...details },
      ]),
    );
  return {
    state: groups(modality.state, "observation.state"),
    action: groups(modality.action, "action"),
    video: Object.fromEntries(modality.video.map(({ name, stream }) => [name, { original_key: stream }])),
    annotation: Object.fromEntries(modality.annotation.map(({ name, column }) => [name, { original_key: column }])),
  };
}

function partsOf(stream: string, schema: EpisodeSchema, kind: "state" | "action"): ModalityGroup[] {
  const known = schema.groups?.[stream];
  if (known && known.length > 0) return known.map((group) => ({ ...group, stream }));
  const feature = schema.features[stream]!;
  const whole = stream === "observation.state" || stream === "action" ? kind : stream.replace(/^(observation|action)\./, "");
  const main = stream === "observation.state" || stream === "action";
  const parts = main && feature.names?.length === width(feature) ? groupByName(feature.names) : undefined;
  return parts ? parts.map((part) => ({ ...part, stream })) : [{ name: whole, stream, start: 0, end: width(feature) }];
}

function told(
  kind: "state" | "action",
  entries: NonNullable<NonNullable<ModalityOption>["state"]>,
  schema: EpisodeSchema,
  streams: readonly string[],
): ModalityGroup[] {
  return Object.entries(entries).map(([name, { start, end, original_key, ...details }]) => {
    const stream = original_key ?? (kind === "state" ? "observation.state" : "action");
    const place = { path: `modality.${kind}.${name}` };
    if (!streams.includes(stream))
      throw new TendonError(
        "bad-pipeline",
        `takes columns of ${stream}, which is no ${kind} here (there are ${streams.join(", ") || "none"})`,
        { place },
      );
    const size = width(schema.features[stream]!);
    if (start >= end || end > size)
      throw new TendonError("bad-pipeline", `takes columns ${start} to ${end} of ${stream}, which has ${size}`, { place });
    const kept = Object.entries(details).filter(([, value]) => value !== undefined);
    return {
      name,
      stream,
      start,
      end,
      ...(kept.length > 0 && { details: Object.fromEntries(kept) as NonNullable<JointGroup["details"]> }),
    };
  });
}

/** A name once only: a second part of the same name is named with its stream. */
function named(parts: readonly ModalityGroup[], kind: string): ModalityGroup[] {
  const seen = new Set<string>();
  return parts.map((part) => {
    const name = seen.has(part.name) ? `${part.stream.replaceAll(".", "_")}_${part.name}` : part.name;
    if (seen.has(name))
      throw new TendonError("bad-pipeline", `two parts of ${kind} are named ${name}; name them with \`modality\``);
    seen.add(name);
    return { ...part, name };
  });
}

/** Every annotation has its column; the instruction itself is also `human.task_description`, which GR00T's configurations ask for. */
function annotations(streams: ViewStreams): Modality["annotation"] {
  const own = streams.texts
    .filter((stream) => stream.startsWith("annotation."))
    .map((stream) => ({ name: stream.slice("annotation.".length), column: stream }));
  if (own.some(({ name }) => name === "human.task_description")) return own;
  return [...own, { name: "human.task_description", column: "task_index" }];
}

function missing(stream: "observation.state" | "action"): TendonError {
  const what = stream === "action" ? "what the robot was commanded" : "the robot's joints";
  return new TendonError(
    "bad-pipeline",
    `GR00T needs ${stream}, ${what}, and there is no such stream on the grid; add \`- assemble: {}\`, or name one so with \`- rename\``,
  );
}
