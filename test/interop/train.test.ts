import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Row } from "../../examples/train/table.ts";
import { openScratch } from "./support.ts";

const RUNTIME = "onnxruntime-web@1.30.0";
const TABLE = fileURLToPath(new URL("../../examples/train/table.ts", import.meta.url));
const NO_PYTHON = 3;

const python = environment();
const modules = python === undefined ? undefined : runtime();

/** PyTorch with what exports and checks; undefined, with a word, where no fitting Python is installed. */
function environment(): string | undefined {
  const script = fileURLToPath(new URL("make-envs.sh", import.meta.url));
  const made = spawnSync("sh", [script, "train"], { encoding: "utf8" });
  if (made.status === 0) return made.stdout.trim();
  if (made.status !== NO_PYTHON) throw new Error(`train: the environment could not be made\n${made.stderr}`);
  console.warn(`skipped: a policy that learns: ${made.stderr.trim()}`);
  return undefined;
}

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
    rows = await table({
      ...process.env,
      PYTHON: python!,
      NODE_PATH: modules!,
      TENDON_OUT: scratch.path,
      PYTHONDONTWRITEBYTECODE: "1",
      // Threads that wait for one another by spinning double the time on a busy machine.
      OMP_WAIT_POLICY: "PASSIVE",
    });
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

function table(env: NodeJS.ProcessEnv): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TABLE, "--quick", "--json"], { env, stdio: "pipe" });
    let [printed, said] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed) as readonly Row[]);
      else reject(new Error(`table.ts ended with ${code}:\n${said.slice(-3000)}`));
    });
  });
}
