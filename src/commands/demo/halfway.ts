import type { PipelineInput } from "../../core/pipeline.ts";
import { run } from "../run.ts";

/** What this process is told: what to run, and after how many episodes to be killed. */
export interface HalfwayTask {
  readonly pipeline: PipelineInput;
  readonly episodes: number;
  readonly workers?: number;
}

// Runs a pipeline in a process group of its own, and kills it and its workers half-way as nothing can be caught.
process.once("message", ({ pipeline, episodes, workers }: HalfwayTask) => {
  let done = 0;
  void run(pipeline, {
    ...(workers !== undefined && { workers }),
    onEvent: ({ type }) => {
      if (type === "episode" && ++done === episodes) process.kill(-process.pid, "SIGKILL");
    },
  }).finally(() => process.disconnect());
});
process.once("disconnect", () => process.exit(1));
