import { stringify } from "yaml";
import type { PipelineInput } from "../../core/pipeline.ts";
import type { Step } from "../../core/plugin.ts";
import { countOf } from "../../observe/numbers.ts";
import type { Guessed, Question } from "./guess.ts";
import type { Looked } from "./look.ts";
import type { Guess } from "./types.ts";

/** A marked line: what only the user knows. */
export const MARK = "# TENDON?:";

export interface YamlGiven {
  /** As the user typed it. */
  readonly folder: string;
  /** The file's name. */
  readonly file: string;
  readonly pipeline: PipelineInput;
  readonly looked: Looked;
  readonly guessed: Guessed;
}

/** The pipeline with the evidence for each guess as comments. */
export function pipelineYaml({ folder, file, pipeline, looked, guessed }: YamlGiven): string {
  const [name, source] = Object.entries(pipeline.sources)[0]!;
  const of = looked.looked < looked.recordings ? `; ${looked.looked} of them were looked at` : "";
  const what = countOf(looked.recordings, looked.kind === "mcap" ? "MCAP file" : "LeRobot or GR00T dataset");
  return [
    `# Written by \`tendon init ${folder}\` for robot ${looked.robot}: ${what}${of}.`,
    "# What each guess rests on:",
    ...guessLines("cameras", guessed.cameras, "none found: a policy that sees cannot be trained on this"),
    ...guessLines("state", guessed.state, "none found"),
    ...guessLines("action", guessed.action, "no command found: the action is the next row's state"),
    ...guessLines("language", guessed.language, "no instruction found"),
    ...guessLines("joints", presetGuess(guessed), "as they stand in the recording"),
    ...guessed.notes.map((note) => `# Note: ${oneLine(note)}`),
    "#",
    `#   tendon plan ${file}                    what it would do`,
    `#   tendon preview ${file} --episode 0     what an episode looks like`,
    `#   tendon run ${file}`,
    "",
    "tendon: 1",
    `dataset: ${scalar(pipeline.dataset)}`,
    "",
    "sources:",
    ...indented(stringify({ [name]: source }), 2),
    ...questionLines(guessed.open, "source", 6),
    "",
    "stages:",
    ...(pipeline.stages ?? []).flatMap((step) => [...stageComment(step, guessed), ...stepLines(step), ...openOf(step, guessed)]),
    "",
    "decisions:",
    "  # Episodes that a check calls broken are left out, with the reason: `tendon explain EPISODE` tells it.",
    ...(pipeline.decisions ?? []).flatMap(stepLines),
    "",
    "sinks:",
    ...pipeline.sinks.flatMap(stepLines),
    "",
  ].join("\n");
}

function guessLines(label: string, guesses: readonly Guess[], none: string): string[] {
  if (guesses.length === 0) return [`#   ${label.padEnd(9)} ${none}`];
  return guesses.map(
    ({ stream, evidence }, index) => `#   ${(index === 0 ? label : "").padEnd(9)} ${oneLine(`${stream}  (${evidence})`)}`,
  );
}

function presetGuess({ preset }: Guessed): readonly Guess[] {
  return preset ? [{ stream: `robot: ${preset.name}`, evidence: preset.evidence }] : [];
}

/** Names come from recordings: none may end a comment. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

function stageComment(step: Step, { cameras, action }: Guessed): string[] {
  const comments: { readonly [name: string]: string } = {
    align:
      cameras.length > 0
        ? "One row a frame of the main camera; every other stream gives each row its sample."
        : "Rows at a fixed rate.",
    assemble:
      action.length > 0
        ? "Joints by name into observation.state and action."
        : "Joints by name; the action is the next row's state.",
    check: "Every check runs; `gaps: false` leaves one out.",
  };
  const comment = comments[Object.keys(step)[0]!];
  return comment ? [`  # ${comment}`] : [];
}

function stepLines(step: Step): string[] {
  const [name, options] = Object.entries(step)[0]!;
  if (Object.keys(options).length === 0) return [`  - ${name}: {}`];
  return [`  - ${name}:`, ...indented(stringify(options), 6)];
}

function openOf(step: Step, { open }: Guessed): string[] {
  return "align" in step ? questionLines(open, "align", 4) : [];
}

function questionLines(open: readonly Question[], at: Question["at"], spaces: number): string[] {
  return open
    .filter((question) => question.at === at)
    .flatMap(({ question, option, choices, example }) => [
      `${" ".repeat(spaces)}${MARK} ${oneLine(question)}${choices ? ` One of: ${choices.join(", ")}` : ""}`,
      `${" ".repeat(spaces)}#   ${option}: ${scalar(example)}`,
    ]);
}

function scalar(text: string): string {
  return stringify(text).trimEnd();
}

function indented(text: string, spaces: number): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(spaces) + line);
}
