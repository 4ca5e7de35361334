import { Worker } from "node:worker_threads";
import { TendonError } from "../core/errors.ts";
import { cacheFolder } from "../io/cacheFolder.ts";
import { endThreads, newEnding } from "../io/threadEnd.ts";
import type { DecodeDone, DecodeJob, LostRows } from "./decodeJob.ts";
import type { DecodeThreadData } from "./decodeThread.ts";
import type { SlotMemory } from "./memory.ts";
import type { Spent } from "./spent.ts";

const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "./decodeThread.ts" : "./decodeThread.js", import.meta.url);
/** Pictures are not V8's, and what a thread makes beside them is soon over: by itself V8 collects at 48 MB. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 };
/** Jobs that a thread has at once: enough that it never waits for a message. */
const AHEAD = 3;

/** What came of a job. */
export interface Decoded {
  /** Pictures that were decoded for it. */
  readonly decoded: number;
  readonly lost: readonly LostRows[];
  readonly spent: Spent;
}

interface Waiting {
  readonly job: DecodeJob;
  done(decoded: Decoded): void;
  fail(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  readonly under: Map<number, Waiting>;
}

/** Threads that decode, each with decoders and open files of its own. A job goes to the thread that has least to do. */
export class DecoderPool implements AsyncDisposable {
  readonly #threads: readonly Thread[];
  readonly #queue: Waiting[] = [];
  readonly #ending = newEnding();
  #next = 0;
  /** Why nothing is decoded any more: the pool was closed, or a thread was lost, whose memory nobody vouches for. */
  #over: TendonError | undefined;

  constructor(count: number, memory: SlotMemory) {
    const workerData: DecodeThreadData = { memory, indexFolder: cacheFolder("video-index"), ending: this.#ending };
    this.#threads = Array.from({ length: count }, (_, index) => {
      const worker = new Worker(ENTRY, { name: `decoder ${index}`, workerData, resourceLimits });
      const thread = { worker, under: new Map<number, Waiting>() };
      thread.worker.on("message", (done: DecodeDone) => this.#heard(thread, done));
      thread.worker.on("error", (cause) => this.#lost(thread, cause));
      thread.worker.on("exit", () => this.#lost(thread, undefined));
      return thread;
    });
  }

  run(job: Omit<DecodeJob, "id">): Promise<Decoded> {
    return new Promise((done, fail) => {
      if (this.#over) return fail(this.#over);
      this.#queue.push({ job: { ...job, id: this.#next++ }, done, fail });
      this.#hand();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(new TendonError("cancelled", "the loader was closed"));
    await endThreads(
      this.#threads.map(({ worker }) => worker),
      this.#ending,
    );
  }

  #hand(): void {
    for (;;) {
      const [least] = this.#threads.toSorted((a, b) => a.under.size - b.under.size);
      if (!least || least.under.size >= AHEAD) return;
      const waiting = this.#queue.shift();
      if (!waiting) return;
      least.under.set(waiting.job.id, waiting);
      least.worker.postMessage([waiting.job]);
    }
  }

  #heard({ under }: Thread, done: DecodeDone): void {
    const waiting = under.get(done.id);
    under.delete(done.id);
    if ("failed" in done) {
      const { code, message, place } = done.failed;
      waiting?.fail(new TendonError(code, message, { place }));
    } else waiting?.done(done);
    this.#hand();
  }

  #lost({ under }: Thread, cause: unknown): void {
    const files = [...under.values()].map(({ job }) => job.file);
    const message = `a decoding thread ended while it decoded ${files.join(", ") || "nothing"}`;
    this.#end(new TendonError("plugin-failed", message, { cause }));
  }

  #end(error: TendonError): void {
    this.#over ??= error;
    for (const { under } of this.#threads) {
      for (const waiting of under.values()) waiting.fail(this.#over);
      under.clear();
    }
    for (const waiting of this.#queue.splice(0)) waiting.fail(this.#over);
  }
}
