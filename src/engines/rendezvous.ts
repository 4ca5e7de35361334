/**
 * Turns a producer that calls `emit` into something to iterate. `emit` resolves when the consumer
 * asks for the next item, so the producer may then reuse what it gave: nothing is buffered.
 */
export async function* rendezvous<T>(produce: (emit: (item: T) => Promise<void>) => Promise<void>): AsyncGenerator<T> {
  let offered = Promise.withResolvers<{ item: T } | undefined>();
  let release: (() => void) | undefined;
  let stopped = false;
  let refuse: ((reason: unknown) => void) | undefined;
  const emit = (item: T) =>
    new Promise<void>((resolve, reject) => {
      if (stopped) return reject(STOPPED);
      release = resolve;
      refuse = reject;
      offered.resolve({ item });
    });
  const producing = produce(emit).then(
    () => offered.resolve(undefined),
    (error: unknown) => offered.reject(error),
  );
  try {
    for (;;) {
      const next = await offered.promise;
      if (next === undefined) return;
      offered = Promise.withResolvers();
      offered.promise.catch(() => undefined);
      yield next.item;
      release?.();
    }
  } finally {
    // The consumer left early: the producer's pending emit fails, which unwinds it, and we wait for that.
    stopped = true;
    refuse?.(STOPPED);
    await producing;
  }
}

/** What a producer's `emit` rejects with once nobody listens. */
export const STOPPED: Error = new Error("the reader stopped");
