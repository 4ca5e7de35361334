import { TendonError } from "../../core/errors.ts";
import { type Key, mix } from "./key.ts";

/** Sizes up to this are shuffled: half a block then has 24 bits, and everything is exact in a double. */
export const SIZE_MAX = 2 ** 48;

const ROUNDS = 6;

/** Every number of [0, size) once, in an order that follows from the key alone. No table: any place in constant time. */
export interface Permutation {
  readonly size: number;
  /** What stands at a position of [0, size). */
  at(position: number): number;
  /** Fills `target` with what stands at the positions from `from` on. */
  fill(target: Float64Array, from: number): void;
}

/**
 * A balanced Feistel network over the least even number of bits that hold `size` numbers; a number outside of
 * [0, size) goes through it again until it is inside (cycle walking, Black and Rogaway 2002). The block is less
 * than four times the size, so that is fewer than four passes on average.
 */
export function permutation(size: number, key: Key): Permutation {
  if (!Number.isSafeInteger(size) || size < 0 || size > SIZE_MAX) {
    throw new TendonError("internal", `a permutation of ${size} numbers: must be a whole number from 0 to 2^48`);
  }
  const bits = halfBits(size);
  const shift = 32 - bits;
  const half = 2 ** bits;
  const [k0, k1, k2, k3, k4, k5] = roundKeys(key) as [number, number, number, number, number, number];

  function at(position: number): number {
    // From outside the numbers might never be met again.
    if (!(position >= 0 && position < size)) throw new RangeError(`position ${position} is not in [0, ${size})`);
    if (size < 2) return position;
    let value = position;
    do {
      let left = Math.floor(value / half) | 0;
      let right = (value - left * half) | 0;
      left ^= mix(right ^ k0) >>> shift;
      right ^= mix(left ^ k1) >>> shift;
      left ^= mix(right ^ k2) >>> shift;
      right ^= mix(left ^ k3) >>> shift;
      left ^= mix(right ^ k4) >>> shift;
      right ^= mix(left ^ k5) >>> shift;
      value = left * half + right;
    } while (value >= size);
    return value;
  }

  return {
    size,
    at,
    fill(target, from) {
      for (let index = 0; index < target.length; index++) target[index] = at(from + index);
    },
  };
}

/** Bits of half a block: the least with 4^bits >= size. */
function halfBits(size: number): number {
  let bits = 1;
  while (4 ** bits < size) bits++;
  return bits;
}

function roundKeys({ a, b }: Key): number[] {
  return Array.from({ length: ROUNDS }, (_, round) => mix(a ^ mix((b + Math.imul(round + 1, 0x9e3779b9)) | 0)));
}
