import type { NumberArray } from "../core/batch.ts";

/** How fine and how large a Motion may grow. */
export interface MotionLimits {
  /** The length of a block to begin with. */
  readonly blockNs: number;
  /** Where more would be needed, blocks are joined in pairs and become twice as long. */
  readonly bytesMax: number;
}

/** Samples `[sample, channel]` with a time each; `valid` is `[sample]` or `[sample, channel]`. */
export interface Samples {
  readonly time: BigInt64Array;
  readonly values: NumberArray;
  readonly valid?: Uint8Array;
}

/**
 * The least and greatest value of every channel in each short block of time: enough to say whether
 * and how far a joint moved between any two moments, in bounded memory, of a stream of any length.
 */
export class Motion {
  readonly channels: number;
  readonly #blocksMax: number;
  #blockNs: number;
  #start: bigint | undefined;
  #blocks = 0;
  /** `[block, channel]`; +∞ and −∞ where a block holds no value. */
  #least: Float32Array;
  #greatest: Float32Array;

  constructor(channels: number, limits: MotionLimits) {
    this.channels = channels;
    this.#blockNs = limits.blockNs;
    this.#blocksMax = Math.max(2, Math.floor(limits.bytesMax / (8 * Math.max(1, channels))));
    this.#least = new Float32Array(channels * 64).fill(Infinity);
    this.#greatest = new Float32Array(channels * 64).fill(-Infinity);
  }

  /** The length of a block now. */
  get blockNs(): number {
    return this.#blockNs;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** When block `index` begins. */
  blockStart(index: number): bigint {
    return (this.#start ?? 0n) + BigInt(index) * BigInt(this.#blockNs);
  }

  add(samples: Samples): void {
    const { time, values, valid } = samples;
    const channels = this.channels;
    const masked = valid !== undefined && valid.length === values.length && channels !== 1;
    for (let sample = 0; sample < time.length; sample++) {
      if (valid && !masked && !valid[sample]) continue;
      const at = this.#block(time[sample]!) * channels;
      const from = sample * channels;
      for (let channel = 0; channel < channels; channel++) {
        if (masked && !valid[from + channel]) continue;
        const value = Math.fround(Number(values[from + channel]!));
        if (value < this.#least[at + channel]!) this.#least[at + channel] = value;
        if (value > this.#greatest[at + channel]!) this.#greatest[at + channel] = value;
      }
    }
  }

  least(block: number, channel: number): number {
    return this.#least[block * this.channels + channel]!;
  }

  greatest(block: number, channel: number): number {
    return this.#greatest[block * this.channels + channel]!;
  }

  /** Greatest less least value of a channel over blocks `from` to `to` (half-open); 0 where there is none. */
  spread(channel: number, from = 0, to = this.#blocks): number {
    let least = Infinity;
    let greatest = -Infinity;
    for (let block = Math.max(0, from); block < Math.min(to, this.#blocks); block++) {
      least = Math.min(least, this.least(block, channel));
      greatest = Math.max(greatest, this.greatest(block, channel));
    }
    return greatest >= least ? greatest - least : 0;
  }

  /** The blocks that lie wholly between two times, half-open; where none does, the one at `start`. */
  between(start: bigint, end: bigint): { from: number; to: number } {
    const origin = this.#start ?? 0n;
    return this.#within(Number(start - origin), Number(end - origin));
  }

  /** The first of the blocks that `between` gives for block `index` of another motion. */
  firstWithin(other: Motion, index: number): number {
    const start = Number((other.#start ?? 0n) - (this.#start ?? 0n)) + index * other.#blockNs;
    return this.#within(start, start + other.#blockNs).from;
  }

  #within(startNs: number, endNs: number): { from: number; to: number } {
    const from = Math.max(0, Math.ceil(startNs / this.#blockNs));
    const to = Math.min(this.#blocks, Math.floor(endNs / this.#blockNs));
    return to > from ? { from, to } : { from: Math.max(0, from - 1), to: Math.max(0, from - 1) + 1 };
  }

  #block(time: bigint): number {
    this.#start ??= time;
    let block = Math.floor(Number(time - this.#start) / this.#blockNs);
    if (block < this.#blocks) return Math.max(0, block);
    while (block >= this.#blocksMax) {
      this.#join();
      block = Math.floor(Number(time - this.#start) / this.#blockNs);
    }
    this.#grow(block + 1);
    return Math.max(block, 0);
  }

  #join(): void {
    const { channels } = this;
    const joined = Math.ceil(this.#blocks / 2);
    for (let block = 0; block < joined; block++) {
      for (let channel = 0; channel < channels; channel++) {
        const left = 2 * block * channels + channel;
        const right = left + channels;
        const both = 2 * block + 1 < this.#blocks;
        this.#least[block * channels + channel] = Math.min(this.#least[left]!, both ? this.#least[right]! : Infinity);
        this.#greatest[block * channels + channel] = Math.max(this.#greatest[left]!, both ? this.#greatest[right]! : -Infinity);
      }
    }
    this.#least.fill(Infinity, joined * channels);
    this.#greatest.fill(-Infinity, joined * channels);
    this.#blocks = joined;
    this.#blockNs *= 2;
  }

  #grow(blocks: number): void {
    if (blocks <= this.#blocks) return;
    if (blocks * this.channels > this.#least.length) {
      const size = Math.min(Math.max(blocks, (2 * this.#least.length) / this.channels), this.#blocksMax) * this.channels;
      const least = new Float32Array(size).fill(Infinity);
      least.set(this.#least);
      const greatest = new Float32Array(size).fill(-Infinity);
      greatest.set(this.#greatest);
      this.#least = least;
      this.#greatest = greatest;
    }
    this.#blocks = blocks;
  }
}
