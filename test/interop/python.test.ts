import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunReport } from "../../src/core/report.ts";
import { loader } from "../../src/loader/loader.ts";
import type { LoaderBatch } from "../../src/loader/types.ts";
import { environmentOf, openScratch, run, tendon } from "./support.ts";

const PACKAGE = fileURLToPath(new URL("../../python", import.meta.url));
const scratch = openScratch();
const expected = scratch.at("expected.json");
const site = scratch.at("site");
let view = "";

/** Suites by the environment that they run in: every Python, the oldest and the newest torch, and what stands around loaders. */
const SUITES = [
  { pins: "numpy", version: "3.10", suites: ["test_numpy"] },
  { pins: "numpy", version: "3.11", suites: ["test_numpy.Values", "test_numpy.States"] },
  { pins: "numpy", version: "3.12", suites: ["test_numpy.Values", "test_numpy.States"] },
  { pins: "numpy", version: "3.13", suites: ["test_numpy", "test_death"] },
  { pins: "lerobot-v21", version: "3.11", suites: ["test_torch"] },
  { pins: "loader", version: "3.12", suites: ["test_torch", "test_frameworks"] },
] as const;

beforeAll(async () => {
  await ask("simulate", scratch.at("recordings"), "--episodes", "3");
  const report = await ask("convert", scratch.at("recordings"), scratch.at("dataset"), "--to", "lerobot");
  view = (JSON.parse(report) as RunReport).views[0]!.path;
  await writeFile(expected, JSON.stringify(await digests()));
}, 300_000);
afterAll(() => scratch.remove());

describe.each(SUITES)("Python $version with $pins", ({ pins, version, suites }) => {
  const python = environmentOf(pins, pins === "numpy" ? version : undefined);

  it.skipIf(python === undefined)(
    `passes ${suites.join(", ")}`,
    async () => {
      await install(python!);
      const env = {
        ...process.env,
        PYTHONPATH: [site, process.env.PYTHONPATH].filter(Boolean).join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
        OMP_NUM_THREADS: "1",
        HF_HUB_OFFLINE: "1",
        TMPDIR: scratch.path,
        TENDON_TEST_SET: view,
        TENDON_TEST_EXPECTED: expected,
      };
      const { status, stderr } = await run(python!, ["-m", "unittest", ...suites], { env, cwd: `${PACKAGE}/tests` });
      expect(status, stderr.slice(-6000)).toBe(0);
    },
    600_000,
  );
});

/** As a user installs it; into a folder of its own, so that environments stay as they are pinned. */
async function install(python: string): Promise<void> {
  const args = ["--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade", "--target", site];
  const { status, stderr } = await run(python, ["-m", "pip", "install", ...args, PACKAGE], {});
  expect(status, stderr).toBe(0);
}

async function ask(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await tendon([...args, "--json"]);
  expect(status, stderr.slice(-3000)).toBe(0);
  return stdout;
}

/** What Python's tests load (BASE in support.py), from here. */
async function digests(): Promise<string[]> {
  const windows = { "observation.images.head": [-1, 0], "observation.state": [0], action: [0, 1, 2, 3, 4, 5, 6, 7] };
  const size = { height: 48, width: 64 };
  await using batches = await loader({ path: view, batchSize: 16, seed: 3, size, windows, epochs: 1, threads: 2 });
  const all: string[] = [];
  for await (const batch of batches) all.push(digestOf(batch));
  return all;
}

/** Keys in order, each followed by its bytes. */
function digestOf(batch: LoaderBatch): string {
  const parts = new Map<string, NodeJS.ArrayBufferView | string>();
  for (const [stream, { data }] of batch.tensors) parts.set(stream, data as NodeJS.ArrayBufferView);
  for (const [stream, mask] of batch.masks)
    parts.set(
      `${stream}_is_pad`,
      mask.map((inside) => 1 - inside),
    );
  parts.set("dataset_index", BigInt64Array.from(batch.dataset, BigInt));
  parts.set("episode_index", BigInt64Array.from(batch.episode, BigInt));
  parts.set("frame_index", BigInt64Array.from(batch.row, BigInt));
  parts.set("is_valid", batch.valid);
  parts.set("task", `[${batch.tasks.map((task) => JSON.stringify(task ?? null)).join(", ")}]`);
  const digest = createHash("sha256");
  for (const [key, part] of [...parts].sort(([a], [b]) => (a < b ? -1 : 1))) digest.update(key).update(part);
  return digest.digest("hex");
}
