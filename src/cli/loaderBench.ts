import { Command, InvalidArgumentError } from "commander";
import type { LoaderBenchOptions, LoaderBenchReport } from "../commands/loaderBench.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

type Options = CommonOptions & Omit<LoaderBenchOptions, "signal">;

/** `tendon loader bench PATH`. */
export function loaderBenchCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("bench")
    .description("Take batches for some seconds: how many samples, where time goes, what the machine could do at best.")
    .argument("<path>", "a LeRobot or GR00T dataset; a dataset of Tendon's own; a mixture.json")
    .option(
      "--windows <json>",
      'rows of each stream, as {"action": [0, 1]} (default: two pictures, the state, 16 actions)',
      windowsOf,
    )
    .option("--size <height>x<width>", "of pictures (default: the video's own)", sizeOf)
    .option("--batch-size <samples>", "samples of a batch (default: 64)", above)
    .option("--order <order>", "sequential, local, uniform, or a number from 0 to 1 (default: local)", orderOf)
    .option("--threads <count>", "that decode (default: the cores)", above)
    .option("--seconds <seconds>", "how long batches are taken (default: 5)", above)
    .option("--need <samples>", "samples a second that a training needs: what would they take?", above)
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon loader bench out/pick-place --size 224x224 --need 2000")
    .action(async (path: string, { json, quiet, debug, ...options }: Options) => {
      const common = { ...(json && { json }), ...(quiet && { quiet }), ...(debug && { debug }) };
      await inSession(terminal, common, async ({ signal, result }) => {
        const { loaderBench } = await import("../commands/loaderBench.ts");
        const report = await loaderBench(path, { ...options, signal });
        result(report, () => benchText(report));
      });
      done(EXIT.ok);
    });
}

function benchText(report: LoaderBenchReport): string {
  const { samplesPerSec, limit, time, bytes, needed } = report;
  const share = (value: number) => `${(100 * value).toFixed(0)} %`;
  const rate = (value: number) => `${(value / 1e6).toFixed(1)} MB/s`;
  const lines = [
    `${samplesPerSec.toFixed(0)} samples/s in batches of ${report.batchSize}, ${report.threads} threads; first batch after ${report.firstBatchSec.toFixed(2)} s`,
    `shuffled  ${report.spread.toFixed(2)} (0: as recorded, 1: as well as uniform)`,
    `decoded   ${report.decodedPerServed.toFixed(2)} pictures for each different one that is served`,
    `read      ${rate(bytes.memory)} from memory, ${rate(bytes.disk)} from disk, ${rate(bytes.network)} over a network`,
    `threads   storage ${share(time.storage)}, decode ${share(time.decode)}, transform ${share(time.transform)}, transport ${share(time.transport)}, idle ${share(time.idle)}`,
    `consumer  ${share(time.consumer)} of the loop's time went by outside of the loader`,
  ];
  if (limit)
    lines.push(
      `limit     ${limit.samplesPerSec.toFixed(0)} samples/s (${limit.picturesPerSec.toFixed(0)} pictures/s decoded and scaled, nothing else); reached: ${share(limit.reached)}`,
    );
  if (needed) {
    lines.push(
      `needed    for ${needed.samplesPerSec} samples/s about ${needed.cores.toFixed(1)} cores like these and ${needed.diskMbPerSec.toFixed(1)} MB/s of storage (estimated from the above)`,
    );
    for (const { order, keySpacing, decodedPerSample, cores } of needed.otherwise)
      lines.push(
        `          ${JSON.stringify(order)}, a key frame every ${keySpacing}: ${decodedPerSample.toFixed(2)} pictures decoded a sample, about ${cores.toFixed(1)} cores`,
      );
  }
  return lines.join("\n");
}

function above(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("must be a number above 0.");
  return value;
}

function sizeOf(text: string): { height: number; width: number } {
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError("must be HEIGHTxWIDTH, such as 224x224.");
  return { height: Number(match[1]), width: Number(match[2]) };
}

function orderOf(text: string): NonNullable<LoaderBenchOptions["order"]> {
  if (text === "sequential" || text === "local" || text === "uniform") return text;
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("must be sequential, local, uniform or 0 to 1.");
  return value;
}

function windowsOf(text: string): { [stream: string]: number[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('must be JSON, such as {"action": [0, 1]}.');
  }
  const fits =
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((each) => Array.isArray(each) && each.every(Number.isInteger));
  if (!fits) throw new InvalidArgumentError('must name lists of whole numbers, such as {"action": [0, 1]}.');
  return value as { [stream: string]: number[] };
}
