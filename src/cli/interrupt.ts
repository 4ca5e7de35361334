import { EXIT } from "./exit.ts";

/** A signal that Ctrl-C aborts. The first one lets the work end cleanly; a second ends the process. */
export function interruptible(say: (line: string) => void): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.cancelled);
    say(name === "SIGINT" ? "stopping … (Ctrl-C again ends at once)" : "stopping …");
    controller.abort();
  };
  const names: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}
