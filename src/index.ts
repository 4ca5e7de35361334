export { openEngine, plan, run } from "./commands/run.ts";
export { TendonError } from "./core/errors.ts";
export { pipeline } from "./core/pipeline.ts";
export { defineCheck, defineDecision, defineSink, defineSource, defineStage } from "./core/plugin.ts";
export { dedup } from "./decisions/dedup.ts";
export { gate } from "./decisions/gate.ts";
export { split } from "./decisions/split.ts";
