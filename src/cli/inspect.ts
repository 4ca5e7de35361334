import { Command } from "commander";
import { EXIT } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { inspectText } from "./tell.ts";

/** `tendon inspect PATH`. */
export function inspectCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("inspect")
    .description("Say what a recording or dataset holds: its streams, rates, codecs, and what is wrong with it.")
    .argument("<path>", "an MCAP file or a folder of them; a LeRobot or GR00T dataset; a dataset of Tendon's own")
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon inspect recordings/pick-place.mcap --json")
    .action(async (path: string, options: CommonOptions) => {
      const code = await inSession(terminal, options, async ({ signal, result, progress }) => {
        const { inspect } = await import("../commands/inspect.ts");
        const report = await inspect(path, {
          signal,
          onProgress: ({ episodes }) => {
            if (episodes % 1000 === 0) progress.say(`${episodes} episodes looked at`);
          },
        });
        result(report, () => inspectText(report, path));
        return (report.failures?.length ?? 0) > 0 ? EXIT.failed : EXIT.ok;
      });
      done(code);
    });
}
