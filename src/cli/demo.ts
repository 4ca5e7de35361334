import { relative, resolve } from "node:path";
import { Command } from "commander";
import type { RunReport } from "../core/report.ts";
import { EXIT, exitOfReport } from "./exit.ts";
import { shared } from "./options.ts";
import { type CommonOptions, inSession, type Terminal } from "./session.ts";
import { inspectText, reportText } from "./tell.ts";

const WITHOUT_PATH = `tendon demo turns recordings of yours into a GR00T and a LeRobot v3.0 dataset:

  npm run demo -- PATH

PATH may be
  - an MCAP file, or a folder of them, with a camera and joint states (ROS 2, ROS 1, protobuf or JSON messages)
  - a LeRobot dataset (v2.0, v2.1, v3.0) or a GR00T dataset: the folder that holds meta/info.json

For example: npm run demo -- ~/recordings/pick-place

A robot that is simulated here, for a demo without recordings, is not there yet.`;

interface DemoOptions extends CommonOptions {
  readonly workers?: number;
}

/** `tendon demo [PATH]`: what `npm run demo` runs. */
export function demoCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("demo")
    .description("Convert recordings of yours into both datasets, below out/, and say what to do next.")
    .argument("[path]", "an MCAP file or a folder of them; a LeRobot or GR00T dataset")
    .addOption(shared.workers())
    .addOption(shared.json())
    .addOption(shared.quiet())
    .addHelpText("after", "\nExample:\n  $ tendon demo recordings/")
    .action(async (path: string | undefined, options: DemoOptions) => {
      if (path === undefined) {
        terminal.out(`${WITHOUT_PATH}\n`);
        return done(EXIT.usage);
      }
      done(await demo(terminal, path, options));
    });
}

function demo(terminal: Terminal, path: string, options: DemoOptions): Promise<number> {
  return inSession(terminal, options, async ({ signal, onEvent, progress, result }) => {
    const [{ detect }, { inspect }, { convertPipeline }, { run }] = await Promise.all([
      import("../commands/detect.ts"),
      import("../commands/inspect.ts"),
      import("../commands/convert.ts"),
      import("../commands/run.ts"),
    ]);
    const found = await detect(path);
    // Its findings come with the report, which has them too.
    progress.say(inspectText({ ...(await inspect(path, { signal })), findings: [] }, path));
    const target = resolve("out", found.name);
    progress.say(`\nwriting GR00T and LeRobot v3.0 to ${relative(process.cwd(), target)} …`);
    const input = await convertPipeline({ source: path, target }, { to: ["gr00t", "lerobot"], checks: "all", broken: "drop" });
    const workers = options.workers === undefined ? {} : { workers: options.workers };
    const report = await run(input, { signal, onEvent, ...workers });
    result(report, () => `\n${reportText(report)}\n${nextSteps(report, path, target)}`);
    return exitOfReport(report);
  });
}

function nextSteps(report: RunReport, path: string, target: string): string {
  const home = relative(process.cwd(), target);
  const again = `  npx tendon convert ${path} ${home} --to gr00t --to lerobot --print > pipeline.yaml   # to change what is done`;
  if (report.snapshot === null) return `\nNext:\n  npx tendon inspect ${path}\n${again}`;
  const view = report.views[0];
  const look = view ? [`  npx tendon inspect ${relative(process.cwd(), view.path)}`] : [];
  return ["\nNext:", ...look, again, "  npx tendon run pipeline.yaml"].join("\n");
}
