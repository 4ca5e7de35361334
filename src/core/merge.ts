import type { Batch, Delivery } from "./batch.ts";
import { batchStart } from "./batch.ts";

/**
 * One pass over several streams, merged by the time of each batch's first sample (packets by decode
 * time); at equal times in the order given. `streams[i]` is delivered as want i. A batch stays valid
 * until the next pull, so every stream is asked for its next batch only after the last one was used.
 */
export async function* mergeByTime(streams: readonly AsyncIterable<Batch>[]): AsyncGenerator<Delivery> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const heads: (Batch | undefined)[] = [];
  try {
    for (const iterator of iterators) heads.push(await nextBatch(iterator));
    for (;;) {
      const want = earliest(heads);
      const batch = heads[want];
      if (batch === undefined) return;
      yield { want, batch };
      heads[want] = await nextBatch(iterators[want]!);
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

async function nextBatch(iterator: AsyncIterator<Batch>): Promise<Batch | undefined> {
  for (;;) {
    const step = await iterator.next();
    if (step.done) return undefined;
    if (step.value.time.length > 0) return step.value;
  }
}

function earliest(heads: readonly (Batch | undefined)[]): number {
  let best = 0;
  let bestTime: bigint | undefined;
  for (let index = 0; index < heads.length; index++) {
    const head = heads[index];
    if (head === undefined) continue;
    const time = batchStart(head);
    if (bestTime === undefined || time < bestTime) {
      best = index;
      bestTime = time;
    }
  }
  return best;
}
