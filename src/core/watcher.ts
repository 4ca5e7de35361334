import type { Batch, Want } from "./batch.ts";

/**
 * Watches one episode go by. The pass waits for the slowest watcher. Exactly one of `close` and
 * `abort` is called, once.
 */
export interface Watcher<T> {
  readonly wants: readonly Want[];
  /** `want` is a place in `wants`. Resolves when the batch may be reused. */
  push(want: number, batch: Batch): void | Promise<void>;
  close(): T | Promise<T>;
  abort(reason: unknown): void | Promise<void>;
}
