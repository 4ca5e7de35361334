import type { BytesBatch } from "../../core/batch.ts";
import { timesAt } from "../../kernels/resample.ts";
import { Chunks } from "./chunks.ts";
import { neededFrom, Positions, type RowSpan, readyRows } from "./cursor.ts";
import type { Output } from "./output.ts";
import { batchCapacity } from "./rows.ts";

const BATCH_BYTES = 4 << 20;

/** Rows of text or opaque bytes, each the copy of one sample. A row without one is empty and not valid. */
export class CopiedBytes implements Output {
  readonly #span: RowSpan;
  readonly #index: Int32Array;
  readonly #positions: Positions;
  readonly #chunks = new Chunks<BytesBatch>();
  readonly #capacity: number;
  readonly #offsets: BigInt64Array;
  readonly #first: BigInt64Array;
  readonly #valid: Uint8Array;
  #bytes = new Uint8Array(1 << 12);
  #row: number;

  constructor(stream: string, span: RowSpan) {
    this.#span = span;
    this.#index = span.column.first.subarray(0, span.end);
    this.#positions = new Positions(stream, span.column.times);
    this.#capacity = batchCapacity(8, span.end - span.start);
    this.#offsets = new BigInt64Array(this.#capacity + 1);
    this.#first = new BigInt64Array(this.#capacity);
    this.#valid = new Uint8Array(this.#capacity);
    this.#row = span.start;
  }

  get nextTime(): bigint | undefined {
    return this.#row < this.#span.end ? this.#span.grid[this.#row] : undefined;
  }

  push(batch: BytesBatch): void {
    this.#chunks.push(batch, this.#positions.place(batch.time));
  }

  retain(): void {
    this.#chunks.retain(neededFrom(this.#index, this.#row, this.#span.end));
  }

  take(): BytesBatch | undefined {
    const row = this.#row;
    this.#chunks.drop(neededFrom(this.#index, row, this.#span.end));
    const head = this.#chunks.head;
    const received = head ? head.base + head.batch.time.length : 0;
    const ready = readyRows(this.#index, row, { received, limit: this.#capacity });
    if (ready === 0) return undefined;
    const { count, whole } = this.#copy(row, ready, head);
    const index = this.#index.subarray(row, row + count);
    const first = this.#first.subarray(0, count);
    if (head?.batch.from) timesAt(head.batch.from.first, index, head.base, first);
    else timesAt(this.#span.column.times, index, 0, first);
    this.#row = row + count;
    return {
      kind: "bytes",
      time: this.#span.grid.subarray(row, row + count),
      offsets: this.#offsets.subarray(0, count + 1),
      bytes: this.#bytes.subarray(0, Number(this.#offsets[count])),
      ...(!whole && { valid: this.#valid.subarray(0, count) }),
      from: { first },
    };
  }

  /** Copies until the rows or the bytes of one batch are full. */
  #copy(row: number, ready: number, head: Chunks<BytesBatch>["head"]): { count: number; whole: boolean } {
    let used = 0;
    let whole = true;
    let count = 0;
    this.#offsets[0] = 0n;
    while (count < ready && (count === 0 || used < BATCH_BYTES)) {
      const sample = this.#index[row + count]!;
      const at = sample < 0 || !head ? -1 : sample - head.base;
      if (at >= 0) used = this.#append(head!.batch, at, used);
      const valid = at >= 0 && head!.batch.valid?.[at] !== 0;
      this.#valid[count] = valid ? 1 : 0;
      whole &&= valid;
      this.#offsets[++count] = BigInt(used);
    }
    return { count, whole };
  }

  #append(batch: BytesBatch, at: number, used: number): number {
    const start = Number(batch.offsets[at]);
    const end = Number(batch.offsets[at + 1]);
    const total = used + end - start;
    if (total > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(total, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, used));
      this.#bytes = grown;
    }
    this.#bytes.set(batch.bytes.subarray(start, end), used);
    return total;
  }
}
