import { spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { RollOutReport, RunReport } from "tendon";

/**
 * Simulates, curates, trains and lets the policies act: the table of docs/train.md.
 *   PYTHON=python3 node examples/train/table.ts [--quick] [--json]
 * `--quick` is the form of a few minutes that CI runs: few episodes, few steps, nothing to be proud of.
 */

/** What `train.py` says in its last line. */
interface Training {
  readonly policy: string;
  readonly episodes: number;
  readonly samples: number;
  readonly firstLoss?: number;
  readonly lastLoss?: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** How far ONNX Runtime's answers lie from PyTorch's at most, rad. */
  readonly differenceRad: number;
}

export interface Row {
  readonly name: string;
  readonly training: Training;
  readonly acted: RollOutReport;
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const TENDON = at("../../bin/tendon.mjs");
const OUT = `${process.env.TENDON_OUT ?? at("../../out")}/train`;
/** Scenes that no recording shows. */
const SEED = "1000";

const { quick, json } = parseArgs({ options: { quick: { type: "boolean" }, json: { type: "boolean" } } }).values;
const rows = quick ? await quickRows() : await allRows();
console.log(json ? JSON.stringify(rows) : tableOf(rows));

async function allRows(): Promise<Row[]> {
  const everything = await view("everything.yaml");
  const curated = await view("curated.yaml");
  return [
    await row("trained, curated", { view: curated, steps: "3000", episodes: "50" }),
    await row("untrained", { view: curated, steps: "0", episodes: "50" }),
    await row("trained, everything left in", { view: everything, steps: "3000", episodes: "50" }),
  ];
}

async function quickRows(): Promise<Row[]> {
  const folder = await view("quick.yaml");
  return [
    await row("trained for a minute", { view: folder, steps: "150", episodes: "4" }),
    await row("untrained", { view: folder, steps: "0", episodes: "4" }),
  ];
}

/** The folder that a pipeline wrote. The newest view is a link, which the next run turns. */
async function view(pipeline: string): Promise<string> {
  const report = JSON.parse(await say(process.execPath, [TENDON, "run", at(pipeline), "--json"])) as RunReport;
  return realpathSync(report.views[0]!.path);
}

async function row(
  name: string,
  { view: folder, steps, episodes }: { view: string; steps: string; episodes: string },
): Promise<Row> {
  const policy = `${OUT}/${name.replaceAll(/\W+/g, "-")}.onnx`;
  const said = await say(process.env.PYTHON ?? "python3", [at("train.py"), folder, policy, "--steps", steps]);
  const training = JSON.parse(said.trimEnd().split("\n").at(-1)!) as Training;
  const options = ["--policy", policy, "--task", "put", "--episodes", episodes, "--seed", SEED, "--json"];
  const acted = JSON.parse(await say(process.execPath, [TENDON, "simulate", ...options])) as RollOutReport;
  return { name, training, acted };
}

/** Runs a program and gives what it prints; it is heard on standard error as it speaks. */
function say(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: at("../../python") };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      process.stderr.write(text.length > 1000 ? "" : text);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}`));
    });
  });
}

function tableOf(all: readonly Row[]): string {
  const percent = (part: number) => `${Math.round(100 * part)} %`;
  const lines = all.map(({ name, training, acted }) => {
    const { attempts, successes, rate, interval } = acted;
    const took = `${Math.round(training.seconds)} s (${Math.round(training.cpuSeconds)} s of CPU)`;
    const range = `${percent(interval[0])} to ${percent(interval[1])}`;
    return `| ${name} | ${training.episodes} | ${took} | ${successes} of ${attempts}: ${percent(rate)} | ${range} |`;
  });
  return ["| policy | episodes | training | succeeded | 95 % interval |", "|---|---|---|---|---|", ...lines].join("\n");
}
