/**
 * The whole align stage beside polars' `join_asof`, in one run: 10⁷ rows, each with the newest of
 * 2·10⁶ samples within a tolerance, input times kept. Both sides get the same columns in memory, and
 * the answers are compared. Prints rows/s and the ratio; asserts nothing about time.
 *
 *     node bench/align.ts [rows]
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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
  const bareJoin = best(
    await repeat(async () => void previousIndex(columns.grid, columns.time, { toleranceNs: TOLERANCE_NS }), RUNS),
  );
  console.log(`  the bare join           ${rate(bareJoin)}`);
  const python = rivalPython();
  for (const width of [1, 7]) await compare(width, python);
} finally {
  rmSync(scratch, { recursive: true });
}

/** Takes turns, so that a machine busy with other things is busy for both. */
async function compare(width: number, python: string | undefined): Promise<void> {
  const values = Float32Array.from({ length: SAMPLES * width }, (_, at) => at % 8191);
  writeFileSync(join(scratch, "values.bin"), values);
  const ours = alignStage(columns, values, width);
  const theirs = python === undefined ? undefined : startRival(python, width);
  const seconds = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    if (theirs) seconds.theirs.push(Number(await theirs.ask("join")));
    seconds.ours.push(...(await repeat(ours.read, 1)));
  }
  console.log(`${width === 1 ? "one float32" : `${width} float32`} a row\n  tendon, the whole stage ${rate(best(seconds.ours))}`);
  if (!theirs) return;
  const [mine, yours] = [await ours.checksum(), await theirs.ask("checksum")];
  console.log(`  polars join_asof        ${rate(best(seconds.theirs))}`);
  const same = mine === yours ? "equal answers" : `DIFFERENT answers: ${mine}, ${yours}`;
  console.log(`  ratio                   ${(best(seconds.theirs) / best(seconds.ours)).toFixed(2)} × (${same})`);
  theirs.end();
}

/** A process that answers a line for each line. */
function startRival(python: string, width: number): { ask(what: string): Promise<string>; end(): void } {
  const script = new URL("./rivals/align.py", import.meta.url).pathname;
  const child = spawn(python, [script, scratch, String(width), String(TOLERANCE_NS)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (what) => {
      child.stdin.write(`${what}\n`);
      const line = await lines.next();
      if (line.done) throw new Error("the rival ended without an answer");
      return line.value;
    },
    end: () => child.stdin.end(),
  };
}

/** Opens the stage over an episode in memory and reads all rows of the stream, as a sink would. */
function alignStage({ grid, time }: Columns, values: Float32Array, width: number) {
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
  const open = async () => {
    const aligned = (await stage.each(episode, context)) as Episode;
    return aligned.read([{ stream: "state", as: "rows" }]);
  };
  return {
    read: async () => {
      for await (const _ of await open());
    },
    /** Of the chosen input times and the first value of every row: equal on both sides. */
    checksum: async () => {
      let first = 0n;
      let sum = 0;
      for await (const { batch } of await open()) {
        for (const at of batch.from!.first) first += at;
        for (let row = 0; row < batch.time.length; row++) sum += (batch as RowsBatch).values[row * width] as number;
      }
      return `${first} ${sum}`;
    },
  };
}

async function repeat(work: () => Promise<void>, runs: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < runs; run++) {
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
