import { Command } from "commander";
import { demoOfPathText, demoText, foundText } from "./demoText.ts";
import { EXIT, exitOfReport } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";

interface DemoCommandOptions extends CommonOptions {
  readonly workers?: number;
}

/** `tendon demo [PATH]`: what `npm run demo` runs. */
export function demoCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("demo")
    .description(
      "Show what Tendon does and prove it: with a simulated robot, whose faults are known, or with recordings of yours.",
    )
    .argument("[path]", "an MCAP file or a folder of them; a LeRobot or GR00T dataset (default: a robot is simulated)")
    .addOption(shared.workers())
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nResults go below out/.\n\nExample:\n  $ tendon demo\n  $ tendon demo recordings/")
    .action(async (path: string | undefined, options: DemoCommandOptions) => {
      done(await (path === undefined ? demo(terminal, options) : demoOfPath(terminal, path, options)));
    });
}

function demo(terminal: Terminal, options: DemoCommandOptions): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, progress, result }) => {
    const { demo: show } = await import("../commands/demo.ts");
    const report = await show({ ...workersOf(options), signal, onEvent, say: (line) => progress.say(line) });
    result(report, () => demoText(report));
    return report.holds ? EXIT.ok : EXIT.failed;
  });
}

function demoOfPath(terminal: Terminal, path: string, options: DemoCommandOptions): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, progress, result }) => {
    const { demoOfPath: show } = await import("../commands/demo/ofPath.ts");
    const report = await show(path, {
      ...workersOf(options),
      signal,
      onEvent,
      onFound: (found, target) => progress.say(foundText(path, found, target)),
    });
    result(report, () => demoOfPathText(report, path));
    return exitOfReport(report);
  });
}

function workersOf({ workers }: DemoCommandOptions) {
  return workers === undefined ? {} : { workers };
}
