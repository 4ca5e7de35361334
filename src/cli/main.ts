import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { asTendonError } from "../core/errors.ts";
import { errorJson, errorText } from "./errorText.ts";
import { EXIT, exitOfError } from "./exit.ts";
import { makeProgram } from "./program.ts";
import type { Terminal } from "./session.ts";

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  columns: process.stderr.columns ?? 80,
};

process.stdout.on("error", ignoreClosedPipe);
process.stderr.on("error", ignoreClosedPipe);
process.exitCode = await main(process.argv.slice(2));

/** The exit code. What cannot be said by a report is an error: one block on stderr, never a stack unless asked for. */
async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram(terminal, version(), (given) => {
    code = given;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const error = asTendonError(thrown, "internal");
    if (args.includes("--json")) terminal.out(`${JSON.stringify(errorJson(error))}\n`);
    terminal.err(`${errorText(error, { debug: args.includes("--debug") })}\n`);
    return exitOfError(error.code);
  }
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** `tendon … | head` closes our stdout: that is no fault. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
