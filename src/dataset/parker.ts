import type { Batch } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";

/** One thing that is being parked, for everyone in a pass who asked for it. */
export interface Parker<T> {
  /** How many samples of a stream it has. */
  count(stream: string): number;
  /** Copies samples `start` to the end of a batch, or writes them. */
  append(stream: string, batch: Batch, start: number): void;
  finish(): Promise<T>;
  abort(): Promise<void>;
}

/** One watcher's share in a parker. */
export interface Share<T> {
  push(stream: string, batch: Batch): void;
  close(): Promise<T>;
  abort(): Promise<void>;
}

/**
 * Lets several watchers of one pass park one thing. Whoever brings samples first is listened to; the
 * same samples from another are known already. It is given up once all who wanted it gave up.
 */
export function sharedParker<T>(parker: Parker<T>): { join(): Share<T> } {
  let interested = 0;
  let finished: Promise<T> | undefined;
  return {
    join() {
      interested++;
      const pushed = new Map<string, number>();
      let left = false;
      return {
        push(stream, batch) {
          const before = pushed.get(stream) ?? 0;
          pushed.set(stream, before + batch.time.length);
          const known = parker.count(stream) - before;
          if (known >= batch.time.length) return;
          if (finished) throw new TendonError("internal", "more samples came after the part was closed", { place: { stream } });
          parker.append(stream, batch, known);
        },
        close() {
          left = true;
          finished ??= finishOrAbort(parker);
          return finished;
        },
        async abort() {
          if (!left) interested--;
          left = true;
          if (interested === 0 && finished === undefined) await parker.abort();
        },
      };
    },
  };
}

async function finishOrAbort<T>(parker: Parker<T>): Promise<T> {
  try {
    return await parker.finish();
  } catch (cause) {
    await parker.abort();
    throw cause;
  }
}

/** Work that failed once fails ever after: what it left half done is not taken up again by another share. */
export function orNeverAgain<A extends readonly unknown[]>(work: (...given: A) => void): (...given: A) => void {
  let failed: { readonly error: unknown } | undefined;
  return (...given) => {
    if (failed) throw failed.error;
    try {
      work(...given);
    } catch (error) {
      failed = { error };
      throw error;
    }
  };
}
