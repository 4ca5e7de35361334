import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InspectReport, RunReport } from "../../src/core/report.ts";
import { CAMERA, makeDataset, removeClips } from "../support/lerobotDataset.ts";

const BIN = fileURLToPath(new URL("../../bin/tendon.mjs", import.meta.url));
/** As if `node-av` were not installed, in this process, the workers' and their threads. */
const WITHOUT = `import { registerHooks } from "node:module";
registerHooks({ resolve(name, context, next) {
  if (name === "node-av" || name.startsWith("node-av/")) throw Object.assign(new Error("not installed"), { code: "ERR_MODULE_NOT_FOUND" });
  return next(name, context);
} });`;

let folder = "";
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-without-"));
  await mkdir(at("no-programs"));
  await writeFile(at("without.mjs"), WITHOUT);
  await makeDataset({ root: at("dataset") });
});
afterAll(async () => {
  await removeClips();
  await rm(folder, { recursive: true, force: true });
});

/** The command line on a machine with neither `node-av` nor an `ffmpeg` command. */
function tendon(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, PATH: at("no-programs"), NODE_OPTIONS: `--import=file://${at("without.mjs")}` };
  const child = spawn(process.execPath, [BIN, ...args, "--json"], { env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

async function runWith(home: string, sink: object): Promise<{ code: number | null; report: RunReport }> {
  const pipeline = {
    dataset: at(home),
    sources: { arm: { lerobot: { path: at("dataset") } } },
    stages: [{ check: { frozen: false, agree: false } }],
    sinks: [{ lerobot: sink }],
  };
  await writeFile(at(`${home}.json`), JSON.stringify(pipeline));
  const { code, stdout } = await tendon("run", at(`${home}.json`));
  return { code, report: JSON.parse(stdout) as RunReport };
}

test("what needs no pixels works without any codec", async () => {
  const inspected = await tendon("inspect", at("dataset"));
  expect(inspected.code).toBe(0);
  const { streams } = JSON.parse(inspected.stdout) as InspectReport;
  expect(streams.find(({ name }) => name === CAMERA)).toMatchObject({ codec: "h264", samples: 40 });
  const copied = await runWith("copied", { video: "copy", imageStatistics: "none" });
  expect(copied.report.failures).toEqual([]);
  expect(copied).toMatchObject({ code: 0, report: { episodes: { kept: 2 }, views: [{ sink: "lerobot" }] } });
});

test("what needs pixels says what to install, and exits 3", async () => {
  const encoded = await runWith("encoded", { video: "encode" });
  expect(encoded.code).toBe(3);
  expect(encoded.report.episodes).toMatchObject({ kept: 0, failed: 2 });
  expect(encoded.report.failures[0]).toMatchObject({ code: "missing-tool", place: { stream: CAMERA } });
  expect(encoded.report.failures[0]!.message).toContain("npm install node-av");
  expect(encoded.report.failures[0]!.message).toContain("apt install ffmpeg");
});
