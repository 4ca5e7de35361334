import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { InspectReport } from "../../src/core/report.ts";
import { ask, data, openScratch, pythonOf, tendon } from "./support.ts";

const python = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

const hasProbe = spawnSync("ffprobe", ["-version"]).status === 0;
if (!hasProbe) console.warn("skipped: inspect against ffprobe (install ffmpeg)");

const DATASETS = [
  ["g1_teleop_v21", { rows: 6625, cameras: 1 }],
  ["groot_gr1_pick_place_v20", { rows: 2096, cameras: 1 }],
  ["franka_usb_groot_v21", { cameras: 2 }],
] as const;

describe.skipIf(python === undefined || !hasProbe)("ffprobe and PyArrow agree with what inspect says", () => {
  it.each(DATASETS)("of %s", async (set, counts) => {
    const path = join(data!, "robot", set);
    const { status, stdout, stderr } = await tendon(["inspect", path, "--json"]);
    expect(status, stderr).toBe(0);
    expect(await ask(python!, scratch, "inspect_truth.py", ["dataset", path], stdout)).toMatchObject(counts);
  });
});

const logs = data === undefined ? [] : globSync("logs/**/*.mcap", { cwd: data }).sort();

describe.skipIf(python === undefined)("Python's mcap agrees with what inspect says", () => {
  it.each(logs)("of %s", async (log) => {
    const path = join(data!, log);
    const { stdout, stderr } = await tendon(["inspect", path, "--json"]);
    expect(stdout, stderr).not.toBe("");
    const report = JSON.parse(stdout) as InspectReport;
    const truth = await ask(python!, scratch, "inspect_truth.py", ["mcap", path], stdout);
    // What Python refuses, inspect must at least speak of.
    if (truth.refused !== undefined) expect(report.findings.length + (report.failures?.length ?? 0)).toBeGreaterThan(0);
    else expect(truth.streams).toBe(report.streams.length);
  });
});
