import { constants } from "node:fs";
import { access, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { PipelineInput } from "../core/pipeline.ts";
import { type Guessed, guess, type Question } from "./init/guess.ts";
import { type Looked, lookAt } from "./init/look.ts";
import { type Survey, survey } from "./init/survey.ts";
import type { InitPipeline, InitReport } from "./init/types.ts";
import { pipelineYaml } from "./init/yaml.ts";

export interface InitOptions {
  /** The folder that pipelines are written to, or the file of one. Absent: the working folder. */
  readonly out?: string;
  /** Whether files that are there may be written over. */
  readonly existing?: "refuse" | "replace";
  /** Asked what only a person knows. Absent, or giving nothing: the line is left marked. */
  readonly ask?: (question: Question) => Promise<string | undefined>;
  readonly signal?: AbortSignal;
}

const SUPPORTED = "Tendon reads MCAP files, and LeRobot (v2.0, v2.1, v3.0) and GR00T datasets: folders that hold meta/info.json";

/**
 * Looks at what is in a folder and writes a commented pipeline for each robot and format in it, with
 * the evidence for each guess. Throws where no dataset can be made of anything, and says what was seen.
 */
export async function init(folder: string, options: InitOptions = {}): Promise<InitReport> {
  const target = await targetOf(options.out);
  const found = await survey(folder, options.signal);
  const { groups, refused } = await lookAt(found, options.signal);
  const made: { readonly looked: Looked; readonly guessed: Guessed }[] = [];
  const unusable = [...refused];
  for (const looked of groups) {
    const guessed = await guess(looked, options.signal);
    if ("refused" in guessed) unusable.push({ name: nameOf(looked, found), reason: guessed.refused });
    else made.push({ looked, guessed: await answered(guessed, options) });
  }
  if (made.length === 0) throw nothingToDo(found, unusable);
  const pipelines = named(made, found, target).map(({ file, name, looked, guessed }) => {
    const pipeline = pipelineOf(name, { looked, guessed, base: dirname(file) });
    const yaml = pipelineYaml({ folder, file: basename(file), pipeline, looked, guessed });
    return { yaml, told: toldOf({ file, pipeline, looked, guessed }) };
  });
  // All or nothing: the first file that is in the way is told before any is written.
  if (options.existing !== "replace") for (const { told } of pipelines) await refuseExisting(told.file);
  for (const { yaml, told } of pipelines) await write(told.file, yaml);
  return {
    folder: found.folder,
    files: found.files,
    cut: found.cut,
    seen: found.seen,
    pipelines: pipelines.map(({ told }) => told),
    refused: unusable,
  };
}

interface Target {
  readonly folder: string;
  readonly file?: string;
}

/** Told before anything is looked at: that may take a while. */
async function targetOf(out: string | undefined): Promise<Target> {
  const full = resolve(out ?? ".");
  const target = /\.ya?ml$/i.test(full) ? { folder: dirname(full), file: full } : { folder: full };
  await access(target.folder, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === "ENOENT";
    const message = missing
      ? "there is no such folder to write the pipeline to; make it, or name another with --out"
      : "cannot be written to; name another folder for the pipeline with --out";
    throw new TendonError("not-found", message, { place: { file: target.folder }, cause });
  });
  return target;
}

/** Asks where somebody is there to answer, and puts the answers in their places. */
async function answered(guessed: Guessed, { ask }: InitOptions): Promise<Guessed> {
  if (!ask) return guessed;
  const open: Question[] = [];
  const answers = new Map<Question["option"], string>();
  for (const question of guessed.open) {
    const answer = await ask(question);
    const fits = answer && (!question.choices || question.choices.includes(answer));
    if (fits) answers.set(question.option, answer);
    else open.push(question);
  }
  const camera = answers.get("camera");
  const stages = guessed.stages.map((step) => ("align" in step && camera ? { align: { ...step.align, camera } } : step));
  const task = answers.get("task");
  const language = task === undefined ? guessed.language : [{ stream: "task", evidence: `"${task}", as you said` }];
  return { ...guessed, open, stages, language, ...(task !== undefined && { task }) };
}

