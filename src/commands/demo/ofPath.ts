import { resolve } from "node:path";
import type { RunEvent } from "../../core/event.ts";
import type { InspectReport, RunReport } from "../../core/report.ts";
import { convertPipeline } from "../convert.ts";
import { detect } from "../detect.ts";
import { inspect } from "../inspect.ts";
import { run } from "../run.ts";
import { type Shown, show } from "./show.ts";

export interface DemoOfPathOptions {
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Hears what was found, and where the dataset is going to be. */
  readonly onFound?: (found: InspectReport, target: string) => void;
}

/** What `demo PATH --json` prints: the run's report, one row explained, and the page that was written. */
export type DemoOfPathReport = RunReport & Shown;

/** Turns recordings or a dataset into GR00T and LeRobot v3.0 views below `out/`, explains one row, and writes the report beside. */
export async function demoOfPath(path: string, options: DemoOfPathOptions = {}): Promise<DemoOfPathReport> {
  const { workers, signal, onEvent, onFound } = options;
  const { name } = await detect(path);
  const target = resolve("out", name);
  onFound?.(await inspect(path, signal && { signal }), target);
  const input = await convertPipeline({ source: path, target }, { to: ["gr00t", "lerobot"], checks: "all", broken: "drop" });
  const done = await run(input, {
    ...(workers !== undefined && { workers }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  });
  return { ...done, ...(await show(done, { page: `${target}-report.html`, ...(signal && { signal }) })) };
}
