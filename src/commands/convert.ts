import { resolve } from "node:path";
import { TendonError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { PipelineInput } from "../core/pipeline.ts";
import type { Step } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";
import { detect, type Found } from "./detect.ts";
import { sourceOf } from "./sourceOf.ts";

/** The views that `convert` can write. */
export const TARGETS = ["gr00t", "lerobot"] as const;
type Target = (typeof TARGETS)[number];

export interface ConvertOptions {
  readonly to: readonly string[];
  /** Rows a second. Absent: the main camera's frames, or the rows that the dataset has. */
  readonly rateHz?: number;
  /** The camera whose frames are the rows. */
  readonly camera?: string;
  /** A preset of `assemble`, such as g1. */
  readonly robot?: string;
  /** The instruction, where the recording has none. */
  readonly task?: string;
  readonly video?: string;
  readonly checks: "all" | "none";
  /** What becomes of episodes that a check calls broken. */
  readonly broken: "drop" | "keep";
}

/** The pipeline that turns what stands at `source` into a dataset at `target`. */
export async function convertPipeline(
  paths: { readonly source: string; readonly target: string },
  options: ConvertOptions,
): Promise<PipelineInput> {
  const targets = options.to.map(targetOf);
  const found = await detect(paths.source);
  if (found.kind === "dataset") {
    throw new TendonError(
      "bad-pipeline",
      "is a dataset that Tendon wrote; name one of its views, such as its folder lerobot/NAME",
      {
        place: { file: found.path },
      },
    );
  }
  const video = options.video === undefined ? {} : { video: options.video };
  return {
    tendon: 1,
    dataset: resolve(paths.target),
    sources: { [found.name]: { [sourceOf(found).name]: sourceOptions(found, options) } },
    stages: stagesFor(found, options),
    decisions: options.checks === "all" ? [{ gate: { broken: options.broken } }] : [],
    sinks: [...new Set(targets)].map((target): Step => ({ [target]: video })),
  };
}

function targetOf(name: string): Target {
  if ((TARGETS as readonly string[]).includes(name)) return name as Target;
  throw new TendonError(
    "bad-pipeline",
    `there is no target "${name}"${didYouMean(name, TARGETS)} (known: ${TARGETS.join(", ")})`,
    {
      place: { path: "--to" },
    },
  );
}

function sourceOptions(found: Found, { task, robot }: ConvertOptions): JsonObject {
  const { step } = sourceOf(found);
  if (found.kind !== "mcap") {
    if (task === undefined) return step;
    throw new TendonError("bad-pipeline", "is for MCAP; a LeRobot or GR00T dataset brings its tasks", {
      place: { path: "--task" },
    });
  }
  return defined({ ...step, task, robot });
}

/** A LeRobot or GR00T folder has its rows already; a log needs a grid, and joints put together by name. */
function stagesFor(found: Found, options: ConvertOptions): Step[] {
  const stages: Step[] = [];
  const align = defined({ rateHz: options.rateHz, camera: options.camera });
  if (found.kind === "mcap") {
    stages.push({ align }, { assemble: defined({ robot: options.robot }) });
  } else if (Object.keys(align).length > 0) {
    stages.push({ align });
  }
  if (options.checks === "all") stages.push({ check: {} });
  return stages;
}

function defined(options: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as JsonObject;
}
