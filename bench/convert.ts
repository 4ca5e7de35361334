/**
 * What converting costs, on the real G1 set (`TENDON_TEST_DATA`), each beside its rival in one run:
 * encoding again beside decoding and encoding alone; copying v2.1 to v3.0 beside LeRobot's own
 * converter, in process and as commands; exact image statistics beside decoding alone; and the memory
 * of an episode of 10⁶ rows. Prints ratios; asserts nothing about time.
 *
 *     TENDON_TEST_DATA=… node bench/convert.ts [encode] [copy] [statistics] [memory]
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Engine, openEngine, type PipelineInput } from "../src/index.ts";
import { codecRates } from "./support/codecRates.ts";
import { lerobotPython } from "./support/lerobotPython.ts";
import { runWatched } from "./support/processTree.ts";
import { startRival } from "./support/rival.ts";
import { median, output, sayMachine, sayTable } from "./support/say.ts";

const RUNS = 5;
const LONG_ROWS = 1_000_000;
const WORKERS = availableParallelism();
const PARTS = { encode, copy, statistics, memory };

const g1 = join(process.env.TENDON_TEST_DATA ?? "", "robot", "g1_teleop_v21");
const asked = process.argv.slice(2).filter((name) => name in PARTS) as (keyof typeof PARTS)[];
const scratch = mkdtempSync(join(tmpdir(), "tendon-bench-convert-"));
const table: string[][] = [["what", "ours", "beside it", "ratio", "wanted"]];
let homes = 0;
sayMachine();
try {
  for (const part of asked.length > 0 ? asked : (Object.keys(PARTS) as (keyof typeof PARTS)[])) {
    if (part !== "memory" && !existsSync(g1))
      console.log(`${part}: skipped, TENDON_TEST_DATA does not name the folder of real recordings`);
    else await PARTS[part]();
  }
  console.log("");
  if (table.length > 1) sayTable(table);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Every frame decoded and encoded, as a run does it, and as the codecs alone on as many threads. */
async function encode(): Promise<void> {
  console.log(`encoding again: AV1 to H.264, ${WORKERS} threads each, pixel checks and image statistics off`);
  const alone = await codecRates(videos(), { threads: WORKERS, encode: true });
  const decode = alone.frames / alone.decodeSec;
  const coded = alone.frames / alone.encodeSec;
  const bound = 1 / (1 / decode + 1 / coded);
  console.log(`  decoding alone ${rate(decode)}, encoding alone ${rate(coded)}, one after the other ${rate(bound)}`);
  const seconds = await warm((home) => g1Pipeline(home, { video: "encode", imageStatistics: "none" }));
  row("encoding again", {
    ours: rate(alone.frames / seconds),
    rival: rate(bound),
    ratio: alone.frames / seconds / bound,
    wanted: "≥ 0.9",
  });
}

/** The two sides take turns, so that what else the machine does falls on both. */
async function copy(): Promise<void> {
  console.log("copying v2.1 to v3.0: videos as they are, image statistics carried, pixel checks off, so no pixel is decoded");
  const python = lerobotPython();
  if (python === undefined) return;
  const env = { HF_HUB_OFFLINE: "1", HF_HOME: join(scratch, "hf") };
  const folder = join(scratch, "rival");
  mkdirSync(folder);
  const pipeline = (home: string) => g1Pipeline(home, {});
  const ours: number[] = [];
  const theirs: number[] = [];
  {
    await using engine = openEngine({ workers: WORKERS });
    await using rival = startRival(python, [fileURLToPath(new URL("./rivals/convert.py", import.meta.url)), g1, folder], env);
    for (let run = 0; run <= RUNS; run++) {
      const pair = [await ourRun(engine, pipeline), await rival.seconds()] as const;
      if (run === 0) continue;
      ours.push(pair[0]);
      theirs.push(pair[1]);
    }
  }
  versus("copying, in process", median(ours), { seconds: median(theirs), wanted: "≥ 1" });
  const started: number[] = [];
  const commands: number[] = [];
  for (let run = 0; run < 3; run++) {
    started.push(ourCommand());
    commands.push(theirCommand(python, { env, folder: join(folder, `command${run}`) }));
  }
  versus("copying, the command", median(started), { seconds: median(commands), wanted: "≥ 4" });
}

async function statistics(): Promise<void> {
  console.log(`exact image statistics of every pixel, ${WORKERS} threads; videos copied`);
  const alone = await codecRates(videos(), { threads: WORKERS, encode: false });
  const decode = alone.frames / alone.decodeSec;
  const seconds = await warm((home) => g1Pipeline(home, { imageStatistics: "exact" }));
  const ours = alone.frames / seconds;
  row("exact image statistics", { ours: rate(ours), rival: `${rate(decode)} decoding`, ratio: ours / decode, wanted: "≥ 0.8" });
}

