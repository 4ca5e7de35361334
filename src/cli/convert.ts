import { Command, Option } from "commander";
import type { ConvertOptions } from "../commands/convert.ts";
import { TendonError } from "../core/errors.ts";
import { EXIT, exitOfReport } from "./exit.ts";
import { engineOptions, positiveNumber, shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { reportText } from "./tell.ts";

interface ConvertCommandOptions extends CommonOptions {
  readonly to: readonly string[];
  readonly rate?: number;
  readonly camera?: string;
  readonly robot?: string;
  readonly task?: string;
  readonly video?: string;
  readonly checks: boolean;
  readonly keepBroken?: boolean;
  readonly print?: boolean;
  readonly workers?: number;
  readonly stallSec?: number;
}

/** `tendon convert SOURCE TARGET --to gr00t`. */
export function convertCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("convert")
    .description("Turn a recording, a folder of recordings or a dataset into a GR00T or LeRobot v3.0 dataset.")
    .argument("<source>", "an MCAP file or a folder of them; a LeRobot or GR00T dataset")
    .argument("<target>", "a new folder, or one that an earlier run wrote")
    .addOption(new Option("--to <view>", "gr00t or lerobot; may stand twice").argParser(gather).makeOptionMandatory())
    .addOption(new Option("--rate <hz>", "rows a second (default: the main camera's frames)").argParser(positiveNumber))
    .option("--camera <stream>", "the camera whose frames are the rows")
    .option("--robot <name>", "a preset for the joints of a recording: g1, gr1, aloha, so101, franka")
    .option("--task <text>", "the instruction, where a recording has none")
    .addOption(new Option("--video <how>", "copy pictures as recorded, or encode them again").choices(["auto", "copy", "encode"]))
    .option("--no-checks", "look for no faults: nothing is decoded that need not be")
    .option("--keep-broken", "keep episodes that a check calls broken")
    .option("--print", "print the pipeline as YAML instead of running it")
    .addOption(shared.workers())
    .addOption(shared.stallSec())
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon convert recordings/ out/pick-place --to gr00t --to lerobot --robot g1")
    .action(async (source: string, target: string, options: ConvertCommandOptions) => {
      done(await convert(terminal, { source, target }, options));
    });
}

function convert(
  terminal: Terminal,
  paths: { readonly source: string; readonly target: string },
  options: ConvertCommandOptions,
): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, result }) => {
    const { convertPipeline } = await import("../commands/convert.ts");
    const input = await convertPipeline(paths, convertOptions(options));
    if (options.print) {
      const { stringify } = await import("yaml");
      result(input, () => stringify(input).trimEnd());
      return EXIT.ok;
    }
    const { run } = await import("../commands/run.ts");
    const report = await run(input, { signal, onEvent, ...engineOptions(options) }).catch((thrown: unknown) => {
      throw ofThePipeline(thrown);
    });
    result(report, () => reportText(report));
    return exitOfReport(report);
  });
}

/** The user never saw the pipeline that an error names a place of. */
function ofThePipeline(thrown: unknown): unknown {
  if (!(thrown instanceof TendonError) || thrown.code !== "bad-pipeline" || !thrown.place.path) return thrown;
  const advice =
    "(a place in the pipeline that convert made: --rate, --camera, --robot and --task fill it in, " +
    "--print writes it as YAML to edit and run)";
  return new TendonError(thrown.code, `${thrown.message}\n${advice}`, { place: thrown.place, cause: thrown });
}

function convertOptions(options: ConvertCommandOptions): ConvertOptions {
  return {
    to: options.to,
    checks: options.checks ? "all" : "none",
    broken: options.keepBroken ? "keep" : "drop",
    ...(options.rate !== undefined && { rateHz: options.rate }),
    ...(options.camera !== undefined && { camera: options.camera }),
    ...(options.robot !== undefined && { robot: options.robot }),
    ...(options.task !== undefined && { task: options.task }),
    ...(options.video !== undefined && { video: options.video }),
  };
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(",")];
}
