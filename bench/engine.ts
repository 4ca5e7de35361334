/**
 * What the engine itself costs: episodes a second through a source, empty stages and a sink that
 * keep nothing, and whether memory stays flat while episodes keep coming. Prints numbers; asserts
 * nothing about time.
 *
 *     node bench/engine.ts [episodes]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PipelineInput } from "../src/index.ts";
import { runWatched } from "./support/processTree.ts";
import { sayMachine, sayTable } from "./support/say.ts";

const EPISODES = Number(process.argv[2] ?? 20_000);
const PARTITION = 100;
const TOLD = 10;

const scratch = mkdtempSync(join(tmpdir(), "tendon-bench-engine-"));
sayMachine();
try {
  for (const stages of [0, 4]) {
    for (const workers of new Set([1, availableParallelism()])) await throughput({ stages, workers });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function throughput({ stages, workers }: { stages: number; workers: number }): Promise<void> {
  const home = join(scratch, `home-${stages}-${workers}`);
  const path = join(scratch, "pipeline.json");
  writeFileSync(path, JSON.stringify({ pipeline: pipeline(home, stages), options: { workers } }));
  console.log(`\n${EPISODES} episodes of 10 rows, ${stages} empty stages, ${workers} worker${workers === 1 ? "" : "s"}`);
  const rows: string[][] = [["episodes gathered", "after", "memory of the process tree"]];
  const start = performance.now();
  let next = 0;
  let first = 0;
  let last = 0;
  const { lines, bytes } = await runWatched(
    [fileURLToPath(new URL("./support/oneRun.ts", import.meta.url)), path],
    (line, bytesNow) => {
      const { act, done } = JSON.parse(line) as { act?: string; done?: number };
      if (act !== "gather" || done === undefined) return;
      last = performance.now();
      first ||= last;
      if (done < next) return;
      rows.push([String(done), `${((performance.now() - start) / 1000).toFixed(1)} s`, `${(bytesNow() / 1e6).toFixed(0)} MB`]);
      next = Math.floor((done * TOLD) / EPISODES + 1) * (EPISODES / TOLD);
    },
  );
  sayTable(rows);
  const { seconds, kept } = JSON.parse(lines.at(-1)!) as { seconds: number; kept: number };
  console.log(`${((EPISODES / (last - first)) * 1000).toFixed(0)} episodes/s gathered, once it goes`);
  console.log(`${(kept / seconds).toFixed(0)} episodes/s from start to committed view; ${(bytes / 1e6).toFixed(0)} MB at most`);
  rmSync(home, { recursive: true, force: true });
}

function pipeline(dataset: string, stages: number): PipelineInput {
  const off = { frozen: false, gaps: false, agree: false, finite: false, stuck: false };
  return {
    dataset,
    use: [fileURLToPath(new URL("./support/plugins.ts", import.meta.url))],
    sources: { made: { made: { partitions: Math.ceil(EPISODES / PARTITION), episodes: PARTITION, rows: 10 } } },
    stages: [...Array.from({ length: stages }, () => ({ idle: {} })), { check: off as never }],
    sinks: [{ count: {} }],
  };
}
