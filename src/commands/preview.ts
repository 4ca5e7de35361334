import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { canonicalPipeline } from "../core/canonical.ts";
import { asTendonError } from "../core/errors.ts";
import type { PipelineInput } from "../core/pipeline.ts";
import { lookThrough } from "../engines/lookThrough.ts";
import { loadModules } from "../engines/useModules.ts";
import { builtIns } from "../plugins.ts";
import { lookRun } from "./lookRun.ts";
import { chooseEpisode, stepsUpTo } from "./preview/choose.ts";
import { type Collected, collector } from "./preview/collect.ts";
import { previewPage } from "./preview/page.ts";
import type { PreviewReport } from "./preview/types.ts";

export interface PreviewOptions {
  /** Its number in the order of the sources, or its id. Default 0. */
  readonly episode?: string;
  /** A stage's name or number, or `source`. Absent: the last. */
  readonly after?: string;
  /** The page's file. Absent: in the working folder, named after episode and step. */
  readonly out?: string;
  /** Pictures of each camera. Default 8; 0 decodes nothing. */
  readonly frames?: number;
  /** Where relative paths of the pipeline start. Absent: the working folder. */
  readonly base?: string;
  readonly signal?: AbortSignal;
}

/** What `preview` gives: the report, and the thinned numbers for who wants to draw them otherwise. */
export interface Preview {
  readonly report: PreviewReport;
  readonly collected: readonly Collected[];
}

/**
 * Sends one episode through a pipeline up to a step and writes a page with a contact sheet of every
 * camera and a plot of every stream of numbers, findings marked. Nothing else runs, and the dataset
 * is not touched.
 */
export async function preview(input: PipelineInput, options: PreviewOptions = {}): Promise<Preview> {
  const base = resolve(options.base ?? ".");
  const { registry } = await loadModules(Array.isArray(input.use) ? input.use : [], base, builtIns);
  const pipeline = canonicalPipeline(input, registry);
  await using run = await lookRun({ pipeline, base }, options.signal);
  stepsUpTo(run.recipe, options.after, run.recipe.sources[0]!);
  const { source, found } = await chooseEpisode(run, options.episode ?? "0");
  await using opened = found;
  const { steps, path } = stepsUpTo(run.recipe, options.after, source);
  const notes: string[] = [];
  const look = async (frames: number) => {
    const collected: Collected[] = [];
    const watch = (episode: Parameters<typeof collector>[0]) =>
      collector(episode, { frames, done: (one) => void collected.push(one) });
    return { collected, seen: await lookThrough(run, { source, episode: opened.episode, steps, watch }) };
  };
  let { collected, seen } = await look(options.frames ?? 8);
  const untold = seen.failures.find(({ code }) => code === "missing-tool");
  if (untold) {
    notes.push(`no pictures: ${untold.message}`);
    ({ collected, seen } = await look(0));
  }
  const file = resolve(options.out ?? pageName(`${source.source}/${opened.episode.id}`, path));
  const report: PreviewReport = { file, after: path, episodes: collected.map(({ told }) => told), ...seen, notes };
  await writeFile(file, previewPage(report, collected)).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file });
  });
  return { report, collected };
}

function pageName(episode: string, path: string): string {
  return `preview-${episode}-${path}`
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/-+$/, "")
    .concat(".html");
}
