const BINS_PER_OCTAVE = 32;
const OCTAVES = 64;

/** A long step from one sample to the next. */
export interface Step {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The steps from each sample of a stream to the next: their median, the longest, and those that go
 * back. Memory does not grow with the stream. The median is the mean of a bin 2 % wide.
 */
export class Periods {
  samples = 0;
  first: bigint | undefined;
  last: bigint | undefined;
  /** Steps of no length. */
  repeats = 0;
  /** Steps back in time: how many, the first of them, and the longest way back. */
  backwards = 0;
  firstBack: Step | undefined;
  longestBackNs = 0n;
  readonly #counts = new Float64Array(OCTAVES * BINS_PER_OCTAVE);
  readonly #sums = new Float64Array(OCTAVES * BINS_PER_OCTAVE);
  readonly #keep: number;
  /** Steps forward. */
  #steps = 0;
  #longest: Step[] = [];
  #floor = 0n;

  /** `keep`: how many of the longest steps are remembered. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  add(time: BigInt64Array): void {
    for (let index = 0; index < time.length; index++) {
      const now = time[index]!;
      if (this.last === undefined) this.first = now;
      else this.#step(this.last, now);
      this.last = now;
      this.samples++;
    }
  }

  /** In nanoseconds; 0 with fewer than two samples. */
  get medianNs(): number {
    let seen = 0;
    for (let bin = 0; bin < this.#counts.length; bin++) {
      seen += this.#counts[bin]!;
      if (this.#counts[bin]! > 0 && seen * 2 >= this.#steps) return this.#sums[bin]! / this.#counts[bin]!;
    }
    return 0;
  }

  /** The share of steps between half and one and a half medians: near 1 for a stream with a rate. */
  get regularity(): number {
    const median = this.medianNs;
    let near = 0;
    for (let bin = 0; bin < this.#counts.length; bin++) {
      const count = this.#counts[bin]!;
      if (count === 0) continue;
      const mean = this.#sums[bin]! / count;
      if (mean >= 0.5 * median && mean <= 1.5 * median) near += count;
    }
    return this.#steps === 0 ? 0 : near / this.#steps;
  }

  /** Steps longer than `overNs`, in time order: all of them, or the longest that were kept. */
  longer(overNs: number): readonly Step[] {
    const long = this.#longest.filter((step) => Number(step.end - step.start) > overNs);
    return long.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  #step(from: bigint, to: bigint): void {
    const length = to - from;
    if (length < 0n) {
      this.backwards++;
      this.firstBack ??= { start: from, end: to };
      if (-length > this.longestBackNs) this.longestBackNs = -length;
      return;
    }
    if (length === 0n) {
      this.repeats++;
      return;
    }
    const ns = Number(length);
    const bin = Math.min(this.#counts.length - 1, Math.floor(Math.log2(ns) * BINS_PER_OCTAVE));
    this.#steps++;
    this.#counts[bin]!++;
    this.#sums[bin]! += ns;
    if (length > this.#floor) this.#remember({ start: from, end: to });
  }

  #remember(step: Step): void {
    this.#longest.push(step);
    if (this.#longest.length < 2 * this.#keep) return;
    this.#longest.sort((a, b) => Number(b.end - b.start - (a.end - a.start)));
    this.#longest = this.#longest.slice(0, this.#keep);
    const least = this.#longest[this.#longest.length - 1]!;
    this.#floor = least.end - least.start;
  }
}
