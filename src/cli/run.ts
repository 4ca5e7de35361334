import { resolve } from "node:path";
import { Command } from "commander";
import { TendonError } from "../core/errors.ts";
import { exitOfReport } from "./exit.ts";
import { engineOptions, shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { reportText } from "./tell.ts";

interface RunCommandOptions extends CommonOptions {
  readonly workers?: number;
  readonly stallSec?: number;
  readonly dataset?: string;
}

/** `tendon run PIPELINE`. */
export function runCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("run")
    .description("Run a pipeline: read, check, decide, and write the views. What was done before is not done again.")
    .argument("<pipeline>", "a .yaml file, or a .ts module whose default export is a pipeline")
    .option("--dataset <folder>", "write there instead of to the pipeline's own `dataset`")
    .addOption(shared.workers())
    .addOption(shared.stallSec())
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon run pipeline.yaml --workers 2")
    .action(async (path: string, options: RunCommandOptions) => {
      const code = await inSession(terminal, options, async ({ signal, onEvent, result }) => {
        const [{ readPipelineFile }, { run }] = await Promise.all([
          import("../commands/pipelineFile.ts"),
          import("../commands/run.ts"),
        ]);
        const file = await readPipelineFile(path);
        const input = options.dataset === undefined ? file.input : { ...file.input, dataset: resolve(options.dataset) };
        const report = await run(input, { base: file.base, signal, onEvent, ...engineOptions(options) }).catch(
          (thrown: unknown) => {
            throw thrown instanceof TendonError ? file.placed(thrown) : thrown;
          },
        );
        result(report, () => reportText(report));
        return exitOfReport(report);
      });
      done(code);
    });
}
