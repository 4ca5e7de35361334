import type { Batch } from "../../../core/batch.ts";
import type { RowBatches } from "./rows.ts";

/**
 * Splits one pass over a table into its streams, each read at its own pace. What one is ahead of
 * another is held; merged by time, that is one batch.
 */
export function fanOut(table: AsyncGenerator<RowBatches>, streams: readonly string[]): AsyncGenerator<Batch>[] {
  const held = new Map<number, { readonly batches: Promise<RowBatches | undefined>; readers: number }>();
  let reading = streams.length;
  let read = 0;
  let tail: Promise<unknown> = Promise.resolve();

  const pull = (): Promise<RowBatches | undefined> => {
    const next = tail.then(async () => {
      const step = await table.next();
      return step.done ? undefined : step.value;
    });
    tail = next.catch(() => undefined);
    return next;
  };
  const at = (index: number) => {
    while (read <= index) held.set(read++, { batches: pull(), readers: 0 });
    return held.get(index)!;
  };

  async function* stream(name: string): AsyncGenerator<Batch> {
    try {
      for (let index = 0; ; index++) {
        const slot = at(index);
        const batches = await slot.batches;
        if (++slot.readers === streams.length) held.delete(index);
        if (batches === undefined) return;
        yield batches.get(name)!;
      }
    } finally {
      if (--reading === 0) await table.return(undefined);
    }
  }
  return streams.map(stream);
}
