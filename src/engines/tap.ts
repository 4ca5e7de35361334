import type { Delivery, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import { cropBatch } from "../core/slice.ts";
import type { TimeRange } from "../core/time.ts";
import { abortAll, closeAll, give, pass, type Seat, type Tally } from "./pass.ts";
import { type UnitedWants, uniteWants } from "./wants.ts";

/** A place in the chain of stages where watchers look at the pass that a later step pulls. */
export interface Tap {
  readonly episode: Episode;
  /** Reads for the watchers alone if nobody downstream did; then every seat has its outcome. */
  finish(tally: Tally): Promise<void>;
}

/**
 * Puts watchers on an episode. The first read of it also feeds them: they see the whole span, also
 * where downstream asks for a range or stops early. Later reads pass by them.
 */
export function tapEpisode(episode: Episode, seats: readonly Seat[], signal: AbortSignal): Tap {
  if (seats.length === 0) return { episode, finish: async () => undefined };
  let watched = false;
  const read = (wants: readonly Want[], range?: TimeRange) => {
    if (watched) return episode.read(wants, range);
    watched = true;
    return readWatched({ episode, seats, wants, signal, ...(range && { range }) });
  };
  return {
    episode: { ...episode, times: (stream) => episode.times(stream), read },
    finish: async (tally) => {
      if (watched) return;
      watched = true;
      await pass(episode, seats, tally, signal);
    },
  };
}

interface WatchedRead {
  readonly episode: Episode;
  readonly seats: readonly Seat[];
  readonly wants: readonly Want[];
  readonly range?: TimeRange;
  readonly signal: AbortSignal;
}

async function* readWatched({ episode, seats, wants, range, signal }: WatchedRead): AsyncGenerator<Delivery> {
  const united = uniteWants([...seats.map((seat) => seat.watcher.wants), wants]);
  const downstream = seats.length;
  let reading: "on" | "ended" = "on";
  const source = episode.read(united.wants)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await source.next();
      if (step.done) break;
      const { want, batch } = step.value;
      const routes = united.routes[want]!;
      await give(seats, routes, batch);
      for (const route of routes) {
        if (route.reader !== downstream) continue;
        const inside = range ? cropBatch(batch, range) : batch;
        if (inside) yield { want: route.want, batch: inside };
      }
    }
    reading = "ended";
    await closeAll(seats);
  } catch (error) {
    reading = "ended";
    await abortAll(seats, error);
    throw error;
  } finally {
    if (reading === "on") await readOn(source, { seats, united, signal });
  }
}

/** Downstream has stopped: the watchers still see the rest. */
async function readOn(
  source: AsyncIterator<Delivery>,
  { seats, united, signal }: { seats: readonly Seat[]; united: UnitedWants; signal: AbortSignal },
): Promise<void> {
  try {
    for (let step = await source.next(); !step.done; step = await source.next()) {
      signal.throwIfAborted();
      await give(seats, united.routes[step.value.want]!, step.value.batch);
    }
    await closeAll(seats);
  } catch (error) {
    await abortAll(seats, error);
  } finally {
    await source.return?.();
  }
}
