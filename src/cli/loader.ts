import { Socket } from "node:net";
import { Command } from "commander";
import type { Said } from "../loader/wire.ts";
import { EXIT } from "./exit.ts";
import { loaderBenchCommand } from "./loaderBench.ts";
import type { Terminal } from "./session.ts";

const PARENT_EVERY_MS = 1000;

/** `tendon loader`: what belongs to loading batches. */
export function loaderCommand(terminal: Terminal, done: (code: number) => void): Command {
  return new Command("loader")
    .description("Batches for training: what loading costs here.")
    .addHelpText("after", "\nExample:\n  $ tendon loader bench out/pick-place --size 224x224")
    .addCommand(loaderBenchCommand(terminal, done))
    .addCommand(serveCommand(done), { hidden: true });
}

/** `tendon loader serve`: the process that the Python package starts. */
function serveCommand(done: (code: number) => void): Command {
  return new Command("serve").description("Speak with the Python package over stdin and stdout.").action(async () => {
    const { serve } = await import("../loader/serve.ts");
    // Ctrl-C in a terminal reaches the whole group; whoever started us decides whether that is the end.
    process.on("SIGINT", () => undefined);
    const parent = process.ppid;
    // Where the other side has children that hold its end of the pipe, its death closes nothing.
    setInterval(() => process.ppid === parent || process.exit(EXIT.cancelled), PARENT_EVERY_MS).unref();
    const input = new Socket({ fd: 0, writable: false });
    input.once("close", () => process.exit(EXIT.ok));
    await serve(input, speaker());
    done(EXIT.ok);
    process.exit(EXIT.ok);
  });
}

/** Unlike process.stdout, which stops the whole process while a pipe is full. */
function speaker(): (message: Said) => Promise<void> {
  const output = new Socket({ fd: 1, readable: false });
  output.on("error", () => process.exit(EXIT.cancelled));
  return (message) =>
    new Promise((written) => {
      output.write(`${JSON.stringify(message)}\n`, () => written());
    });
}
