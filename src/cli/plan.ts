import { Command } from "commander";
import { TendonError } from "../core/errors.ts";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { planText } from "./planText.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

/** `tendon plan PIPELINE`. */
export function planCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("plan")
    .description("Say what a pipeline would do: the streams of each robot after every stage, and what is done already.")
    .argument("<pipeline>", "a .yaml file, or a .ts module whose default export is a pipeline")
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon plan pipeline.yaml")
    .action(async (path: string, options: CommonOptions) => {
      const code = await inSession(terminal, options, async ({ signal, onEvent, result }) => {
        const [{ readPipelineFile }, { plan }] = await Promise.all([
          import("../commands/pipelineFile.ts"),
          import("../commands/run.ts"),
        ]);
        const file = await readPipelineFile(path);
        const planned = await plan(file.input, { base: file.base, signal, onEvent, workers: 1 }).catch((thrown: unknown) => {
          throw thrown instanceof TendonError ? file.placed(thrown) : thrown;
        });
        result(planned, () => planText(planned));
        return planned.failures.length > 0 ? EXIT.failed : EXIT.ok;
      });
      done(code);
    });
}
