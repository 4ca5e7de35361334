import { canonicalPipeline } from "../../core/canonical.ts";
import { asTendonError } from "../../core/errors.ts";
import { type EpisodeSchema, type Feature, isAction, width } from "../../core/feature.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PipelineInput } from "../../core/pipeline.ts";
import type { Step } from "../../core/plugin.ts";
import { foldSchema } from "../../engines/fold.ts";
import { builtIns } from "../../plugins.ts";
import { lookRun } from "../lookRun.ts";
import type { Looked } from "./look.ts";
import type { Guess } from "./types.ts";

/** Robots whose joints are known by name. */
const PRESETS = ["g1", "gr1", "aloha", "so101", "franka"] as const;
/** A preset must place at least this share of the joints that a recording has. */
const SHARE_LEAST = 0.6;
const ROWS_HZ_MAX = 50;
/** Layouts that can be made nothing of are told with their reasons, up to so many. */
const REASONS_MAX = 3;
const MAIN_CAMERA = /head|ego|top|high|front/;

/** Something that only the user knows. */
export interface Question {
  /** The step and the option of it that the answer is. */
  readonly at: "source" | "align";
  readonly option: "task" | "camera";
  readonly question: string;
  readonly choices?: readonly string[];
  /** What stands in the marked line. */
  readonly example: string;
}

/** What was made of one robot's recordings. */
export interface Guessed {
  readonly cameras: readonly Guess[];
  readonly state: readonly Guess[];
  readonly action: readonly Guess[];
  readonly language: readonly Guess[];
  readonly preset?: { readonly name: string; readonly evidence: string };
  /** The instruction, where somebody was asked for it. */
  readonly task?: string;
  readonly stages: readonly Step[];
  readonly sinks: readonly Step[];
  /** What the user must decide, with the lines to edit. */
  readonly open: readonly Question[];
  readonly notes: readonly string[];
}

/** Tries what could be made of the recordings, as a run would, the richest layout first. Gives the reasons where nothing can. */
export async function guess(looked: Looked, signal?: AbortSignal): Promise<Guessed | Refused> {
  const schemas = looked.schemas.toSorted(richestFirst);
  const reasons = new Set<string>();
  for (const schema of schemas) {
    const others = schemas.filter((other) => other !== schema);
    const guessed = await guessFrom(schema, { looked, others, signal });
    if (!("refused" in guessed)) return guessed;
    reasons.add(guessed.refused);
  }
  return { refused: [...reasons].slice(0, REASONS_MAX).join("; others: ") || "it holds no episode" };
}

interface Refused {
  readonly refused: string;
}

interface GuessGiven {
  readonly looked: Looked;
  readonly others: readonly EpisodeSchema[];
  readonly signal: AbortSignal | undefined;
}

async function guessFrom(schema: EpisodeSchema, { looked, others, signal }: GuessGiven): Promise<Guessed | Refused> {
  const camera = Object.entries(schema.features).filter(([, feature]) => feature.dtype === "video");
  const names = jointNames(schema);
  const notes: string[] = [];
  const open: Question[] = [];
  const stages: Step[] = [];
  let preset: Guessed["preset"];
  if (looked.kind === "mcap") {
    const align = alignOptions(
      schema,
      camera.map(([name]) => name),
      notes,
    );
    preset = await presetOf(looked, schema, align, signal);
    stages.push({ align }, { assemble: preset && preset.name !== "" ? { robot: preset.name } : {} });
    if (!preset && names.length > 0)
      notes.push(
        "no preset has these joints: they stand in the order of the recording (docs/stages/assemble.md says how to name groups)",
      );
    if (camera.length > 1 && !camera.some(([name]) => MAIN_CAMERA.test(name)))
      open.push({
        at: "align",
        option: "camera",
        question: "which camera's frames are the rows? (now the first)",
        choices: camera.map(([name]) => name),
        example: camera[0]![0],
      });
  }
  stages.push({ check: {} });
  const sinks: Step[] = [];
  const reasons: string[] = [];
  // GR00T has no model without a camera.
  const wanted: readonly Step[] = camera.length > 0 ? [{ gr00t: {} }, { lerobot: {} }] : [{ lerobot: {} }];
  for (const sink of wanted) {
    const why = await refusal({ looked, schema, stages, sinks: [sink], signal });
    if (why === undefined) sinks.push(sink);
    else reasons.push(`${Object.keys(sink)[0]}: ${why}`);
  }
  if (sinks.length === 0) return { refused: reasons.at(-1)!.replace(/^\w+: /, "") };
  notes.push(...reasons.map((reason) => `no view for ${reason}`));
  if (camera.length === 0) notes.push("there is no camera: a policy that sees cannot be trained on it; GR00T needs one");
  for (const other of others) {
    const why = await refusal({ looked, schema: other, stages, sinks, signal });
    if (why !== undefined) notes.push(`some recordings differ and will be told as failed: ${why}`);
  }
  const language = languageOf(looked, schema);
  if (language.length === 0)
    open.push({
      at: "source",
      option: "task",
      question: "what was the robot told? No instruction was found, so episodes have the empty one",
      example: "put the cup on the tray",
    });
  const output = await outputOf({ looked, schema, stages, sinks, signal });
  return {
    cameras: camera.map(([stream, feature]) => ({ stream, evidence: cameraText(feature) })),
    state: sideGuesses(schema, output, "observation.state"),
    action: sideGuesses(schema, output, "action"),
    language,
    ...(preset && preset.name !== "" && { preset }),
    stages,
    sinks,
    open: looked.kind === "mcap" ? open : open.filter(({ at }) => at !== "source"),
    notes:
      looked.kind === "mcap" || language.length > 0
        ? notes
        : [...notes, "no row has an instruction: a policy that is told what to do cannot be trained on it"],
  };
}

