import type { z } from "zod";
import type { SourceStep, Step } from "./core/plugin.ts";
import type { lerobot as lerobotSink } from "./sinks/lerobot.ts";
import type { lerobot as lerobotSource } from "./sources/lerobot.ts";

export { agree } from "./checks/agree.ts";
export { finite } from "./checks/finite.ts";
export { frozen } from "./checks/frozen.ts";
export { gaps } from "./checks/gaps.ts";
export { stuck } from "./checks/stuck.ts";
export type { DemoOfPathReport } from "./commands/demo/ofPath.ts";
export { type DemoOptions, type DemoReport, demo } from "./commands/demo.ts";
export type * from "./commands/explain/types.ts";
export { type ExplainOptions, explain } from "./commands/explain.ts";
export type * from "./commands/init/types.ts";
export { type InitOptions, init } from "./commands/init.ts";
export type * from "./commands/preview/types.ts";
export { type Preview, type PreviewOptions, preview } from "./commands/preview.ts";
export { type ReportOptions, type ReportWritten, report } from "./commands/report.ts";
export { type RollOutOptions, type RollOutReport, rollOut, type SuccessRate } from "./commands/rollOut.ts";
export { openEngine, plan, run } from "./commands/run.ts";
export type { SimulateReport } from "./commands/simulate.ts";
export type * from "./core/batch.ts";
export type * from "./core/check.ts";
export type * from "./core/codecs.ts";
export type * from "./core/context.ts";
export type * from "./core/decision.ts";
export type * from "./core/engine.ts";
export type * from "./core/episode.ts";
export { TendonError } from "./core/errors.ts";
export type * from "./core/event.ts";
export type * from "./core/feature.ts";
export type * from "./core/finding.ts";
export { memoryEpisode } from "./core/memoryEpisode.ts";
export { mergeByTime } from "./core/merge.ts";
export type * from "./core/part.ts";
export type { Pipeline, PipelineInput } from "./core/pipeline.ts";
export { pipeline } from "./core/pipeline.ts";
export type { SourceStep, Step } from "./core/plugin.ts";
export {
  contentFingerprinted,
  defineCheck,
  defineDecision,
  defineSink,
  defineSource,
  defineStage,
  unfingerprinted,
} from "./core/plugin.ts";
export type * from "./core/report.ts";
export type * from "./core/sink.ts";
export type * from "./core/source.ts";
export type * from "./core/stage.ts";
export { fromSeconds, type Nanoseconds, NO_TIME, type TimeRange, toSeconds } from "./core/time.ts";
export type * from "./core/watcher.ts";
export { dedup } from "./decisions/dedup.ts";
export { gate } from "./decisions/gate.ts";
export { split } from "./decisions/split.ts";
export { type Loader, loader } from "./loader/loader.ts";
export type { DatasetTold } from "./loader/open.ts";
export type * from "./loader/types.ts";
export type { Truth, TruthEpisode, TruthFault } from "./simulator/truth.ts";
export { gr00t } from "./sinks/gr00t.ts";
export { mcap } from "./sources/mcap.ts";
export { simulate } from "./sources/simulate.ts";
export { align } from "./stages/align.ts";
export { assemble } from "./stages/assemble.ts";
export { rename } from "./stages/rename.ts";
export { resize } from "./stages/resize.ts";
export { select } from "./stages/select.ts";
export { trim } from "./stages/trim.ts";

interface Lerobot {
  /** As a source: a folder of LeRobot v2.0, v2.1, v3.0 or GR00T's flavour. */
  (options: z.input<(typeof lerobotSource)["options"]>): SourceStep;
  /** As a sink: a LeRobot v3.0 view. */
  (options?: z.input<(typeof lerobotSink)["options"]>): Step;
}

/** LeRobot's datasets: a source where it is given a path, and a sink. A step is plain data, so one builder serves both. */
export const lerobot: Lerobot = ((options?: object) => ({ lerobot: options ?? {} })) as Lerobot;

/** The checks to run, by name; a check set to false is left out, and those that are not named run with their defaults. */
export function check(checks: { readonly [name: string]: object | false } = {}): Step {
  return { check: checks } as unknown as Step;
}
