import type { TendonError } from "../core/errors.ts";
import type { Look } from "./numberLane.ts";
import type { Skipped } from "./types.ts";

/** A batch in the making: at which row of which episode each sample stands, and what is still missing. */
export class Draft {
  readonly index: number;
  readonly slot: number;
  /** `[sample]`: the dataset, the span of it that the sample stands in, that span's episode by its place in the list, the row in that. */
  readonly datasets: Int32Array;
  readonly spans: Int32Array;
  readonly episodes: Int32Array;
  readonly rows: Int32Array;
  readonly valid: Uint8Array;
  /** `[sample]`: how augmentation changes it; none where nothing is drawn. */
  readonly looks: Look[] = [];
  /** Why a sample could not be read. */
  readonly #skipped = new Map<number, string>();
  readonly #ready = Promise.withResolvers<void>();
  #missing = 0;

  constructor(index: number, slot: number, samples: number) {
    this.index = index;
    this.slot = slot;
    this.datasets = new Int32Array(samples);
    this.spans = new Int32Array(samples);
    this.episodes = new Int32Array(samples);
    this.rows = new Int32Array(samples);
    this.valid = new Uint8Array(samples);
    // Whoever waits hears of a failure; until then it must not count as unhandled.
    this.#ready.promise.catch(() => undefined);
  }

  get samples(): number {
    return this.rows.length;
  }

  /** Resolves once nothing is missing, and rejects with what went wrong. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Something more that must be done first. */
  expect(): void {
    this.#missing++;
  }

  done(): void {
    if (--this.#missing === 0) this.#ready.resolve();
  }

  fail(error: TendonError): void {
    this.#ready.reject(error);
  }

  /** A sample that could not be read: it stays in its place, not valid. */
  skip(sample: number, reason: string): void {
    // What only fills up a tail stands elsewhere too, and is counted there.
    const before = this.#skipped.get(sample);
    if (before === undefined && this.valid[sample] === 0) return;
    this.valid[sample] = 0;
    // Of several the first by the alphabet, since what fails first is chance.
    if (before === undefined || reason < before) this.#skipped.set(sample, reason);
  }

  skipped(): Skipped[] {
    return [...this.#skipped].map(([sample, reason]) => ({ sample, reason })).sort((a, b) => a.sample - b.sample);
  }
}
