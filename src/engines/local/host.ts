import { Worker } from "node:worker_threads";
import type { FromHost, ToHost } from "./messages.ts";

/**
 * The process that native code may take down: it holds the worker threads and passes messages on.
 * It keeps no state of a run, so that the supervisor can start another in its place.
 */
const workers = new Map<number, Worker>();
const send = (message: FromHost) => {
  if (process.connected) process.send!(message);
};

/**
 * Node lets a thread's young objects take 192 MB. A worker's rows are in typed arrays outside of that, so
 * a limit costs no time: measured over a million rows, thousands of short episodes, and video.
 */
const YOUNG_MB = 24;

process.on("message", (message: ToHost) => {
  if (message.do === "start") start(message.worker, message.entry, message.heapMb);
  else if (message.do === "post") workers.get(message.worker)?.postMessage(message.message);
  else void workers.get(message.worker)?.terminate();
});
// The supervisor is gone: nothing that is still running can be told to anybody.
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => undefined);

function start(worker: number, entry: string, heapMb: number): void {
  const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_MB };
  const thread = new Worker(new URL(entry), { name: `worker ${worker}`, resourceLimits });
  let why = "it ended";
  workers.set(worker, thread);
  thread.on("message", (message) => send({ worker, message }));
  thread.on("error", (error) => {
    why = error instanceof Error ? `${error.message}` : String(error);
  });
  thread.on("exit", (code) => {
    if (workers.get(worker) === thread) workers.delete(worker);
    send({ worker, exited: why === "it ended" ? `it ended with code ${code}` : why });
  });
}