/** The layout that most can be made of: cameras count before all else. */
function richestFirst(a: EpisodeSchema, b: EpisodeSchema): number {
  const worth = ({ features }: EpisodeSchema) =>
    Object.values(features).reduce((sum, { dtype }) => sum + (dtype === "video" ? 1000 : dtype === "bytes" ? 0 : 1), 0);
  return worth(b) - worth(a);
}

/** Without a camera rows need a rate: the joints' own, as far as policies run. */
function alignOptions(schema: EpisodeSchema, cameras: readonly string[], notes: string[]): JsonObject {
  if (cameras.length > 0) return {};
  const rates = Object.entries(schema.features)
    .filter(([stream, { names }]) => names !== undefined && !isAction(stream))
    .flatMap(([, { rateHz }]) => (rateHz === undefined ? [] : [rateHz]));
  if (rates.length === 0) return {};
  const rateHz = Math.min(ROWS_HZ_MAX, Math.max(...rates));
  notes.push(`rows are taken at ${rateHz} Hz, since there is no camera to take them from`);
  return { rateHz };
}

function jointNames(schema: EpisodeSchema): string[] {
  return Object.entries(schema.features).flatMap(([stream, { names }]) => (isAction(stream) ? [] : (names ?? [])));
}

/** The robot whose preset places the most joints; none where it would leave too many out. */
async function presetOf(
  looked: Looked,
  schema: EpisodeSchema,
  align: JsonObject,
  signal?: AbortSignal,
): Promise<Guessed["preset"]> {
  const plain = await outputOf({ looked, schema, stages: [{ align }, { assemble: {} }], sinks: [{ lerobot: {} }], signal });
  const all = plain?.features["observation.state"];
  if (!all?.names) return undefined;
  let best: { name: string; placed: number } | undefined;
  for (const name of PRESETS) {
    const output = await outputOf({
      looked,
      schema,
      stages: [{ align }, { assemble: { robot: name } }],
      sinks: [{ lerobot: {} }],
      signal,
    });
    const state = output?.features["observation.state"];
    const placed = state ? width(state) : 0;
    if (placed > (best?.placed ?? 0)) best = { name, placed };
  }
  if (!best || best.placed < SHARE_LEAST * width(all)) return undefined;
  return { name: best.name, evidence: `${best.placed} of ${width(all)} joints by name` };
}

interface Trial {
  readonly looked: Looked;
  readonly schema: EpisodeSchema;
  readonly stages: readonly Step[];
  readonly sinks: readonly Step[];
  readonly signal: AbortSignal | undefined;
}

async function refusal(trial: Trial): Promise<string | undefined> {
  try {
    await fold(trial);
    return undefined;
  } catch (thrown) {
    return asTendonError(thrown, "bad-pipeline").message;
  }
}

async function outputOf(trial: Trial): Promise<EpisodeSchema | undefined> {
  return fold(trial).catch(() => undefined);
}

async function fold({ looked, schema, stages, sinks, signal }: Trial): Promise<EpisodeSchema> {
  const input: PipelineInput = { dataset: "out", sources: { a: { [looked.kind]: { path: [...looked.paths] } } }, stages, sinks };
  await using run = await lookRun({ pipeline: canonicalPipeline(input, builtIns), base: "." }, signal);
  return foldSchema(run.recipe, run.recipe.sources[0]!, schema).output;
}

function cameraText({ video, rateHz, shape }: Feature): string {
  const rate = rateHz === undefined ? "" : ` at ${rateHz} Hz`;
  return `pictures: ${video?.codec ?? "coded"} ${shape[1]}×${shape[0]}${rate}${video?.depth ? ", depth" : ""}`;
}

/** What the vector of one side is made of: the inputs that do not stand in the output any more, or itself. */
function sideGuesses(input: EpisodeSchema, output: EpisodeSchema | undefined, side: "observation.state" | "action"): Guess[] {
  if (input.features[side]) return [{ stream: side, evidence: `a column of the dataset: ${numbersText(input.features[side]!)}` }];
  const made = Object.entries(input.features).filter(
    ([stream, feature]) =>
      isAction(stream) === (side === "action") &&
      !output?.features[stream] &&
      feature.dtype !== "video" &&
      feature.dtype !== "text",
  );
  return made.map(([stream, feature]) => ({
    stream,
    evidence: `${side === "action" ? "its topic or type is a command" : "its message names joints or parts"}: ${numbersText(feature)}`,
  }));
}

function numbersText(feature: Feature): string {
  const { names, unit, rateHz } = feature;
  const shown = names ? `: ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", …" : ""}` : "";
  return `${feature.shape.includes("any") ? "any" : width(feature)} numbers${unit ? ` in ${unit}` : ""}${rateHz === undefined ? "" : ` at ${rateHz} Hz`}${shown}`;
}

function languageOf({ episodes }: Looked, schema: EpisodeSchema): Guess[] {
  const task = episodes.find(({ facts }) => facts.task !== undefined)?.facts.task;
  const streams = Object.entries(schema.features).filter(
    ([stream, { dtype }]) => dtype === "text" && /task|instruction|language|annotation|prompt/i.test(stream),
  );
  const found = streams.map(([stream]) => ({ stream, evidence: "text of each row" }));
  return task === undefined
    ? found
    : [{ stream: "task", evidence: `"${short(task)}" in the recording` }, ...found.filter(({ stream }) => stream !== "task")];
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
