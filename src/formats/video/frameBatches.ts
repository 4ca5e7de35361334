import { type FramesBatch, frameBytes, type PlanesToRgb, type Size } from "../../core/batch.ts";
import type { DecodeWant } from "../../core/codecs.ts";

/** How a decoder hands frames on. */
export type DeliverFrames = (want: number, frames: FramesBatch) => Promise<void>;

const BATCH_FRAMES_MAX = 8;
const BATCH_BYTES_MAX = 16 << 20;

/** The frames of one want as they gather: shared memory that is used again for every batch. */
export class FrameBatches {
  readonly size: Size;
  readonly want: DecodeWant;
  readonly stride: number;
  readonly #place: number;
  readonly #toRgb: PlanesToRgb | undefined;
  readonly #frames: SharedArrayBuffer;
  readonly #slots: readonly Buffer[];
  readonly #times: BigInt64Array;
  #count = 0;

  /** `own` is the size of the stream's pictures, `place` that of the want; `toRgb` is set on planes that stand for rgb24. */
  constructor(want: DecodeWant, own: Size, place: number, toRgb?: PlanesToRgb) {
    this.want = want;
    this.size = want.size ?? own;
    this.stride = frameBytes(want.format, this.size);
    this.#place = place;
    this.#toRgb = toRgb;
    const room = want.each ? 0 : Math.max(1, Math.min(BATCH_FRAMES_MAX, Math.floor(BATCH_BYTES_MAX / this.stride)));
    this.#frames = new SharedArrayBuffer(room * this.stride);
    this.#slots = Array.from({ length: room }, (_, slot) =>
      Buffer.from(this.#frames as unknown as ArrayBuffer, slot * this.stride, this.stride),
    );
    this.#times = new BigInt64Array(room);
  }

  /** Whether the picture shown at `time` is wanted. */
  wants(time: bigint): boolean {
    return this.want.only === undefined || this.want.only.has(time);
  }

  /** The memory for the next frame; it counts once `add` is called. */
  get slot(): Buffer {
    return this.#slots[this.#count]!;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** Takes the frame in `slot`. True when no other fits. */
  add(time: bigint): boolean {
    this.#times[this.#count++] = time;
    return this.#count === this.#slots.length;
  }

  /** Hands on what has gathered; its memory is free afterwards. */
  async deliver(deliver: DeliverFrames): Promise<void> {
    if (this.#count === 0) return;
    const { height, width } = this.size;
    const time = this.#times.slice(0, this.#count);
    this.#count = 0;
    await deliver(this.#place, {
      kind: "frames",
      time,
      frames: this.#frames,
      format: this.want.format,
      height,
      width,
      stride: this.stride,
      ...(this.#toRgb && { toRgb: this.#toRgb }),
    });
  }
}
