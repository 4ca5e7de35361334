import type { BytesBatch, FramesBatch, RowsBatch, SourceTimes } from "../../core/batch.ts";
import { sliceBatch } from "../../core/slice.ts";

/** What rows are made from; packets are passed on and never held. */
export type HeldBatch = RowsBatch | BytesBatch | FramesBatch;

/** A batch and the position of its first sample in what is delivered of the stream. */
export interface Chunk<B extends HeldBatch> {
  readonly batch: B;
  readonly base: number;
}

/**
 * The samples of one stream that rows still need. Only the batch delivered last is the giver's own
 * memory; before the next pull `retain` copies what is left of it.
 */
export class Chunks<B extends HeldBatch> {
  /** The position after the newest sample. */
  received = 0;
  #held: Chunk<B>[] = [];
  #live = false;

  push(batch: B, base: number): void {
    this.#held.push({ batch, base });
    this.#live = true;
    this.received = base + batch.time.length;
  }

  /** Forgets samples before `needed`, chunk by chunk. */
  drop(needed: number): void {
    while (this.#held.length > 0 && endOf(this.#held[0]!) <= needed) this.#held.shift();
    if (this.#held.length === 0) this.#live = false;
  }

  retain(needed: number): void {
    this.drop(needed);
    if (!this.#live) return;
    const { batch, base } = this.#held.pop()!;
    const start = Math.max(0, needed - base);
    this.#held.push({ batch: copyBatch(sliceBatch(batch, start, batch.time.length)), base: base + start });
    this.#live = false;
  }

  /** The oldest chunk that is held. */
  get head(): Chunk<B> | undefined {
    return this.#held[0];
  }

  /** All that is held as one chunk, joined where there are several. */
  joined(join: (batches: readonly B[]) => B): Chunk<B> | undefined {
    if (this.#held.length > 1) {
      this.#held = [{ base: this.#held[0]!.base, batch: join(this.#held.map((chunk) => chunk.batch)) }];
      this.#live = false;
    }
    return this.#held[0];
  }
}

/** Batches of one stream behind one another. */
export function joinRows(batches: readonly RowsBatch[]): RowsBatch {
  const first = batches[0]!;
  const count = batches.reduce((sum, batch) => sum + batch.time.length, 0);
  const width = first.time.length === 0 ? 1 : first.values.length / first.time.length;
  const values = new (first.values.constructor as Float32ArrayConstructor)(count * width) as unknown as RowsBatch["values"];
  const time = new BigInt64Array(count);
  const wide = batches.some((batch) => batch.valid && batch.valid.length !== batch.time.length) ? width : 1;
  const valid = batches.some((batch) => batch.valid) ? new Uint8Array(count * wide).fill(1) : undefined;
  const from = batches.some((batch) => batch.from)
    ? { first: new BigInt64Array(count), last: new BigInt64Array(count) }
    : undefined;
  let at = 0;
  for (const batch of batches) {
    (values as Float32Array).set(batch.values as Float32Array, at * width);
    time.set(batch.time, at);
    if (valid && batch.valid) setValid(valid, at * wide, batch, wide);
    from?.first.set(batch.from?.first ?? batch.time, at);
    from?.last.set(batch.from?.last ?? batch.from?.first ?? batch.time, at);
    at += batch.time.length;
  }
  return { kind: "rows", time, values, ...(valid && { valid }), ...(from && { from }) };
}

function setValid(valid: Uint8Array, at: number, batch: RowsBatch, wide: number): void {
  const own = batch.valid!;
  const repeat = own.length === batch.time.length ? wide : 1;
  for (let k = 0; k < own.length * repeat; k++) valid[at + k] = own[repeat === 1 ? k : Math.floor(k / repeat)]!;
}

/** The same samples in memory of their own. */
function copyBatch<B extends HeldBatch>(batch: B): B;
function copyBatch(batch: HeldBatch): HeldBatch {
  const common = {
    time: batch.time.slice(),
    ...(batch.valid && { valid: batch.valid.slice() }),
    ...(batch.from && { from: copyFrom(batch.from) }),
  };
  if (batch.kind === "rows") return { ...batch, ...common, values: batch.values.slice() };
  if (batch.kind === "frames") return { ...batch, ...common, frames: batch.frames.slice(0, batch.time.length * batch.stride) };
  const start = batch.offsets[0] ?? 0n;
  return {
    ...batch,
    ...common,
    offsets: batch.offsets.map((offset) => offset - start),
    bytes: batch.bytes.slice(Number(start), Number(batch.offsets.at(-1) ?? 0n)),
  };
}

function copyFrom(from: SourceTimes): SourceTimes {
  return { first: from.first.slice(), ...(from.last && { last: from.last.slice() }) };
}

function endOf(chunk: Chunk<HeldBatch>): number {
  return chunk.base + chunk.batch.time.length;
}
