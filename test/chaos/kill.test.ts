import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunReport } from "../../src/core/report.ts";

const DATA = process.env.TENDON_TEST_DATA;
const SCRIPT = fileURLToPath(new URL("../support/runPipeline.ts", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-chaos-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function pipelineOf(home: string) {
  return {
    dataset: join(folder, home),
    sources: { g1: { lerobot: { path: join(DATA!, "robot", "g1_teleop_v21") } } },
    stages: [{ align: { rateHz: 15 } }, { check: {} }],
    decisions: [{ gate: {} }, { split: {} }],
    sinks: [{ gr00t: {} }, { lerobot: {} }],
  };
}

/** In a process group of its own. `killAt`: how many episodes to wait for; below 0, how many built files. */
function runAlone(home: string, workers: number, killAt = 0): Promise<{ report?: RunReport; signal: NodeJS.Signals | null }> {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(pipelineOf(home)), String(workers), String(killAt)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === null && code !== 0) reject(new Error(`ended with code ${code}`));
      else resolve({ signal, ...(text && { report: JSON.parse(text) as RunReport }) });
    });
  });
}

/** Every file of a folder by its path, with the digest of its bytes: what `diff -r` compares. */
async function contentOf(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    found[relative(path, file)] = createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  }
  return found;
}

async function viewsOf({ views }: RunReport): Promise<Record<string, Record<string, string>>> {
  const contents: Record<string, Record<string, string>> = {};
  for (const view of views) contents[view.sink] = await contentOf(view.path);
  return contents;
}

describe.skipIf(!DATA)("the G1 set at 15 Hz, both views (needs TENDON_TEST_DATA)", () => {
  test("killed with -9 at two moments and run again, on one worker or two: the same files and one snapshot id", async () => {
    const whole = (await runAlone("whole", 2)).report!;
    expect(whole.episodes).toEqual({ read: 20, kept: 20, dropped: 0, failed: 0 });
    const expected = await viewsOf(whole);
    expect(Object.keys(expected.gr00t!).length).toBeGreaterThan(40);

    expect((await runAlone("killed", 2, 9)).signal).toBe("SIGKILL");
    expect((await runAlone("killed", 2, -3)).signal).toBe("SIGKILL");
    const resumed = (await runAlone("killed", 2)).report!;
    expect(resumed.work.reused).toBeGreaterThan(20);
    expect(resumed.snapshot).toBe(whole.snapshot);
    expect(await viewsOf(resumed)).toEqual(expected);

    const single = (await runAlone("single", 1)).report!;
    expect(single.snapshot).toBe(whole.snapshot);
    expect(await viewsOf(single)).toEqual(expected);

    const again = (await runAlone("single", 2)).report!;
    expect(again.work.done).toBe(0);
    expect(again.snapshot).toBe(whole.snapshot);
  });
});
