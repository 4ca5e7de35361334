import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DemoReport } from "../../src/commands/demo.ts";
import { openParquet } from "../../src/formats/parquet/read.ts";
import type { Truth, TruthEpisode } from "../../src/simulator/truth.ts";

const BIN = fileURLToPath(new URL("../../bin/tendon.mjs", import.meta.url));

let folder = "";
let report: DemoReport;
let truth: Truth;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-demo-")));
  await mkdir(join(folder, "home"));
  const { code, stdout, stderr } = await tendon(["demo", "--json"]);
  expect(stderr).toContain("killed by SIGKILL");
  expect(code).toBe(0);
  report = JSON.parse(stdout) as DemoReport;
  truth = JSON.parse(await readFile(join(report.simulated.truth, "truth.json"), "utf8")) as Truth;
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a finding of each kind of fault is about. */
const TOLD_BY: { readonly [kind: string]: { readonly check: string; readonly where: RegExp } } = {
  frozen: { check: "frozen", where: /^observation\.images\.head/ },
  black: { check: "frozen", where: /^observation\.images\.right_wrist/ },
  nan: { check: "finite", where: /^observation\.state.*left_elbow/ },
  stuck: { check: "stuck", where: /^observation\.state.*right_elbow/ },
  dropped: { check: "gaps", where: /joint_states\.position/ },
};

// All that is asserted here is read from the truth file and the run's report; the demo's own comparison is held against it.
describe("the demo's claims", () => {
  it("every planted fault is found at its episode and stream, within 0.1 s; nothing else is", () => {
    const planted = truth.episodes.flatMap((episode) => episode.faults.map((fault) => ({ episode, fault })));
    expect(planted.map(({ fault }) => fault.kind).sort()).toEqual(["black", "dropped", "frozen", "nan", "stuck"]);
    const alarms = report.run.findings.filter(({ severity }) => severity !== "note");
    expect(alarms).toHaveLength(planted.length);
    for (const { episode, fault } of planted) {
      const { check, where } = TOLD_BY[fault.kind]!;
      const own = alarms.filter(
        (finding) =>
          finding.check === check &&
          finding.episode === `recordings/${episode.episode}.mcap` &&
          where.test(`${finding.stream ?? ""} ${finding.message}`.trim()),
      );
      expect(own, fault.kind).toHaveLength(1);
      const seconds = (time: string) => Number(BigInt(time) - BigInt(episode.startNs)) / 1e9;
      expect(Math.abs(seconds(own[0]!.startNs!) - fault.startSec), fault.kind).toBeLessThan(0.1);
      expect(Math.abs(seconds(own[0]!.endNs!) - fault.endSec), fault.kind).toBeLessThan(0.1);
    }
    expect(report.comparison).toMatchObject({ missed: 0, falseAlarms: [], clean: ["episode_000", "episode_005"] });
    expect(report.run.episodes).toEqual({ read: 6, kept: 2, dropped: 4, failed: 0 });
  });

  it("rows are within half a period of when their pictures were taken, by the truth", async () => {
    const view = report.run.views.find(({ sink }) => sink === "lerobot")!.path;
    const table = await openParquet(join(view, "data", "chunk-000", "file-000.parquet"));
    const rows = await Array.fromAsync(table.objects({ columns: ["time_ns", "episode_index"] }));
    const clean = truth.episodes.filter(({ faults }) => faults.length === 0);
    for (const [index, episode] of clean.entries()) {
      const times = rows.filter((row) => Number(row.episode_index) === index).map((row) => BigInt(row.time_ns as bigint));
      const taken = await takenBy(episode, "head");
      expect(times.length).toBeGreaterThan(100);
      // Rows are consecutive pictures up to the last but a few: which one is first follows from how many there are.
      const offs = [0, 1, 2, 3, 4].map((first) =>
        Math.max(
          ...times.map((time, row) => Math.abs(Number(time - BigInt(episode.startNs)) / 1e9 - (taken[first + row] ?? 1e9))),
        ),
      );
      expect(Math.min(...offs)).toBeLessThan(0.5 / 30);
    }
    expect(report.rowTimes.rows).toBe(rows.length);
    expect(report.rowTimes.worstMs).toBeLessThan(report.rowTimes.halfPeriodMs);
  });

  it("killed half-way, nothing is repeated, and the result is the same", () => {
    const { signal, afterEpisodes, work, same } = report.killed;
    expect([signal, afterEpisodes]).toEqual(["SIGKILL", 3]);
    expect(work.foundDone).toBeGreaterThanOrEqual(afterEpisodes);
    expect(work.foundDone + work.done).toBe(work.undisturbed);
    expect(same).toMatchObject({ snapshot: true, differing: [] });
    expect(same.files).toBeGreaterThan(10);
    expect(report.holds).toBe(true);
  });

  it("a row goes back to a message, and the page is there", async () => {
    const input = report.explained!.row!.features.find(({ stream }) => stream === "observation.state")!.inputs[0]!.places[0]!;
    expect(input).toMatchObject({ name: "/joint_states", at: { clock: "the message's header" } });
    expect(input.file).toMatch(/recordings\/episode_000\.mcap$/);
    expect(await readFile(report.report!.path, "utf8")).toContain("the same picture from");
  });

  it("what it says to type next works", async () => {
    const { stdout } = await tendon(["explain", "episode_001.mcap", "--home", "out/demo/dataset"]);
    expect(stdout).toContain("left out by decisions[0].gate: broken: frozen");
  });
});

it("a second time starts afresh, and removes nothing that is not its own", async () => {
  await writeFile(join(folder, "out", "demo", "mine.txt"), "mine");
  const { code, stderr } = await tendon(["demo"]);
  expect(stderr).toContain("holds mine.txt, which the demo did not make");
  expect(code).toBe(2);
  expect(existsSync(report.report!.path)).toBe(true);
  await rm(join(folder, "out", "demo", "mine.txt"));
  const again = await tendon(["demo"]);
  expect(again.stderr).toContain("starts afresh");
  expect(again.code).toBe(0);
  expect(again.stdout).toContain("5 of 5 found, 0 missed, 0 false alarms");
});

async function takenBy({ sensors, times }: TruthEpisode, camera: string): Promise<readonly number[]> {
  const bytes = await readFile(join(report.simulated.truth, times.file));
  const before = sensors.slice(
    0,
    sensors.findIndex(({ sensor }) => sensor === camera),
  );
  const from = before.reduce((sum, { samples }) => sum + samples, 0);
  const { samples } = sensors[before.length]!;
  return Array.from({ length: samples }, (_, index) => bytes.readDoubleLE(8 * (from + index)));
}

/** In an empty home directory. */
function tendon(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, HOME: join(folder, "home"), NO_COLOR: "1" };
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
