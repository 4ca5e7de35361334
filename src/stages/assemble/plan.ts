import { TendonError } from "../../core/errors.ts";
import { type EpisodeSchema, type Feature, width } from "../../core/feature.ts";
import { inferredVector, listedVector, namedGroups } from "./listed.ts";
import type { AssembleOptions } from "./options.ts";
import type { Preset } from "./preset.ts";
import { ACTION, numberStreams, type Side, STATE, type Vector } from "./recipe.ts";
import { robotVector } from "./robot.ts";

/** The vectors to make, and the schema that follows. */
export interface AssemblePlan {
  readonly vectors: ReadonlyMap<Side, Vector>;
  readonly output: EpisodeSchema;
  /** Columns of an earlier state or action that are left out, `stream: name, name`. */
  readonly leftOut: readonly string[];
}

/** How state and action are made of this schema; `same` where both are there and nothing is asked. */
export function planAssemble(input: EpisodeSchema, options: AssembleOptions, preset: Preset | undefined): AssemblePlan | "same" {
  if (!input.grid) {
    throw new TendonError("bad-pipeline", "joints can only be put together once they share their times: put `align` before it", {
      place: { path: "assemble" },
    });
  }
  const state = sideVector(input, { side: STATE, parts: options.state, preset });
  const commands = options.action === "next-state" ? undefined : options.action;
  const action = options.action === "next-state" ? undefined : sideVector(input, { side: ACTION, parts: commands, preset });
  const vectors = new Map<Side, Vector>();
  if (state !== "there") vectors.set(STATE, withGroups(state ?? noState(input), options));
  if (action === undefined) vectors.set(ACTION, nextState(input, vectors.get(STATE)));
  else if (action !== "there") vectors.set(ACTION, withGroups(action, options));
  if (vectors.size === 0 && !options.groups) return "same";
  return { vectors, output: outputSchema(input, vectors, options), leftOut: leftOut(input, vectors) };
}

/** `there`: as it is. Undefined: nothing to make it from. */
function sideVector(
  input: EpisodeSchema,
  { side, parts, preset }: { side: Side; parts: AssembleOptions["state"]; preset: Preset | undefined },
): Vector | "there" | undefined {
  if (parts) return listedVector(input, parts, side);
  const streams = numberStreams(input, side);
  if (preset && (side === STATE || streams.length > 0)) return robotVector(input, preset, side);
  if (streams.includes(side)) return "there";
  return inferredVector(input, side);
}

function withGroups(vector: Vector, options: AssembleOptions): Vector {
  return options.groups ? { ...vector, groups: namedGroups(vector.columns, options.groups) } : vector;
}

function nextState(input: EpisodeSchema, made: Vector | undefined): Vector {
  if (made) return { ...made, next: true };
  const { names } = input.features[STATE]!;
  const count = width(input.features[STATE]!);
  const columns = Array.from({ length: count }, (_, column) => ({
    stream: STATE,
    column,
    name: names?.[column] ?? `state_${column}`,
  }));
  const { unit } = input.features[STATE]!;
  const groups = input.groups?.[STATE];
  return { columns, next: true, ...(unit !== undefined && { unit }), ...(groups && { groups }) };
}

function noState(input: EpisodeSchema): never {
  const there = input.grid!.streams.join(", ");
  throw new TendonError(
    "bad-pipeline",
    `no stream of numbers is there to make observation.state of (on the rows: ${there}); name the parts, as in \`assemble: { state: [joint_states.position] }\``,
    { place: { path: "assemble.state" } },
  );
}

function outputSchema(input: EpisodeSchema, vectors: ReadonlyMap<Side, Vector>, options: AssembleOptions): EpisodeSchema {
  const removed = options.inputs === "remove" ? wholly(input, vectors) : new Set<string>();
  const features: Record<string, Feature> = {};
  for (const [name, feature] of Object.entries(input.features)) if (!removed.has(name)) features[name] = feature;
  const groups = { ...input.groups };
  for (const [side, vector] of vectors) {
    features[side] = vectorFeature(vector, input.grid!.rateHz);
    delete groups[side];
    if (vector.groups) groups[side] = vector.groups;
  }
  for (const side of [STATE, ACTION] as const) {
    if (options.groups && !vectors.has(side)) {
      const names = features[side]!.names ?? [];
      groups[side] = namedGroups(
        names.map((name, column) => ({ stream: side, column, name })),
        options.groups,
      );
    }
  }
  for (const name of removed) delete groups[name];
  const kept = input.grid!.streams.filter((name) => !removed.has(name) && !vectors.has(name as Side));
  const grid = { ...input.grid!, streams: [...vectors.keys(), ...kept] };
  const { groups: _, ...rest } = input;
  return { ...rest, features, grid, ...(Object.keys(groups).length > 0 && { groups }) };
}

function vectorFeature({ columns, unit }: Vector, rateHz: number): Feature {
  const names = columns.map((one) => one.name);
  return { dtype: "float32", shape: [columns.length], names, rateHz, ...(unit !== undefined && { unit }) };
}

/** Streams every number of which stands in a vector now. */
function wholly(input: EpisodeSchema, vectors: ReadonlyMap<Side, Vector>): Set<string> {
  const used = usedColumns(vectors);
  const whole = [...used].filter(([stream, columns]) => columns.size === width(input.features[stream]!));
  return new Set(whole.map(([stream]) => stream).filter((stream) => !vectors.has(stream as Side) && !isSide(stream)));
}

function leftOut(input: EpisodeSchema, vectors: ReadonlyMap<Side, Vector>): string[] {
  const used = usedColumns(vectors);
  return [...vectors.keys()].flatMap((side) => {
    const feature = input.features[side];
    if (!feature) return [];
    const columns = Array.from({ length: width(feature) }, (_, column) => column).filter(
      (column) => !used.get(side)?.has(column),
    );
    return columns.length === 0 ? [] : [`${side}: ${columns.map((column) => feature.names?.[column] ?? column).join(", ")}`];
  });
}

function usedColumns(vectors: ReadonlyMap<Side, Vector>): Map<string, Set<number>> {
  const used = new Map<string, Set<number>>();
  for (const { columns } of vectors.values()) {
    for (const { stream, column } of columns) used.set(stream, (used.get(stream) ?? new Set()).add(column));
  }
  return used;
}

function isSide(stream: string): boolean {
  return stream === STATE || stream === ACTION;
}
