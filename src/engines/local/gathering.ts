import { asTendonError, TendonError } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import type { Failure } from "../../core/report.ts";
import type { ListedEpisode } from "../collect.ts";
import type { ListWriter } from "../lists.ts";
import type { GatherNote, SourceReply } from "../protocol.ts";
import type { Range } from "./backlog.ts";
import type { Crew } from "./crew.ts";
import { WorkerLost } from "./pool.ts";
import { openStallWatch, type StallWatch } from "./stallWatch.ts";

export interface GatheringGiven {
  readonly crew: Crew;
  readonly sources: readonly SourceReply[];
  readonly backlog: AsyncGenerator<Range>;
  readonly list: ListWriter<ListedEpisode>;
  readonly stallMs: number;
  readonly signal: AbortSignal;
  readonly failed: (failure: Failure) => void;
  readonly emit: (event: RunEvent) => void;
  /** How many episodes there are, as far as is known, whether these are all, and how many of them were done before. */
  readonly known: () => { readonly total: number; readonly whole: boolean; readonly reused: number };
}

/** What the first act did. */
export interface GatheringDone {
  readonly episodes: number;
  readonly receipts: number;
}

/**
 * A worker has two ranges in hand, so that one goes on while the other waits for the disk. The second
 * is always of a partition that nobody has begun: to divide one within a worker opens it twice for nothing.
 */
const HANDS = ["any", "new"] as const;
type Hand = (typeof HANDS)[number];

/** Errors that would meet every other episode too. */
const FATAL = new Set(["no-space", "cancelled", "bad-pipeline", "internal"]);

/**
 * The first act over all workers. Idle workers take a share of what is left of a partition, so a
 * recording of many episodes is divided, never an episode. What was under way when a worker died is
 * tried again, alone; what then kills its worker twice is quarantined.
 */
export async function gatherAll(given: GatheringGiven): Promise<GatheringDone> {
  return new Gathering(given).run();
}

class Gathering {
  readonly #given: GatheringGiven;
  readonly #again: Range[] = [];
  readonly #suspects: Range[] = [];
  readonly #totals = { rows: 0, frames: 0, bytes: 0, episodes: 0, receipts: 0 };
  /** One range at a time, so that a worker's death is the doing of what it held. */
  #alone = false;
  #taking: Promise<unknown> = Promise.resolve();
  #listing: Promise<void> = Promise.resolve();
  /** What would meet every other episode too: the run ends with it. */
  #fatal: TendonError | undefined;

  constructor(given: GatheringGiven) {
    this.#given = given;
  }

