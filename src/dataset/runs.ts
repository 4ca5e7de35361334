import { readdir } from "node:fs/promises";
import type { Finding } from "../core/finding.ts";
import type { Pipeline } from "../core/pipeline.ts";
import type { Drop, Failure } from "../core/report.ts";
import type { Home } from "./home.ts";
import { readLines } from "./log.ts";

/** What a run notes of itself: how to open its sources again. The first line of its file in `history/`. */
export interface RunRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  /** What stands in the dataset since; null where nothing was kept. */
  readonly snapshot: string | null;
  /** Where relative paths of the pipeline start. */
  readonly base: string;
  readonly pipeline: Pipeline;
}

/** One line of a run's file. */
export type RunLine =
  | { readonly run: RunRecord }
  | { readonly failure: Failure }
  | { readonly drop: Drop }
  | { readonly finding: Finding };

/** A run's file in `history/`. */
export interface Run {
  readonly file: string;
  /** Absent for a run of a Tendon that did not note it. */
  readonly record: RunRecord | undefined;
}

/** The runs that ended, newest first. */
export async function* listRuns(home: Home): AsyncGenerator<Run> {
  const names = await readdir(home.at("history")).catch(() => []);
  // Names begin with the time of the run's start.
  for (const name of names
    .filter((each) => /^\d{8}T.*\.jsonl$/.test(each))
    .toSorted()
    .reverse()) {
    const file = home.at("history", name);
    yield { file, record: await recordOf(file) };
  }
}

/** The lines of a run, one by one. */
export async function* runLines(file: string): AsyncGenerator<RunLine> {
  for await (const { line } of readLines(file)) {
    const parsed = parse(line.toString("utf8"));
    if (parsed) yield parsed;
  }
}

async function recordOf(file: string): Promise<RunRecord | undefined> {
  for await (const line of runLines(file)) return "run" in line ? line.run : undefined;
  return undefined;
}

function parse(text: string): RunLine | undefined {
  try {
    return JSON.parse(text) as RunLine;
  } catch {
    return undefined;
  }
}
