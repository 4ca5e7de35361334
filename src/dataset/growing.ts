import type { NumberArray } from "../core/batch.ts";

/** A typed array that numbers are appended to and taken from the front of. */
export class Growing<A extends NumberArray> {
  readonly #make: (count: number) => A;
  #array: A;
  #length = 0;
  #borrowed = false;
  /** What was needed before is likely needed again. */
  #room = 0;

  constructor(make: (count: number) => A) {
    this.#make = make;
    this.#array = make(0);
  }

  get length(): number {
    return this.#length;
  }

  append(values: A): void {
    this.#reserve(values.length).set(values as never, this.#length);
    this.#length += values.length;
  }

  /** Like `append`, but where nothing is held yet the caller's memory stands for it until `keep`. */
  borrow(values: A): void {
    if (this.#length > 0) this.append(values);
    else {
      this.#array = values;
      this.#length = values.length;
      this.#borrowed = true;
    }
  }

  /** Copies what was only borrowed. */
  keep(): void {
    if (this.#borrowed) this.#reserve(1);
  }

  /** `value` must be of the array's own type: a bigint for the 64-bit integers. */
  fill(value: number | bigint, count: number): void {
    this.#reserve(count).fill(value as never, this.#length, this.#length + count);
    this.#length += count;
  }

  /** The first `count` numbers, which are the caller's from then on. */
  take(count: number): A {
    const taken = this.#array.subarray(0, count) as A;
    const rest = this.#array.subarray(count, this.#length);
    if (!this.#borrowed) this.#room = this.#array.length;
    this.#array = this.#make(rest.length);
    this.#array.set(rest as never);
    this.#length = rest.length;
    this.#borrowed = false;
    return taken;
  }

  #reserve(count: number): A {
    const needed = this.#length + count;
    if (needed <= this.#array.length && !this.#borrowed) return this.#array;
    const wider = this.#make(Math.max(needed, this.#borrowed ? 0 : 2 * this.#array.length, this.#room));
    wider.set(this.#array.subarray(0, this.#length) as never);
    this.#array = wider;
    this.#borrowed = false;
    return wider;
  }
}

/** The bytes of a typed array, in memory order. */
export function bytesOf(array: NumberArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
