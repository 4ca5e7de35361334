import { type FramesBatch, frameBytes, type PixelFormat, type Size } from "../../core/batch.ts";
import { timesAt } from "../../kernels/resample.ts";
import { Chunks } from "./chunks.ts";
import { neededFrom, Positions, readyRows } from "./cursor.ts";
import type { Output } from "./output.ts";

const BATCH_BYTES = 8 << 20;

/** The frames that rows take, as they are asked of the recording: each once, in order. */
export interface FrameOrder {
  /** The times of the rows. */
  readonly rowTimes: BigInt64Array;
  /** For each row the place of its frame among those asked for; -1 where it has none. */
  readonly index: Int32Array;
  /** The times of the frames asked for. */
  readonly times: BigInt64Array;
}

/** Rows of pictures. A batch whose frames all go on as they came is passed on; otherwise frames are copied, repeated or left out. */
export class CopiedFrames implements Output {
  readonly #order: FrameOrder;
  readonly #positions: Positions;
  readonly #chunks = new Chunks<FramesBatch>();
  readonly #picture: { readonly format: PixelFormat; readonly size: Size };
  readonly #first: BigInt64Array;
  #copies: SharedArrayBuffer | undefined;
  #row = 0;

  constructor(stream: string, order: FrameOrder, picture: { readonly format: PixelFormat; readonly size: Size }) {
    this.#order = order;
    this.#positions = new Positions(stream, order.times);
    this.#picture = picture;
    this.#first = new BigInt64Array(Math.min(order.index.length, MAX_ROWS));
  }

  get nextTime(): bigint | undefined {
    return this.#row < this.#order.index.length ? this.#order.rowTimes[this.#row] : undefined;
  }

  push(batch: FramesBatch): void {
    this.#chunks.push(batch, this.#positions.place(batch.time));
  }

  retain(): void {
    this.#chunks.retain(neededFrom(this.#order.index, this.#row, this.#order.index.length));
  }

  take(): FramesBatch | undefined {
    const { index } = this.#order;
    this.#chunks.drop(neededFrom(index, this.#row, index.length));
    const head = this.#chunks.head;
    const received = head ? head.base + head.batch.time.length : 0;
    const ready = readyRows(index, this.#row, { received, limit: MAX_ROWS });
    if (ready === 0) return undefined;
    const straight = head ? straightRows(index, this.#row, { base: head.base, ready }) : 0;
    return straight > 0 ? this.#describe(straight, head!.batch, head!) : this.#copy(ready, head);
  }

  /** Rows from here on as a batch over the given pictures. */
  #describe(count: number, pictures: Pictures, head: Chunks<FramesBatch>["head"]): FramesBatch {
    const row = this.#row;
    const index = this.#order.index.subarray(row, row + count);
    const first = this.#first.subarray(0, count);
    if (head?.batch.from) timesAt(head.batch.from.first, index, head.base, first);
    else timesAt(this.#order.times, index, 0, first);
    this.#row = row + count;
    const { frames, format, height, width, stride } = pictures;
    const whole = !index.includes(-1) && !head?.batch.valid;
    return {
      kind: "frames",
      time: this.#order.rowTimes.subarray(row, row + count),
      ...(!whole && { valid: Uint8Array.from(index, (at) => (at < 0 ? 0 : (head?.batch.valid?.[at - head.base] ?? 1))) }),
      from: { first },
      frames,
      format,
      height,
      width,
      stride,
    };
  }

  #copy(ready: number, head: Chunks<FramesBatch>["head"]): FramesBatch {
    const { format, size } = this.#picture;
    const pictures: Pictures = head?.batch ?? {
      format,
      height: size.height,
      width: size.width,
      stride: frameBytes(format, size),
      frames: EMPTY,
    };
    const { stride } = pictures;
    const count = Math.min(ready, Math.max(1, Math.floor(BATCH_BYTES / stride)));
    if (!this.#copies || this.#copies.byteLength < count * stride) this.#copies = new SharedArrayBuffer(count * stride);
    const to = new Uint8Array(this.#copies);
    const from = new Uint8Array(pictures.frames);
    for (let at = 0; at < count; at++) {
      const frame = this.#order.index[this.#row + at]!;
      const start = head ? (frame - head.base) * stride : 0;
      if (frame < 0) to.fill(0, at * stride, (at + 1) * stride);
      else to.set(from.subarray(start, start + stride), at * stride);
    }
    return this.#describe(count, { ...pictures, frames: this.#copies }, head);
  }
}

type Pictures = Pick<FramesBatch, "frames" | "format" | "height" | "width" | "stride">;
const EMPTY = new SharedArrayBuffer(0);
const MAX_ROWS = 1024;

/** How many rows take just the frames from the start of the head batch, one after another. */
function straightRows(index: Int32Array, row: number, { base, ready }: { base: number; ready: number }): number {
  let count = 0;
  while (count < ready && index[row + count] === base + count) count++;
  return count;
}
