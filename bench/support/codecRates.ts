import { Worker } from "node:worker_threads";
import type { DecodeWant } from "../../src/core/codecs.ts";

/** Seconds that decoding and encoding take alone, each the longest over threads that work at once. */
export interface CodecRates {
  readonly frames: number;
  readonly decodeSec: number;
  readonly encodeSec: number;
}

/** What a thread is given and what it answers. */
export interface CodecShare {
  readonly files: readonly string[];
  readonly encode: boolean;
  /** How pictures are to come. Absent: yuv420p in their own size, which most are coded in. */
  readonly want?: DecodeWant;
}

/** Decodes (and encodes) these videos with Tendon's own codecs and default encoding, on as many threads as a run has workers, and nothing else. */
export async function codecRates(
  files: readonly string[],
  given: { threads: number; encode: boolean; want?: DecodeWant },
): Promise<CodecRates> {
  const shares = Array.from({ length: given.threads }, (_, thread) =>
    files.filter((_file, index) => index % given.threads === thread),
  );
  const rates = await Promise.all(
    shares.map((share) => inThread({ files: share, encode: given.encode, ...(given.want && { want: given.want }) })),
  );
  return {
    frames: rates.reduce((sum, { frames }) => sum + frames, 0),
    decodeSec: Math.max(...rates.map(({ decodeSec }) => decodeSec)),
    encodeSec: Math.max(...rates.map(({ encodeSec }) => encodeSec)),
  };
}

function inThread(share: CodecShare): Promise<CodecRates> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./codecThread.ts", import.meta.url), { workerData: share });
    thread.once("message", resolve);
    thread.once("error", reject);
  });
}