  async run(): Promise<GatheringDone> {
    const { backlog, crew } = this.#given;
    const stopped = new AbortController();
    try {
      const loops = HANDS.flatMap((hand) =>
        Array.from({ length: crew.pool.workers }, (_, worker) => this.#work(worker, hand, stopped)),
      );
      const ends = await Promise.allSettled(loops);
      const failure = ends.find((end) => end.status === "rejected");
      if (failure) throw failure.reason;
      this.#alone = true;
      for (let suspect = this.#suspects.shift(); suspect; suspect = this.#suspects.shift()) await this.#gather(0, suspect);
      for (let rest = this.#again.shift(); rest; rest = this.#again.shift()) await this.#gather(0, rest);
      await this.#listing;
    } finally {
      await backlog.return(undefined);
    }
    return { episodes: this.#totals.episodes, receipts: this.#totals.receipts };
  }

  async #work(worker: number, hand: Hand, stopped: AbortController): Promise<void> {
    try {
      for (;;) {
        this.#given.signal.throwIfAborted();
        if (stopped.signal.aborted) return;
        const range = await this.#take(hand);
        if (!range) return;
        await this.#gather(worker, range);
      }
    } catch (error) {
      stopped.abort();
      throw error;
    }
  }

  /** The next range; a long one is shared, half of an even share at a time, so that all workers end together. */
  #take(hand: Hand): Promise<Range | undefined> {
    const next = this.#taking.then(async () => {
      const range = (hand === "any" && this.#again.pop()) || (await this.#given.backlog.next()).value;
      if (!range || range.to === null) return range as Range | undefined;
      const share = Math.max(1, Math.ceil((range.to - range.from) / (2 * this.#given.crew.pool.workers)));
      const [taken, rest] = splitAt(range, Math.min(range.to, range.from + share));
      if (rest) this.#again.push(rest);
      return taken;
    });
    this.#taking = next.catch(() => undefined);
    return next;
  }

  async #gather(worker: number, range: Range): Promise<void> {
    const { crew, stallMs, emit } = this.#given;
    const progress = { claimed: undefined as number | undefined, next: range.from, seen: { rows: 0, frames: 0, bytes: 0 } };
    let stall: StallWatch | undefined;
    try {
      await crew.begin(worker);
      // The watch begins here: to start a worker on a busy machine takes its time.
      const watch = openStallWatch(stallMs, () => {
        emit({ type: "worker", what: "timed out", message: `nothing came by for ${stallMs / 1000} s` });
        crew.pool.kill(worker);
      });
      stall = watch;
      await crew.pool.call(worker, "gather", range, (note: GatherNote) => {
        if (note.note !== "going") watch.touch();
        else if (this.#count(progress.seen, note)) watch.touch();
        if (note.note === "claimed") progress.claimed = note.ordinal;
        if (note.note === "gathered") {
          progress.claimed = undefined;
          progress.next = note.ordinal + 1;
          this.#gathered(range, note);
        }
      });
    } catch (thrown) {
      if (thrown instanceof WorkerLost)
        this.#lost(range, progress, stall?.stalled ? `nothing came by for ${stallMs / 1000} s` : thrown.message);
      else throw asTendonError(thrown, "internal");
    } finally {
      stall?.close();
    }
    this.#given.signal.throwIfAborted();
    if (this.#fatal) throw this.#fatal;
  }

  #gathered(range: Range, note: GatherNote & { note: "gathered" }): void {
    const { emit, failed } = this.#given;
    this.#totals.episodes++;
    this.#totals.receipts += note.receipts;
    if (range.to === null) this.#list(range, note.ordinal);
    for (const failure of note.failures) {
      failed(failure);
      if (FATAL.has(failure.code)) this.#fatal ??= new TendonError(failure.code, failure.message, { place: failure.place });
    }
    emit({ type: "episode", episode: note.episode, outcome: note.outcome });
    this.#progress();
  }

  /** An episode that nobody knew of before its partition was opened. */
  #list(range: Range, ordinal: number): void {
    const { key, version } = range.partition;
    const listed = { source: this.#given.sources[range.source]!.source, partition: { key, version }, ordinal };
    this.#listing = this.#listing.then(() => this.#given.list.add(listed));
    this.#listing.catch(() => undefined);
  }

  #count(seen: { rows: number; frames: number; bytes: number }, note: GatherNote & { note: "going" }): boolean {
    let moved = false;
    for (const unit of ["rows", "frames", "bytes"] as const) {
      if (note[unit] !== seen[unit]) moved = true;
      this.#totals[unit] += note[unit] - seen[unit];
      seen[unit] = note[unit];
    }
    if (moved) this.#progress();
    return moved;
  }

  #progress(): void {
    const { rows, frames, bytes, episodes } = this.#totals;
    const { total, whole, reused } = this.#given.known();
    this.#given.emit({
      type: "progress",
      act: "gather",
      done: episodes + reused,
      total: Math.max(total, episodes + reused),
      whole,
      rows,
      frames,
      bytes,
    });
  }

  /** The worker is gone: what it had in hand is suspect, the rest goes back. */
  #lost(range: Range, progress: { claimed: number | undefined; next: number }, why: string): void {
    const { emit, failed } = this.#given;
    emit({ type: "worker", what: "crashed", message: why });
    const at = progress.claimed ?? progress.next;
    const [, open] = at > range.from ? splitAt(range, at) : [undefined, range];
    if (!open) return;
    const [suspect, rest] = splitAt(open, at + 1);
    // A worker that dies may not get to say what it had claimed: what was next is suspect then.
    if (rest) this.#again.push(rest);
    if (!suspect) return;
    if (!this.#alone || suspect.attempt < 2) {
      this.#suspects.push(this.#alone ? { ...suspect, attempt: 2 } : suspect);
      return;
    }
    const { source } = this.#given.sources[range.source]!;
    if (range.to === null) this.#list(range, at);
    const message = `took its worker down twice (${why}); it is quarantined and everything else goes on`;
    failed({
      episode: `${source}/${range.partition.key}#${at}`,
      step: "worker",
      code: "plugin-failed",
      message,
      place: { file: range.partition.key },
      attempt: 2,
    });
  }
}

/** A range before and from an ordinal; a part that would be empty is undefined. */
function splitAt(range: Range, at: number): [Range | undefined, Range | undefined] {
  const todoAt = at - range.from;
  const before = at > range.from ? { ...range, to: at, todo: range.todo?.slice(0, todoAt) ?? null } : undefined;
  const after = range.to === null || at < range.to ? { ...range, from: at, todo: range.todo?.slice(todoAt) ?? null } : undefined;
  return [before, after];
}