interface Named {
  readonly file: string;
  readonly name: string;
  readonly looked: Looked;
  readonly guessed: Guessed;
}

/** One file a robot and format: named after the folder, and after the robot where there are several. */
function named(made: readonly { readonly looked: Looked; readonly guessed: Guessed }[], found: Survey, target: Target): Named[] {
  const base = safeName(basename(found.folder));
  const taken = new Set<string>();
  return made.map(({ looked, guessed }) => {
    const [only] = looked.paths;
    const single = made.length === 1 && looked.paths.length === 1 ? safeName(basename(only!, extname(only!))) : base;
    let name = made.length === 1 ? single : safeName(`${base}-${looked.robot}`);
    for (let number = 2; taken.has(name); number++)
      name = safeName(`${base}-${looked.robot}-${looked.kind}${number > 2 ? number : ""}`);
    taken.add(name);
    const file =
      target.file === undefined
        ? join(target.folder, `${name}.yaml`)
        : made.length === 1
          ? target.file
          : numbered(target.file, name);
    return { file, name, looked, guessed };
  });
}

function numbered(file: string, name: string): string {
  return join(dirname(file), `${basename(file, extname(file))}-${name}${extname(file)}`);
}

/** Paths start at the pipeline's own file, so that both can be moved together. */
function pipelineOf(name: string, { looked, guessed, base }: { looked: Looked; guessed: Guessed; base: string }): PipelineInput {
  const paths = looked.paths.map((path) => near(base, path));
  const path = paths.length === 1 ? paths[0]! : paths;
  const source: JsonObject = { path, ...(guessed.task !== undefined && { task: guessed.task }) };
  return {
    tendon: 1,
    dataset: `out/${name}`,
    sources: { [name]: { [looked.kind]: source } },
    stages: guessed.stages,
    decisions: [{ gate: {} }],
    sinks: guessed.sinks,
  };
}

function near(base: string, path: string): string {
  const short = relative(base, path).split(sep).join("/");
  return short === "" ? "." : short.startsWith("../../") ? path : short;
}

function toldOf({
  file,
  pipeline,
  looked,
  guessed,
}: {
  file: string;
  pipeline: PipelineInput;
  looked: Looked;
  guessed: Guessed;
}): InitPipeline {
  const { cameras, state, action, language, preset, open, notes } = guessed;
  return {
    file,
    kind: looked.kind,
    robot: looked.robot,
    recordings: looked.recordings,
    looked: looked.looked,
    cameras,
    state,
    action,
    language,
    ...(preset && { preset: preset.name }),
    open: open.map(({ question }) => question),
    notes,
    pipeline,
  };
}

async function refuseExisting(file: string): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return;
  throw new TendonError("bad-pipeline", "is there already; write over it with --force, or name another with --out", {
    place: { file },
  });
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file });
  });
}

function nameOf(looked: Looked, found: Survey): string {
  const [first] = looked.paths;
  return relative(found.folder, first ?? "") || basename(found.folder);
}

/** What was seen, why nothing can be made of it, and what could be. */
function nothingToDo(found: Survey, refused: InitReport["refused"]): TendonError {
  const lines = found.seen.map(
    ({ kind, count, examples, advice }) => `  ${count} × ${kind} (${examples.join(", ")})${advice ? `: ${advice}` : ""}`,
  );
  const reasons = refused.map(({ name, reason }) => `  ${name}: ${reason}`);
  const others = found.others.length > 0 ? found.others.slice(0, 5).join(", ") : "nothing";
  const seen = lines.length > 0 ? ["what was seen:", ...lines] : [`it holds ${others}`];
  const message = [
    `no dataset can be made of what is here`,
    ...seen,
    ...(reasons.length > 0 ? ["why:", ...reasons] : []),
    SUPPORTED,
  ].join("\n");
  return new TendonError("bad-data", message, { place: { file: found.path } });
}

function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^[-_]+|-+$/g, "") || "dataset";
}
