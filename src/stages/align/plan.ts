import { TendonError } from "../../core/errors.ts";
import { type EpisodeSchema, type Feature, type Grid, isAction } from "../../core/feature.ts";
import { closestPattern, streamsFitting, unknownStream } from "../../core/pattern.ts";
import type { AlignOptions, Method } from "./options.ts";

/** How one stream is brought to the rows. `toleranceMs` is absent where the default, which needs the times, holds. */
export interface Rule {
  readonly method: Method;
  readonly toleranceMs?: number;
}

/**
 * Where the rows are: at a camera's frames; at every n-th row of the rows that came; or at a fixed
 * rate from the first sample of `from`.
 */
export type Rows =
  | { readonly at: "camera"; readonly camera: string }
  | { readonly at: "every"; readonly step: number; readonly grid: Grid }
  | { readonly at: "rate"; readonly from?: string; readonly grid?: Grid };

/** All that the options and the schema decide before an episode is opened. */
export interface AlignPlan {
  readonly rows: Rows;
  readonly rateHz: number;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly kept: readonly string[];
  readonly output: EpisodeSchema;
}

/** The plan for episodes of this schema; `same` where they stand on just these rows already. */
export function planAlign(input: EpisodeSchema, options: AlignOptions): AlignPlan | "same" {
  const names = Object.keys(input.features);
  for (const pattern of Object.keys(options.streams)) streamsFitting([pattern], names, `align.streams.${pattern}`);
  const kept = keptStreams(input, options);
  const cameras = names.filter((name) => input.features[name]!.dtype === "video");
  if (options.camera !== undefined && !cameras.includes(options.camera)) {
    throw unknownStream(options.camera, cameras, "align.camera");
  }
  if (input.grid && onTheseRows(input.grid, options)) return "same";
  const { rows, rateHz } = placeRows(input, options, cameras);
  const aligned = names.filter((name) => !kept.includes(name));
  if (aligned.length === 0) throw bad("every stream is kept at its own rate; leave some to be aligned", "align.keep");
  const rules = new Map(aligned.map((name) => [name, ruleOf(name, input.features[name]!, { options, rateHz })]));
  return { rows, rateHz, rules, kept, output: outputSchema(input, { rows, rateHz, aligned }) };
}

/** The samples of a stream as they are delivered. Lists of any length travel as bytes. */
export function sampleKind(feature: Feature): "rows" | "bytes" | "video" {
  if (feature.dtype === "video") return "video";
  return feature.dtype === "text" || feature.dtype === "bytes" || feature.shape.includes("any") ? "bytes" : "rows";
}

/** The camera that a robot acts by, by its name; depth and optional cameras come last. */
export function mainCamera(features: EpisodeSchema["features"]): string | undefined {
  const cameras = Object.keys(features).filter((name) => features[name]!.dtype === "video");
  const rank = (name: string) => {
    const feature = features[name]!;
    const words = name.toLowerCase().split(/[^a-z0-9]+/);
    const place = MAIN_WORDS.findIndex((word) =>
      words.some((part) => part === word || (word.length < 5 && part === `${word}cam`)),
    );
    const named = words.some((part) => part.startsWith("ego")) ? 1 : place;
    const preference = named < 0 ? MAIN_WORDS.length : named;
    return preference + (feature.video?.depth ? 100 : 0) + (feature.optional ? 200 : 0);
  };
  return cameras.toSorted((a, b) => rank(a) - rank(b))[0];
}
const MAIN_WORDS = ["head", "ego", "top", "high", "front"];

function keptStreams(input: EpisodeSchema, options: AlignOptions): string[] {
  const kept = streamsFitting(options.keep, Object.keys(input.features), "align.keep");
  const camera = kept.find((name) => input.features[name]!.dtype === "video");
  if (camera !== undefined) {
    throw bad(`"${camera}" is a camera, and a view has one frame a row: keep only streams of numbers or text`, "align.keep");
  }
  return kept;
}

/** A recording that pairs by position has been aligned; only another rate changes it. */
function onTheseRows(grid: Grid, options: AlignOptions): boolean {
  return options.rateHz === undefined || Math.abs(options.rateHz - grid.rateHz) < 1e-6;
}

