import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InspectReport, RunReport } from "../../src/core/report.ts";
import { writeHumanoidMcap } from "../support/humanoidMcap.ts";

const BIN = fileURLToPath(new URL("../../bin/tendon.mjs", import.meta.url));
const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: the command line over real recordings (set TENDON_TEST_DATA to their folder)");

let scratch = "";
const at = (...names: string[]) => join(scratch, ...names);
beforeAll(async () => {
  scratch = await realpath(await mkdtemp(join(tmpdir(), "tendon-cli-")));
  await mkdir(at("recordings"));
  for (let i = 0; i < 3; i++) await writeHumanoidMcap(at("recordings", `${i}.mcap`), { seconds: 2, robot: "arm" });
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe("recordings of a humanoid", () => {
  it("are inspected: one JSON object on stdout, in the public shape", async () => {
    const { code, stdout } = await tendon(["inspect", at("recordings"), "--json"]);
    const report = JSON.parse(stdout) as InspectReport;
    expect(code).toBe(0);
    expect(report).toMatchObject({ kind: "mcap", clock: "unix", episodes: 3 });
    const camera = report.streams.find(({ name }) => name.startsWith("observation.images"));
    expect(camera).toMatchObject({ dtype: "video", samples: 180, width: expect.any(Number), keyFrameEvery: 1 });
    expect(camera!.rateHz).toBeCloseTo(30, 1);
    expect(report.durationSec).toBeCloseTo(6, 0);
  });

  it("are converted, and again with nothing to do; the home tells its views", async () => {
    const args = ["convert", at("recordings"), at("out"), "--to", "gr00t", "--to", "lerobot", "--json"];
    const { code, stdout, stderr } = await tendon(args);
    expect(stderr).not.toContain("\r");
    const first = JSON.parse(stdout) as RunReport;
    expect({ code, episodes: first.episodes }).toEqual({ code: 0, episodes: { read: 3, kept: 3, dropped: 0, failed: 0 } });
    expect(first.views.map(({ sink, embodiment }) => `${sink} ${embodiment}`)).toEqual(["gr00t arm", "lerobot arm"]);
    for (const { path } of first.views) expect(existsSync(join(path, "meta", "info.json"))).toBe(true);
    expect(existsSync(first.details)).toBe(true);

    const second = JSON.parse((await tendon(args)).stdout) as RunReport;
    expect(second.snapshot).toBe(first.snapshot);
    expect(second.work).toMatchObject({ done: 0, reused: expect.any(Number) });

    const home = JSON.parse((await tendon(["inspect", at("out"), "--json"])).stdout) as InspectReport;
    expect(home).toMatchObject({ kind: "dataset", snapshot: first.snapshot, episodes: 3 });
    expect(home.views!.map(({ sink }) => sink).sort()).toEqual(["gr00t", "lerobot"]);
  });

  it("are planned: streams after every stage, and what is done already", async () => {
    const print = ["convert", at("recordings"), at("out"), "--to", "gr00t", "--to", "lerobot", "--print", "--json"];
    const { stdout } = await tendon(print);
    const file = at("pipeline.json");
    await writeFile(file, stdout);
    const { code, stdout: text } = await tendon(["plan", file]);
    expect(code).toBe(0);
    expect(text).toContain("after stages[0].align");
    expect(text).toContain("observation.state");
    expect(text).toContain("nothing to gather, 3 episodes done already");
  });

  it("one of them cut short: the others are kept, the exit code says that the user must act", async () => {
    await mkdir(at("cut"));
    await writeHumanoidMcap(at("cut", "whole.mcap"), { seconds: 2 });
    await writeHumanoidMcap(at("cut", "none.mcap"), { seconds: 2 });
    await truncate(at("cut", "none.mcap"), 100);
    const { code, stdout } = await tendon(["convert", at("cut"), at("cut-out"), "--to", "lerobot", "--json"]);
    const report = JSON.parse(stdout) as RunReport;
    expect(report.episodes).toMatchObject({ kept: 1, failed: 1 });
    expect(code).toBe(1);
    expect(report.failures[0]!.episode + report.failures[0]!.message).toContain("none.mcap");
  });

  it("are demonstrated: found, written, and what to type next", async () => {
    const { code, stdout, stderr } = await tendon(["demo", at("recordings")], { cwd: scratch });
    expect(code).toBe(0);
    expect(stderr).toContain("3 episodes");
    expect(stdout).toContain("3 episodes read: 3 kept");
    expect(stdout).toContain("out/recordings/gr00t/arm");
    expect(stdout).toContain("one row, explained: npx tendon explain out/recordings/gr00t/arm 0:30");
    expect(stdout).toContain("time from the message's header");
    expect(existsSync(at("out", "recordings-report.html"))).toBe(true);
    expect(stdout).toContain("npx tendon ");
  });

  it("stop at Ctrl-C with 130, and the same command goes on", async () => {
    await mkdir(at("many"));
    for (let i = 0; i < 6; i++) await writeHumanoidMcap(at("many", `${i}.mcap`), { seconds: 4 });
    const args = ["convert", at("many"), at("stopped"), "--to", "lerobot", "--json", "--workers", "1"];
    const stopped = await tendon(args, { interruptWhen: () => someReceipts(at("stopped")) });
    expect(stopped.code).toBe(130);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ error: { code: "cancelled" } });
    const { code, stdout } = await tendon(args);
    const report = JSON.parse(stdout) as RunReport;
    expect({ code, kept: report.episodes.kept }).toEqual({ code: 0, kept: 6 });
    expect(report.work.reused).toBeGreaterThan(0);
  });
});

