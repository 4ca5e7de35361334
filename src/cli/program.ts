import { Command, Option } from "commander";
import { convertCommand } from "./convert.ts";
import { demoCommand } from "./demo.ts";
import { explainCommand } from "./explain.ts";
import { initCommand } from "./init.ts";
import { inspectCommand } from "./inspect.ts";
import { loaderCommand } from "./loader.ts";
import { planCommand } from "./plan.ts";
import { previewCommand } from "./preview.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { schemaCommand } from "./schema.ts";
import type { Terminal } from "./session.ts";
import { simulateCommand } from "./simulate.ts";

/** The whole command line. `done` hears the exit code that a command ends with. */
export function makeProgram(terminal: Terminal, version: string, done: (code: number) => void): Command {
  const program = new Command("tendon")
    .description("Turns recordings of robots into datasets that GR00T and LeRobot open.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showSuggestionAfterError()
    .showHelpAfterError("(tendon --help lists the commands)")
    .addHelpText("after", EXAMPLE);
  const commands = [
    runCommand,
    planCommand,
    inspectCommand,
    convertCommand,
    initCommand,
    previewCommand,
    explainCommand,
    reportCommand,
    simulateCommand,
    schemaCommand,
    demoCommand,
    loaderCommand,
  ];
  for (const make of commands) {
    const command = make(terminal, done).copyInheritedSettings(program);
    command.addOption(new Option("--debug", "on an error, print where in the code it came from"));
    program.addCommand(command);
  }
  return program;
}

const EXAMPLE = `
Examples:
  $ tendon inspect recordings/
  $ tendon convert recordings/ out/pick-place --to gr00t --to lerobot
  $ tendon run pipeline.yaml

Exit codes: 0 done; 1 something failed or nothing was kept; 2 the command line or the pipeline is wrong;
3 a tool, memory or disk is missing; 130 stopped.`;
