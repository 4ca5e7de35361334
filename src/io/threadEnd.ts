import type { Worker } from "node:worker_threads";

/**
 * Shared by a thread and whoever started it. A thread that is terminated inside of native code, such as a decoder,
 * takes the whole process along: so it is asked to end, looks at this between two pictures, and is waited for.
 */
export type Ending = Int32Array<SharedArrayBuffer>;

/** What `endThreads` sends: the thread then closes its port, once it has done with what came before. */
export const END = "end";

const END_MS = 10_000;

export function newEnding(): Ending {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Whether what the thread does is of no use any more. */
export function isEnding(ending: Ending): boolean {
  return Atomics.load(ending, 0) === 1;
}

/** Resolves when all threads are gone. One that does not hear is terminated after all. */
export async function endThreads(threads: readonly Worker[], ending: Ending): Promise<void> {
  Atomics.store(ending, 0, 1);
  await Promise.all(threads.map(ended));
}

async function ended(thread: Worker): Promise<void> {
  if (thread.threadId === -1) return;
  const gone = new Promise<void>((resolve) => void thread.once("exit", () => resolve()));
  thread.postMessage(END);
  const late = setTimeout(() => void thread.terminate(), END_MS);
  await gone;
  clearTimeout(late);
}
