import { randomUUID } from "node:crypto";
import type { Pipeline } from "../core/pipeline.ts";
import { beginRun, type WorkerRun } from "../engines/workerRun.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { builtIns } from "../plugins.ts";

/** A pipeline made ready in this thread, to look at an episode of it. It has no home, so nothing of it can be written. */
export async function lookRun(
  given: { readonly pipeline: Pipeline; readonly base: string },
  signal: AbortSignal = new AbortController().signal,
): Promise<WorkerRun> {
  const held = new Map<string, Promise<object>>();
  const kit = { registry: builtIns, openCodecs: () => openCodecs() };
  const run = await beginRun(kit, { run: `look-${randomUUID()}`, worker: 0, ...given }, held, signal, () => undefined);
  return {
    ...run,
    async [Symbol.asyncDispose]() {
      for (const opening of held.values()) {
        const thing: Partial<AsyncDisposable> | undefined = await opening.catch(() => undefined);
        await thing?.[Symbol.asyncDispose]?.();
      }
      await run[Symbol.asyncDispose]();
    },
  };
}