/** The whole process tree, from its start to its end. */
async function memory(): Promise<void> {
  console.log(`memory: one episode of ${LONG_ROWS.toExponential()} rows of 2 × 26 float32 into both sinks, ${WORKERS} workers`);
  const pipeline: PipelineInput = {
    dataset: newHome(),
    use: [fileURLToPath(new URL("./support/plugins.ts", import.meta.url))],
    sources: { made: { made: { rows: LONG_ROWS } } },
    stages: [],
    sinks: [{ gr00t: {} }, { lerobot: {} }],
  };
  const path = join(scratch, "long.json");
  writeFileSync(path, JSON.stringify({ pipeline, options: { workers: WORKERS } }));
  const peak = await runWatched([fileURLToPath(new URL("./support/oneRun.ts", import.meta.url)), path]);
  const { seconds } = JSON.parse(peak.lines.at(-1)!) as { seconds: number };
  console.log(`  ${(LONG_ROWS / seconds / 1000).toFixed(0)} k rows/s`);
  const megabytes = peak.bytes / 1e6;
  const sharedOnce = peak.sharedOnceBytes / 1e6;
  console.log(
    `  processes added up (RSS) ${megabytes.toFixed(0)} MB; what they share counted once (PSS) ${sharedOnce.toFixed(0)} MB`,
  );
  table.push(["memory (RSS), 10⁶ rows", `${megabytes.toFixed(0)} MB`, "700 MB", `${(megabytes / 700).toFixed(2)} ×`, "≤ 1"]);
}

function g1Pipeline(dataset: string, sink: { video?: string; imageStatistics?: string }): PipelineInput {
  return {
    dataset,
    sources: { g1: { lerobot: { path: g1 } } },
    stages: [{ check: { frozen: false } as never }],
    sinks: [{ lerobot: { version: "3.0", ...sink } }],
  };
}

/** Seconds of one whole run into a new home, by workers that have run before. */
async function warm(pipeline: (home: string) => PipelineInput): Promise<number> {
  await using engine = openEngine({ workers: WORKERS });
  await ourRun(engine, (home) => g1Pipeline(home, {}));
  return await ourRun(engine, pipeline);
}

async function ourRun(engine: Engine, pipeline: (home: string) => PipelineInput): Promise<number> {
  const home = newHome();
  const start = performance.now();
  const report = await engine.run(pipeline(home));
  const seconds = (performance.now() - start) / 1000;
  if (report.episodes.kept !== 20) throw new Error(`kept ${report.episodes.kept} episodes of 20: ${report.failures[0]?.message}`);
  rmSync(home, { recursive: true, force: true });
  return seconds;
}

/** From a new process to its end. */
function ourCommand(): number {
  const home = newHome();
  const path = `${home}.json`;
  writeFileSync(path, JSON.stringify({ pipeline: g1Pipeline(home, {}), options: { workers: WORKERS } }));
  const start = performance.now();
  output(process.execPath, [fileURLToPath(new URL("./support/oneRun.ts", import.meta.url)), path]);
  return (performance.now() - start) / 1000;
}

function theirCommand(python: string, { env, folder }: { env: NodeJS.ProcessEnv; folder: string }): number {
  cpSync(g1, folder, { recursive: true });
  const start = performance.now();
  const args = ["--repo-id=local/bench", `--root=${folder}`, "--push-to-hub=false"];
  output(python, ["-m", "lerobot.scripts.convert_dataset_v21_to_v30", ...args], env);
  return (performance.now() - start) / 1000;
}

function videos(): string[] {
  return readdirSync(join(g1, "videos"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mp4"))
    .sort()
    .map((name) => join(g1, "videos", name));
}

function newHome(): string {
  return join(scratch, `home${homes++}`);
}

function rate(framesPerSecond: number): string {
  return `${framesPerSecond.toFixed(0)} frames/s`;
}

function versus(what: string, ours: number, rival: { seconds: number; wanted: string }): void {
  row(what, {
    ours: `${ours.toFixed(2)} s`,
    rival: `${rival.seconds.toFixed(2)} s LeRobot`,
    ratio: rival.seconds / ours,
    wanted: rival.wanted,
  });
}

function row(what: string, told: { ours: string; rival: string; ratio: number; wanted: string }): void {
  table.push([what, told.ours, told.rival, `${told.ratio.toFixed(2)} ×`, told.wanted]);
}
