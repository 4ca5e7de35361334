import type { Batch } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { Watcher } from "../core/watcher.ts";
import { uniteWants } from "./wants.ts";

/** A watcher in a pass, and what became of it. */
export interface Seat {
  /** The step it belongs to, as `stages[2].check.frozen`. */
  readonly path: string;
  readonly watcher: Watcher<unknown>;
  /** Set once: its value, or the error that it or the pass ended with. */
  outcome?: { readonly value: unknown } | { readonly error: unknown };
}

/** Counts what goes by, for progress. */
export interface Tally {
  rows: number;
  frames: number;
  bytes: number;
}

/** Gives one batch to every seat that wants it, and waits for the slowest. A seat that throws is out; the others go on. */
export async function give(
  seats: readonly Seat[],
  routes: readonly { readonly reader: number; readonly want: number }[],
  batch: Batch,
): Promise<void> {
  for (const route of routes) {
    const seat = seats[route.reader];
    if (!seat || seat.outcome) continue;
    try {
      await seat.watcher.push(route.want, batch);
    } catch (error) {
      await leave(seat, error);
    }
  }
}

/** One pass over an episode for these watchers, all in lock step. An error of the reading itself is thrown, after every watcher was aborted. */
export async function pass(episode: Episode, seats: readonly Seat[], tally: Tally, signal: AbortSignal): Promise<void> {
  const united = uniteWants(seats.map((seat) => seat.watcher.wants));
  try {
    if (united.wants.length > 0) {
      for await (const { want, batch } of episode.read(united.wants)) {
        signal.throwIfAborted();
        count(tally, batch);
        await give(seats, united.routes[want]!, batch);
      }
    }
  } catch (error) {
    await abortAll(seats, error);
    throw error;
  }
  await closeAll(seats);
}

export async function closeAll(seats: readonly Seat[]): Promise<void> {
  for (const seat of seats) {
    if (seat.outcome) continue;
    try {
      seat.outcome = { value: await seat.watcher.close() };
    } catch (error) {
      seat.outcome = { error };
    }
  }
}

export async function abortAll(seats: readonly Seat[], reason: unknown): Promise<void> {
  for (const seat of seats) if (!seat.outcome) await leave(seat, reason);
}

async function leave(seat: Seat, error: unknown): Promise<void> {
  seat.outcome = { error };
  try {
    await seat.watcher.abort(error);
  } catch {
    // The first error is the one that tells; what fails while cleaning up after it adds nothing.
  }
}

function count(tally: Tally, batch: Batch): void {
  if (batch.kind === "frames") tally.frames += batch.time.length;
  else if (batch.kind === "packets") tally.bytes += Number(batch.offsets.at(-1)! - batch.offsets[0]!);
  else tally.rows += batch.time.length;
}