describe.skipIf(data === undefined)("real recordings", () => {
  const robot = (name: string) => join(data!, "robot", name);

  it("are inspected with their defects in words", async () => {
    const clean = await inspected(robot("g1_teleop_v21"));
    expect(clean).toMatchObject({ kind: "lerobot", version: "v2.1", episodes: 20, findings: [] });
    expect(clean.streams.find(({ name }) => name === "action")).toMatchObject({ shape: [26], samples: 6625, rateHz: 30 });
    expect(clean.streams.find(({ dtype }) => dtype === "video")).toMatchObject({ codec: "av1", width: 640, keyFrameEvery: 2 });

    const gr1 = await inspected(robot("groot_gr1_pick_place_v20"));
    expect(messages(gr1)).toMatch(/observation\.images\.egoview.*no video file/);
    expect(messages(gr1)).toMatch(/split train is 0:100, but there are 5 episodes/);
    expect(messages(gr1)).toMatch(/timestamps start at 0\.05 s/);

    const franka = await inspected(robot("franka_usb_groot_v21"));
    expect(messages(franka)).toMatch(/declares av1 video, the files hold h264/);
    expect(messages(franka)).toMatch(/335 frames for 334 rows/);
    expect(messages(franka)).toMatch(/numbers as JSON text/);
  });

  it("that lack a camera or a state are refused with the reason, and the exit code is not 0", async () => {
    const log = join(data!, "logs", "example_logs.mcap");
    const { code, stdout, stderr } = await tendon(["convert", log, at("log-out"), "--to", "gr00t"]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/camera|state|action|joint/);
    const bag = await tendon(["inspect", join(data!, "logs", "example.bag")]);
    expect(bag).toMatchObject({ code: 1, stderr: expect.stringContaining("ROS 1 bag") });
    const several = await tendon(["inspect", join(data!, "robot")]);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining("g1_teleop_v21") });
  });
});

async function inspected(path: string): Promise<InspectReport> {
  const { code, stdout } = await tendon(["inspect", path, "--json"]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as InspectReport;
}

function messages(report: InspectReport): string {
  return report.findings.map(({ message, stream }) => `${stream ?? ""} ${message}`).join("\n");
}

function tendon(
  args: readonly string[],
  options: { readonly cwd?: string; readonly interruptWhen?: () => boolean } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"], cwd: options.cwd });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const poll = setInterval(() => {
    if (!options.interruptWhen?.()) return;
    clearInterval(poll);
    child.kill("SIGINT");
  }, 10);
  return new Promise((resolve) =>
    child.on("close", (code) => {
      clearInterval(poll);
      resolve({ code: code ?? -1, ...said });
    }),
  );
}

/** Whether a first episode is done. */
function someReceipts(home: string): boolean {
  const folder = join(home, "receipts");
  return existsSync(folder) && readdirSync(folder).some((name) => statSync(join(folder, name)).size > 0);
}
