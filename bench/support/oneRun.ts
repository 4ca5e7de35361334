/**
 * One run in a process of its own, whose memory can be looked at: `node oneRun.ts PIPELINE.json`.
 * Prints progress as JSON lines and the report's counts at the end.
 */
import { readFileSync } from "node:fs";
import { run } from "../../src/index.ts";

const { pipeline, options } = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
const start = performance.now();
const report = await run(pipeline, {
  ...options,
  onEvent: (event) => {
    if (event.type === "progress")
      console.log(JSON.stringify({ act: event.act, done: event.done, total: event.total, rows: event.rows }));
    if (event.type === "failure") console.error(JSON.stringify(event));
  },
});
if (report.episodes.failed > 0) throw new Error(`${report.episodes.failed} episodes failed`);
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, kept: report.episodes.kept }));
