import { statSync } from "node:fs";
import { TendonError } from "../core/errors.ts";

/** How often files that decide everything are looked at, though batches come much faster. */
const EVERY_MS = 200;

/**
 * Files as they were when the loader first looked at each, by size and time of change (hard links change neither).
 * Batches out of two versions of a dataset would be no batches of either.
 */
export class SeenFiles {
  readonly #seen = new Map<string, string>();
  readonly #always: readonly string[];
  #lastMs = Number.NEGATIVE_INFINITY;

  /** `always` are looked at from now on. */
  constructor(always: readonly string[] = []) {
    this.#always = always;
    for (const file of always) this.check(file);
  }

  /** Throws where a file is not what it was. One that was never there is for its reader to tell. */
  check(file: string): void {
    const info = statSync(file, { bigint: true, throwIfNoEntry: false });
    const now = info && `${info.size} ${info.mtimeNs}`;
    const before = this.#seen.get(file);
    if (before === undefined && now !== undefined) this.#seen.set(file, now);
    else if (before !== now) throw changed(file, now === undefined ? "is gone" : "changed");
  }

  /** The files that decide everything: at most a few times a second. */
  checkAlways(): void {
    const now = performance.now();
    if (now - this.#lastMs < EVERY_MS) return;
    this.#lastMs = now;
    for (const file of this.#always) this.check(file);
  }
}

function changed(file: string, how: string): TendonError {
  return new TendonError("bad-data", `${how} since the loader opened the dataset: open it again`, { place: { file } });
}