function placeRows(input: EpisodeSchema, options: AlignOptions, cameras: string[]): { rows: Rows; rateHz: number } {
  const { rateHz } = options;
  if (input.grid && rateHz !== undefined) {
    const step = input.grid.rateHz / rateHz;
    const whole = Math.round(step);
    if (whole >= 1 && Math.abs(step - whole) < 1e-6) return { rows: { at: "every", step: whole, grid: input.grid }, rateHz };
    return { rows: { at: "rate", from: input.grid.camera ?? input.grid.streams[0]!, grid: input.grid }, rateHz };
  }
  const camera = options.camera ?? mainCamera(input.features);
  if (rateHz !== undefined) return { rows: { at: "rate", ...(camera !== undefined && { from: camera }) }, rateHz };
  if (camera === undefined) {
    const there = Object.keys(input.features).join(", ");
    const said = cameras.length === 0 ? `there is no camera to take the rows from (there are: ${there})` : "no camera will do";
    throw bad(`${said}; say at which rate the rows shall be, as in \`align: { rateHz: 30 }\``, "align.rateHz");
  }
  const nominal = input.features[camera]!.rateHz;
  if (nominal === undefined || !(nominal > 0)) {
    throw bad(
      `nobody knows the rate of "${camera}", whose frames would be the rows; say at which rate the rows shall be, as in \`align: { rateHz: 30 }\``,
      "align.rateHz",
    );
  }
  return { rows: { at: "camera", camera }, rateHz: nominal };
}

function ruleOf(name: string, feature: Feature, { options, rateHz }: { options: AlignOptions; rateHz: number }): Rule {
  const pattern = closestPattern(Object.keys(options.streams), name);
  const own = pattern === undefined ? undefined : options.streams[pattern]!;
  const method = own?.method ?? usualMethod(name, feature, { options, rateHz });
  const wrong = whyNot(method, feature);
  if (wrong) throw bad(`"${name}" ${wrong}`, `align.streams.${pattern}.method`);
  const general = sampleKind(feature) === "bytes" ? undefined : options.toleranceMs;
  const toleranceMs = own?.toleranceMs ?? general;
  return { method, ...(toleranceMs !== undefined && { toleranceMs }) };
}

/**
 * The reward of a longer step is the sum over it, and it ends the episode if any part of it does: to
 * take every second row would lose a `next.done` that stands on the last.
 */
function usualMethod(name: string, feature: Feature, { options, rateHz }: { options: AlignOptions; rateHz: number }): Method {
  if (feature.rateHz !== undefined && feature.rateHz > rateHz) {
    if (name === "next.reward" && feature.dtype.startsWith("float")) return "sum";
    if (name === "next.done") return "max";
  }
  return isAction(name) && options.action === "next" ? "next" : "previous";
}

/** Why a method cannot be used on a stream, or undefined. */
function whyNot(method: Method, feature: Feature): string | undefined {
  if (method === "previous" || method === "next" || method === "nearest") return undefined;
  const kind = sampleKind(feature);
  if (kind !== "rows") return `is ${feature.dtype}: use previous, next or nearest (got ${method})`;
  if (method === "min" || method === "max" || method === "first" || method === "last") return undefined;
  if (!feature.dtype.startsWith("float")) {
    return `is ${feature.dtype}, and ${method} makes fractions: use previous, next, nearest, min, max, first or last`;
  }
  if (method === "slerp" && feature.shape.at(-1) !== 4) {
    return `has shape [${feature.shape.join(", ")}], and slerp turns quaternions of four numbers: use linear`;
  }
  return undefined;
}

function outputSchema(
  input: EpisodeSchema,
  made: { readonly rows: Rows; readonly rateHz: number; readonly aligned: readonly string[] },
): EpisodeSchema {
  const { rows, rateHz, aligned } = made;
  const features = Object.fromEntries(
    Object.entries(input.features).map(([name, feature]) => [name, aligned.includes(name) ? { ...feature, rateHz } : feature]),
  );
  const camera = rows.at === "camera" ? rows.camera : rows.at === "every" ? rows.grid.camera : undefined;
  return { ...input, features, grid: { rateHz, streams: aligned, ...(camera !== undefined && { camera }) } };
}

function bad(message: string, path: string): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path } });
}
