import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SourceContext } from "../core/context.ts";
import type { Finding } from "../core/finding.ts";

/** What a source is given where it is only looked at: what it held is closed at the end. */
export async function lookContext(options: {
  readonly signal?: AbortSignal;
  readonly find: (finding: Finding) => void;
}): Promise<SourceContext & AsyncDisposable> {
  const scratch = await mkdtemp(join(tmpdir(), "tendon-look-"));
  const held = new Map<string, Promise<object>>();
  return {
    signal: options.signal ?? new AbortController().signal,
    seed: 0n,
    scratch,
    log: () => undefined,
    find: options.find,
    hold<T extends object>(key: string, open: () => Promise<T>) {
      const known = held.get(key) ?? open();
      held.set(key, known);
      return known as Promise<T>;
    },
    async [Symbol.asyncDispose]() {
      for (const opening of held.values()) {
        const thing = await opening.catch(() => undefined);
        const close = (thing as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose];
        if (thing && close) await close.call(thing);
      }
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
