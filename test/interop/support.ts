import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunReport } from "../../src/core/report.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TENDON = fileURLToPath(new URL("../../bin/tendon.mjs", import.meta.url));
const NO_PYTHON = 3;

/** The folder of real recordings, or undefined where there is none. */
export const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: real clients (set TENDON_TEST_DATA to the folder of recordings)");

/** A scratch folder for one test file, where Python's clients keep their caches too. */
export interface Scratch {
  readonly path: string;
  at(name: string): string;
  remove(): Promise<void>;
}

export function openScratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), "tendon-interop-"));
  return { path, at: (name) => join(path, name), remove: () => rm(path, { recursive: true, force: true }) };
}

/** The environment of a client that reads real recordings: undefined where there are none. */
export function pythonOf(pins: "lerobot-v30" | "lerobot-v21" | "readers"): string | undefined {
  return data === undefined ? undefined : environmentOf(pins);
}

/** Makes the environment of a pins file once; undefined, with a word, where no fitting Python is installed. */
export function environmentOf(pins: string, version?: `3.${number}`): string | undefined {
  const made = spawnSync("sh", [join(HERE, "make-envs.sh"), pins, ...(version ? [version] : [])], { encoding: "utf8" });
  if (made.status === 0) return made.stdout.trim();
  if (made.status !== NO_PYTHON) throw new Error(`${pins}: the environment could not be made\n${made.stderr}`);
  console.warn(`skipped: ${made.stderr.trim()}`);
  return undefined;
}

/** Runs a script of this folder and gives the JSON of its last line; what it says on failure is the error. */
export async function ask(
  python: string,
  scratch: Scratch,
  script: string,
  args: readonly string[],
  input?: string,
): Promise<{ [key: string]: unknown }> {
  const env = {
    ...process.env,
    HF_HUB_OFFLINE: "1",
    HF_DATASETS_OFFLINE: "1",
    HF_HOME: scratch.at("hf"),
    PYTHONDONTWRITEBYTECODE: "1",
    // Threads that wait for one another by spinning double the time on a busy machine.
    OMP_NUM_THREADS: "1",
  };
  const { status, stdout, stderr } = await run(python, [join(HERE, script), ...args], { env, input });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${status}:\n${stderr.slice(-3000)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as { [key: string]: unknown };
}

/** `tendon convert SOURCE TARGET --to SINK`, as a user types it. */
export async function convert(source: string, target: string, to: "gr00t" | "lerobot"): Promise<RunReport> {
  const { status, stdout, stderr } = await tendon(["convert", source, target, "--to", to, "--json"]);
  if (status !== 0) throw new Error(`tendon convert ended with ${status}:\n${stderr.slice(-3000)}`);
  return JSON.parse(stdout) as RunReport;
}

/** Runs the command line of this checkout. */
export function tendon(args: readonly string[]): Promise<Ended> {
  return run(process.execPath, [TENDON, ...args], {});
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string | undefined },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: options.env ?? process.env, cwd: options.cwd, stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
