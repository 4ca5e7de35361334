import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ask, data, openScratch, pythonOf, tendon } from "./support.ts";

const python = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

const hasProbe = spawnSync("ffprobe", ["-version"]).status === 0;
if (!hasProbe) console.warn("skipped: inspect against ffprobe (install ffmpeg)");

const DATASETS = [
  ["g1_teleop_v21", { rows: 6625, cameras: 1 }],
  ["groot_gr1_pick_place_v20", { rows: 2096, cameras: 1 }],
  ["franka_usb_groot_v21", { rows: 1309, cameras: 2 }],
] as const;

describe.skipIf(python === undefined || !hasProbe)("ffprobe and PyArrow agree with what inspect says", () => {
  it.each(DATASETS)("of %s", async (set, counts) => {
    const path = join(data!, "robot", set);
    const { status, stdout, stderr } = await tendon(["inspect", path, "--json"]);
    expect(status, stderr).toBe(0);
    expect(await ask(python!, scratch, "inspect_truth.py", ["dataset", path], stdout)).toMatchObject(counts);
  });
});

/** Messages and readable topics, by Python's count. */
const LOGS: { readonly [log: string]: { readonly messages: number; readonly topics: number } } = {
  "logs/custom-camera-model.mcap": { messages: 30, topics: 3 },
  "logs/example_logs.mcap": { messages: 1111, topics: 2 },
  "logs/rosbag2/cdr_test_0.mcap": { messages: 7, topics: 2 },
  "logs/rosbag2/talker.mcap": { messages: 20, topics: 2 },
  "logs/rosbag2/wrong_rmw_test_0.mcap": { messages: 7, topics: 0 },
};
const logs = data === undefined ? [] : globSync("logs/**/*.mcap", { cwd: data }).sort();

describe.skipIf(python === undefined)("Python's mcap agrees with what inspect says", () => {
  it.each(logs)("of %s", async (log) => {
    const path = join(data!, log);
    const { stdout, stderr } = await tendon(["inspect", path, "--json"]);
    expect(stdout, stderr).not.toBe("");
    const truth = await ask(python!, scratch, "inspect_truth.py", ["mcap", path], stdout);
    expect(truth).toMatchObject(LOGS[log] ?? { topics: expect.any(Number) });
  });
});
