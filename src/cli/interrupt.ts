import { EXIT } from "./exit.ts";

/** One Ctrl-C may arrive twice: from the terminal, and passed on by the older Node that started us. */
const ONE_PRESS_MS = 500;

/** A signal that Ctrl-C aborts. The first one lets the work end cleanly; a second ends the process. */
export function interruptible(say: (line: string) => void): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let firstMs = Number.NEGATIVE_INFINITY;
  const stop = (name: NodeJS.Signals) => {
    if (performance.now() - firstMs < ONE_PRESS_MS) return;
    if (controller.signal.aborted) process.exit(EXIT.cancelled);
    firstMs = performance.now();
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
