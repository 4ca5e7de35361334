import { fork } from "node:child_process";
import { TendonError } from "../../core/errors.ts";
import type { HalfwayTask } from "./halfway.ts";

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./halfway.ts" : "./halfway.js", import.meta.url);

/** Runs a pipeline in another process that is killed with SIGKILL, its workers too, once some episodes are done. */
export async function runAndKill(task: HalfwayTask, signal?: AbortSignal): Promise<NodeJS.Signals> {
  const child = fork(ENTRY, { detached: true, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let said = "";
  child.stderr?.on("data", (text: Buffer) => {
    said = (said + text.toString()).slice(-2000);
  });
  const stop = () => {
    const runs = child.exitCode === null && child.signalCode === null;
    if (runs && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (_code, by) => resolve(by));
    });
    child.send(task);
    const by = await ended;
    if (signal?.aborted) throw new TendonError("cancelled", "stopped");
    if (by === "SIGKILL") return by;
    throw new TendonError(
      "internal",
      `the run that was to be killed half-way ended before it (${said.trim() || "it said nothing"})`,
    );
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
