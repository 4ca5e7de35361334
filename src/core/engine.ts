import type { RunEvent } from "./event.ts";
import type { PipelineInput } from "./pipeline.ts";
import type { RunReport } from "./report.ts";

/** How a run goes, none of which affects its result. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** The folder that relative paths of the pipeline start from. Absent: the working directory. */
  readonly base?: string;
}

/** Runs pipelines. */
export interface Engine extends AsyncDisposable {
  run(pipeline: PipelineInput, options?: RunOptions): Promise<RunReport>;
}
