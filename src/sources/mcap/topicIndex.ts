import { TendonError } from "../../core/errors.ts";
import type { Nanoseconds } from "../../core/time.ts";

/** Where the messages of one topic stand, in the order of their times: 16 bytes a message. */
export interface TopicIndex {
  readonly count: number;
  readonly time: BigInt64Array;
  /** The block that each message is in, over all files of the recording. */
  readonly block: Uint32Array;
  /** Where its record begins in that block. */
  readonly at: Uint32Array;
  /** Video only: 1 for key frames. */
  readonly key?: Uint8Array;
  readonly disorder: Disorder;
}

/** How far the order in the file is from the order of times. */
export interface Disorder {
  /** Messages that stand behind a later one. */
  readonly late: number;
  /** By how much at most, and the time of the message that was. */
  readonly worst: Nanoseconds;
  readonly worstAt: Nanoseconds;
}

/** Gathers an index in file order. `room` is shared by all topics of a recording. */
export class TopicIndexBuilder {
  readonly #room: { left: number; readonly max: number };
  #count = 0;
  #time = new BigInt64Array(256);
  #block = new Uint32Array(256);
  #at = new Uint32Array(256);
  #key: Uint8Array | undefined;
  #latest = -1n;
  #late = 0;
  #worst = 0n;
  #worstAt = 0n;

  constructor(room: { left: number; readonly max: number }, hasKeys: boolean) {
    this.#room = room;
    if (hasKeys) this.#key = new Uint8Array(256);
  }

  add(time: bigint, block: number, at: number, key: 0 | 1): void {
    if (this.#room.left-- <= 0)
      throw new TendonError(
        "bad-data",
        `has more messages than limits.messagesMax (${this.#room.max}): raise it (each message costs 16 bytes), or leave topics out with \`streams\``,
      );
    if (this.#count === this.#time.length) this.#grow();
    this.#time[this.#count] = time;
    this.#block[this.#count] = block;
    this.#at[this.#count] = at;
    if (this.#key) this.#key[this.#count] = key;
    this.#count++;
    if (time >= this.#latest) this.#latest = time;
    else this.#isLate(time);
  }

  finish(): TopicIndex {
    const count = this.#count;
    const index = {
      count,
      time: this.#time.subarray(0, count),
      block: this.#block.subarray(0, count),
      at: this.#at.subarray(0, count),
      ...(this.#key && { key: this.#key.subarray(0, count) }),
      disorder: { late: this.#late, worst: this.#worst, worstAt: this.#worstAt },
    };
    return this.#late === 0 ? index : sorted(index);
  }

  #isLate(time: bigint): void {
    this.#late++;
    const by = this.#latest - time;
    if (by <= this.#worst) return;
    this.#worst = by;
    this.#worstAt = time;
  }

  #grow(): void {
    const length = this.#time.length * 2;
    this.#time = grown(this.#time, new BigInt64Array(length));
    this.#block = grown(this.#block, new Uint32Array(length));
    this.#at = grown(this.#at, new Uint32Array(length));
    if (this.#key) this.#key = grown(this.#key, new Uint8Array(length));
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** In the order of times; equal times stay in file order. */
function sorted(index: TopicIndex): TopicIndex {
  const order = Uint32Array.from({ length: index.count }, (_, place) => place);
  order.sort((a, b) => {
    const [left, right] = [index.time[a]!, index.time[b]!];
    return left < right ? -1 : left > right ? 1 : a - b;
  });
  return {
    ...index,
    time: BigInt64Array.from(order, (place) => index.time[place]!),
    block: Uint32Array.from(order, (place) => index.block[place]!),
    at: Uint32Array.from(order, (place) => index.at[place]!),
    ...(index.key && { key: Uint8Array.from(order, (place) => index.key![place]!) }),
  };
}
