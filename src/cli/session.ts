import type { RunEvent } from "../core/event.ts";
import { type Progress, startProgress } from "../observe/progress.ts";
import { interruptible } from "./interrupt.ts";

/** What a command may do to the world outside: `main` gives it the process's own. */
export interface Terminal {
  /** Results: for programs to read. */
  readonly out: (text: string) => void;
  /** Progress and remarks: for people. */
  readonly err: (text: string) => void;
  readonly terminal: boolean;
  readonly columns: number;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly quiet?: boolean;
}

/** A command while it works: its progress on stderr, its cancellation, its result on stdout. */
export interface Session {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly onEvent: (event: RunEvent) => void;
  /** One JSON object with `--json`, else text. */
  readonly result: (json: unknown, text: () => string) => void;
}

/** Runs a command's work, with Ctrl-C heard, and takes the progress line away at its end. */
export async function inSession<T>(
  terminal: Terminal,
  options: CommonOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const quiet = options.quiet === true;
  const progress = startProgress({
    write: quiet ? () => undefined : terminal.err,
    terminal: terminal.terminal,
    columns: terminal.columns,
    nowMs: () => performance.now(),
  });
  const interrupt = interruptible((line) => progress.say(line));
  try {
    return await work({
      signal: interrupt.signal,
      progress,
      // What is cut off by a cancellation has not failed: it is done when the command runs again.
      onEvent: (event) => {
        if (event.type !== "failure" || !interrupt.signal.aborted) progress.event(event);
      },
      result: (json, text) => {
        progress.end();
        terminal.out(options.json ? `${JSON.stringify(json)}\n` : `${text()}\n`);
      },
    });
  } finally {
    progress.end();
    interrupt.dispose();
  }
}
