import type { Codecs } from "../../core/codecs.ts";
import { NodeAvDecoder } from "./nodeAvDecoder.ts";
import { NodeAvEncoder } from "./nodeAvEncoder.ts";

/** The package as its lazy import gives it. */
export type NodeAv = typeof import("node-av");

/**
 * FFmpeg in this process, by the optional package `node-av`; undefined where it is not installed or
 * has no binary for this machine. Its calls block the thread: use it in a worker.
 */
export async function openNodeAv(): Promise<Codecs | undefined> {
  let av: NodeAv;
  try {
    av = await import("node-av");
    av.Log.setLevel(av.AV_LOG_QUIET);
    // SVT-AV1 writes to stderr by itself. Only the main thread's environment reaches it.
    process.env.SVT_LOG ??= "1";
  } catch {
    return undefined;
  }
  return {
    decoder: async (config, wants) => NodeAvDecoder.open(av, config, wants),
    encoder: (encoding, size, rateHz) => NodeAvEncoder.open(av, { encoding, size, rateHz }),
  };
}
