/**
 * The whole align stage beside polars' `join_asof`, in one run: 10⁷ rows, each with the newest of
 * 2·10⁶ samples within a tolerance, input times kept. Both sides get the same columns in memory, and
 * the answers are compared. Prints rows/s and the ratio; asserts nothing about time.
 *
 *     node bench/align.ts [rows]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { RowsBatch } from "../src/core/batch.ts";
import type { Context } from "../src/core/context.ts";
import type { Episode } from "../src/core/episode.ts";
import { memoryEpisode } from "../src/core/memoryEpisode.ts";
import { previousIndex } from "../src/kernels/resample.ts";
import { align } from "../src/stages/align.ts";

const ROWS = Number(process.argv[2] ?? 1e7);
const SAMPLES = ROWS / 5;
const RUNS = 5;
const TOLERANCE_NS = 40_000_000n;
const POLARS = "2.1.0";

interface Result {
  readonly seconds: number[];
  /** Of the chosen input times and of the first value of every row: equal on both sides. */
  readonly checksum: string;
}

interface Columns {
  readonly grid: BigInt64Array;
  readonly time: BigInt64Array;
}

const columns: Columns = { grid: ascending(ROWS, 2_000_000, 1), time: ascending(SAMPLES, 10_000_000, 2) };
const scratch = mkdtempSync(join(tmpdir(), "tendon-bench-align-"));
try {
  writeFileSync(join(scratch, "grid.bin"), columns.grid);
  writeFileSync(join(scratch, "time.bin"), columns.time);
  console.log(
    `${ROWS.toExponential()} rows, each the newest of ${SAMPLES.toExponential()} samples within 40 ms, input times kept; best of ${RUNS}`,
  );
  const join_ = best(await repeat(async () => void previousIndex(columns.grid, columns.time, { toleranceNs: TOLERANCE_NS })));
  console.log(`  the bare join           ${rate(join_)}`);
  const python = rivalPython();
  for (const width of [1, 7]) await compare(width, python);
} finally {
  rmSync(scratch, { recursive: true });
}

async function compare(width: number, python: string | undefined): Promise<void> {
  const what = width === 1 ? "one float32 a row" : `${width} float32 a row`;
  const values = Float32Array.from({ length: SAMPLES * width }, (_, at) => at % 8191);
  const ours = await alignStage(columns, values, width);
  console.log(`${what}\n  tendon, the whole stage ${rate(best(ours.seconds))}`);
  if (python === undefined) return;
  writeFileSync(join(scratch, "values.bin"), values);
  const rival = new URL("./rivals/align.py", import.meta.url).pathname;
  const args = [rival, scratch, String(width), String(TOLERANCE_NS), String(RUNS)];
  const theirs = JSON.parse(execFileSync(python, args, { encoding: "utf8" })) as Result;
  console.log(`  polars join_asof        ${rate(best(theirs.seconds))}`);
  const same = ours.checksum === theirs.checksum ? "equal answers" : `DIFFERENT answers: ${ours.checksum}, ${theirs.checksum}`;
  console.log(`  ratio                   ${(best(theirs.seconds) / best(ours.seconds)).toFixed(2)} × (${same})`);
}

/** Opens the stage over an episode in memory and reads all rows of the stream, as a sink would. */
async function alignStage({ grid, time }: Columns, values: Float32Array, width: number): Promise<Result> {
  const input = memoryEpisode({
    id: "bench",
    schema: {
      key: "bench",
      embodiment: "robot",
      features: {
        head: { dtype: "video", shape: [2, 2, 3], rateHz: 1000 },
        state: { dtype: "float32", shape: [width], rateHz: 200 },
      },
    },
    streams: {
      head: { kind: "rows", time: grid, values: new Uint8Array(0) },
      state: { kind: "rows", time, values },
    },
    span: { start: 0n, end: grid[grid.length - 1]! + 1n },
    batchRows: 16_384,
  });
  // memoryEpisode sorts the times at every call; a source knows that they are in order.
  const episode: Episode = { ...input, times: async (stream) => ({ time: stream === "head" ? grid : time }) };
  const stage = align.create(align.options.parse({ toleranceMs: 40 }));
  const context = { drop: () => undefined, find: () => undefined } as unknown as Context;
  let first = 0n;
  let sum = 0;
  const read = async (check: boolean) => {
    const aligned = (await stage.each(episode, context)) as Episode;
    for await (const { batch } of aligned.read([{ stream: "state", as: "rows" }])) {
      if (!check) continue;
      for (const at of batch.from!.first) if (at >= 0n) first += at;
      for (let row = 0; row < batch.time.length; row++) sum += (batch as RowsBatch).values[row * width] as number;
    }
  };
  const seconds = await repeat(() => read(false));
  await read(true);
  return { seconds, checksum: `${first} ${sum}` };
}

async function repeat(work: () => Promise<void>): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

function best(seconds: readonly number[]): number {
  return Math.min(...seconds);
}

function rate(seconds: number): string {
  return `${(ROWS / seconds / 1e6).toFixed(1).padStart(6)} M rows/s (${(seconds * 1000).toFixed(0)} ms)`;
}

/** Ascending times with steps of 0 to twice `meanNs`, the same on every machine. */
function ascending(count: number, meanNs: number, seed: number): BigInt64Array {
  const times = new BigInt64Array(count);
  let state = seed;
  let time = 0;
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    time += Math.floor((state / 2 ** 32) * 2 * meanNs);
    times[at] = BigInt(time);
  }
  return times;
}

/** Python with polars, in a cache folder of the bench; undefined, and why is said, where there is none. */
function rivalPython(): string | undefined {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tendon-bench", `polars-${POLARS}`);
  const python = join(folder, "bin", "python");
  try {
    if (!existsSync(join(folder, "ready"))) {
      mkdirSync(folder, { recursive: true });
      execFileSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
      execFileSync(python, ["-m", "pip", "install", "--quiet", `polars==${POLARS}`, "numpy"], { stdio: "ignore" });
      writeFileSync(join(folder, "ready"), "");
    }
    return python;
  } catch (error) {
    console.log(`  (no polars to compare with: ${error instanceof Error ? error.message.split("\n")[0] : String(error)})`);
    return undefined;
  }
}
