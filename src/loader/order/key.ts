import { createHash } from "node:crypto";

/**
 * 64 bits, as two words, that name one permutation or one draw. Everything below a key is integer arithmetic
 * of 32 bits, so that any language repeats it exactly (docs/loader/order.md).
 */
export interface Key {
  /** int32. */
  readonly a: number;
  /** int32. */
  readonly b: number;
}

/** What a key of the order is drawn for. Numbers are part of the algorithm: they never change meaning. */
export const LEVEL = { offset: 1, runs: 2, windows: 3 } as const;

/** The key that a dataset and a seed (a whole number from 0 to 2^53 − 1) begin with. */
export function rootKey(options: { readonly dataset: string; readonly seed: number }): Key {
  const hash = createHash("sha256").update(`tendon order 1\n${options.seed}\n${options.dataset}`).digest();
  return { a: hash.readInt32BE(0), b: hash.readInt32BE(4) };
}

/** The key of one level, epoch and group below a root. Epoch and group are whole numbers from 0 to 2^53 − 1. */
export function keyOf(root: Key, place: { readonly level: number; readonly epoch: number; readonly group?: number }): Key {
  const { level, epoch, group = 0 } = place;
  let { a, b } = root;
  for (const word of [level, epoch, Math.floor(epoch / 2 ** 32), group, Math.floor(group / 2 ** 32)]) {
    a = mix(a ^ word);
    b = mix((b + a) | 0);
  }
  return { a, b };
}

/** A whole number from 0 on, below `bound` (at most 2^48): 48 bits of the key, modulo the bound. */
export function below(bound: number, key: Key): number {
  return ((key.a >>> 0) * 2 ** 16 + (key.b >>> 16)) % bound;
}

/** A finaliser of 32 bits (lowbias32, by Chris Wellons): every bit of the input moves every bit of the result. */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}
