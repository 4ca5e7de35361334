/**
 * Random numbers by place instead of by order: number `index` of the sequence named by a seed and a name
 * is a hash of all three, so what one sensor draws never moves what another draws. Integer arithmetic
 * only, so it is the same on every machine.
 */
export class Random {
  readonly #low: number;
  readonly #high: number;
  #index = 0;

  constructor(seed: number, name: string) {
    let [low, high] = [mix(seed | 0), mix(Math.floor(seed / 2 ** 32) ^ 0x9e3779b9)];
    for (let at = 0; at < name.length; at++) {
      low = mix(low ^ name.charCodeAt(at));
      high = mix(high + name.charCodeAt(at) * 0x85ebca6b);
    }
    this.#low = low;
    this.#high = high;
  }

  /** Number `index` of the sequence: 0 to 1, 1 left out. */
  at(index: number): number {
    const first = mix(this.#low ^ mix(index + this.#high));
    const second = mix(this.#high ^ mix(index ^ 0x27d4eb2f));
    return ((first >>> 5) * 67108864 + (second >>> 6)) / 9007199254740992;
  }

  /** The next number: 0 to 1, 1 left out. */
  next(): number {
    return this.at(this.#index++);
  }

  /** From `low` on, below `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number from 0 on, below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Around 0 with a standard deviation of 1: the sum of twelve even ones, which needs no logarithm and has no far tails. */
  normal(): number {
    let sum = -6;
    for (let count = 0; count < 12; count++) sum += this.next();
    return sum;
  }

  /** The values in another order. */
  shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    return values.map(() => left.splice(this.below(left.length), 1)[0]!);
  }
}

/** A finaliser of 32 bits (lowbias32, by Chris Wellons): every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}
