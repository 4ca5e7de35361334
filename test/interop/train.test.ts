import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Row } from "../../examples/train/table.ts";
import { environmentOf, openScratch, run } from "./support.ts";

const RUNTIME = "onnxruntime-web@1.30.0";
const TABLE = fileURLToPath(new URL("../../examples/train/table.ts", import.meta.url));

const python = environmentOf("train");
const modules = python === undefined ? undefined : runtime();

/** The package that runs policies, installed once beside the environments; undefined, with a word, where it cannot be had. */
function runtime(): string | undefined {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tendon-interop", RUNTIME);
  if (!existsSync(join(folder, "node_modules"))) {
    mkdirSync(folder, { recursive: true });
    const made = spawnSync("npm", ["install", "--prefix", folder, "--ignore-scripts", RUNTIME], { encoding: "utf8" });
    if (made.status !== 0) {
      console.warn(
        `skipped: a policy that learns: ${RUNTIME} could not be installed: ${made.stderr?.trim() ?? made.error?.message}`,
      );
      return undefined;
    }
  }
  return join(folder, "node_modules");
}

describe.skipIf(modules === undefined)("a policy that learns, in its short form", () => {
  const scratch = openScratch();
  let rows: readonly Row[] = [];

  beforeAll(async () => {
    const env = {
      ...process.env,
      PYTHON: python!,
      NODE_PATH: modules!,
      TENDON_OUT: scratch.path,
      PYTHONDONTWRITEBYTECODE: "1",
      // Threads that wait for one another by spinning double the time on a busy machine.
      OMP_WAIT_POLICY: "PASSIVE",
    };
    const { status, stdout, stderr } = await run(process.execPath, [TABLE, "--quick", "--json"], { env });
    expect(status, stderr.slice(-3000)).toBe(0);
    rows = JSON.parse(stdout) as readonly Row[];
    // Told, never asserted: a minute's training is no measure.
    for (const { name, acted } of rows) console.log(`${name}: ${acted.successes} of ${acted.attempts} succeeded`);
  }, 900_000);
  afterAll(() => scratch.remove());

  it("loses less and less", () => {
    const { firstLoss, lastLoss } = rows[0]!.training;
    expect(lastLoss!).toBeLessThan(firstLoss! * 0.7);
  });

  it("answers in ONNX Runtime what it answers in PyTorch", () => {
    for (const { training } of rows) expect(training.differenceRad).toBeLessThan(1e-4);
  });

  it("acts in the simulator, trained or not", () => {
    for (const { acted } of rows) {
      expect(acted.episodes.map(({ kind, side }) => `${kind}, ${side}`)).toEqual(Array(4).fill("place, right"));
      expect(acted.rate).toBe(acted.successes / acted.attempts);
      expect(acted.interval[0]).toBeLessThanOrEqual(acted.rate);
      expect(acted.interval[1]).toBeGreaterThanOrEqual(acted.rate);
    }
  });
});
