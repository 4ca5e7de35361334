import type { PipelineInput } from "../core/pipeline.ts";
import type { RunReport } from "../core/report.ts";
import { type LocalEngine, localEngine } from "../engines/local/engine.ts";
import type { LocalPlan } from "../engines/local/plan.ts";
import type { LocalRunOptions } from "../engines/local/run.ts";
import { builtIns } from "../plugins.ts";

/** The worker's entry, in a checkout and where it is compiled. */
const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "../work.ts" : "../work.js", import.meta.url).href;

export interface OpenEngineOptions {
  /** Worker threads. Default: the cores. */
  readonly workers?: number;
  readonly stallSec?: number;
}

export interface RunPipelineOptions extends LocalRunOptions, OpenEngineOptions {}

/** An engine to run several pipelines with warm workers. Dispose of it, or use `await using`. */
export function openEngine(options: OpenEngineOptions = {}): LocalEngine {
  return localEngine({ registry: builtIns, entry: ENTRY, ...options });
}

/**
 * Runs a pipeline on this machine and resolves to what became of it. Rejects with a TendonError
 * where it cannot run at all; what one episode did wrong is in the report.
 */
export async function run(pipeline: PipelineInput, options: RunPipelineOptions = {}): Promise<RunReport> {
  await using engine = openEngine(options);
  return await engine.run(pipeline, options);
}

/** What `run` would do, without writing anything. */
export async function plan(pipeline: PipelineInput, options: RunPipelineOptions = {}): Promise<LocalPlan> {
  await using engine = openEngine(options);
  return await engine.plan(pipeline, options);
}
