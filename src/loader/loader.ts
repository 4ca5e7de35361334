import type { NumberArray } from "../core/batch.ts";
import { arrayOf, type BatchLayout } from "./layout.ts";
import { type SlotMemory, sharedMemory } from "./memory.ts";
import { type DatasetTold, type OpenedLoader, openLoader, type Started } from "./open.ts";
import type { ReadyBatch } from "./scheduler.ts";
import type { Spent } from "./spent.ts";
import type { LoaderBatch, LoaderOptions, LoaderState, Tensor } from "./types.ts";

/** Whoever loops holds one batch. */
const SLOTS_HELD = 1;

/** What decoding threads did, added up over them; and how the loop over batches spent its time. */
export interface LoaderTimes extends Spent {
  /** The loop waited for a batch. */
  readonly waitingMs: number;
  /** It had one and asked for no other. */
  readonly elsewhereMs: number;
}

/** Batches, one after another, and where they stand. Dispose of it. */
export interface Loader extends AsyncIterable<LoaderBatch>, AsyncDisposable {
  /** Samples of one epoch, over all ranks, and batches of it. */
  readonly samples: number;
  readonly batchesPerEpoch: number;
  /** In the order of `LoaderBatch.dataset`. */
  readonly datasets: readonly DatasetTold[];
  /** What a user should know of these windows, a sentence each. */
  readonly notes: readonly string[];
  /** What to go on with: the batch behind the last one that was given. */
  state(): LoaderState;
  /** Pictures decoded so far, different ones asked for in each piece of work, and samples that were skipped. */
  counts(): { readonly decoded: number; readonly wanted: number; readonly skipped: number };
  /** Where time went so far. */
  times(): LoaderTimes;
}

/** Opens a dataset or a mixture of some to be trained from. The same options give the same batches, whatever the threads and the world. */
export async function loader(options: LoaderOptions): Promise<Loader> {
  return new OpenLoader(options, await openLoader(options));
}

class OpenLoader implements Loader {
  readonly samples: number;
  readonly batchesPerEpoch: number;
  readonly datasets: readonly DatasetTold[];
  readonly notes: readonly string[];
  readonly #opened: OpenedLoader;
  readonly #memory: SlotMemory;
  readonly #started: Started;
  readonly #signal: AbortSignal | undefined;
  #next: number;

  constructor(options: LoaderOptions, opened: OpenedLoader) {
    this.#opened = opened;
    this.#signal = options.signal;
    this.#next = opened.state.batch;
    this.samples = opened.samples;
    this.batchesPerEpoch = opened.batchesPerEpoch;
    this.datasets = opened.datasets;
    this.notes = opened.notes;
    this.#memory = sharedMemory(opened.slots + SLOTS_HELD, opened.layout.bytes);
    this.#started = opened.start(this.#memory);
  }

  state(): LoaderState {
    return { ...this.#opened.state, batch: this.#next };
  }

  times(): LoaderTimes {
    const { spending, idle } = this.#started.batches;
    const { storageMs, decodeMs, transformMs, transportMs, bytes } = spending;
    return { storageMs, decodeMs, transformMs, transportMs, bytes, ...idle };
  }

  counts() {
    return this.#started.batches.counts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LoaderBatch> {
    const { batches } = this.#started;
    const { layout } = this.#opened;
    for (let ready = await batches.next(); ready; ready = await batches.next()) {
      this.#signal?.throwIfAborted();
      this.#next = ready.index + 1;
      try {
        yield viewOf(ready, layout, this.#memory);
      } finally {
        batches.release(ready.slot);
      }
      this.#signal?.throwIfAborted();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started[Symbol.asyncDispose]();
  }
}

/** A batch as typed arrays over its slot. */
function viewOf(ready: ReadyBatch, layout: BatchLayout, memory: SlotMemory): LoaderBatch {
  if (memory.kind !== "shared") throw new TypeError("only memory of this process can be looked at");
  const buffer = memory.buffers[ready.slot]!;
  const { info } = layout;
  const lanes = [...layout.pictures, ...layout.numbers];
  const tensors = lanes.map(({ field }): [string, Tensor] => [
    field.name,
    { dtype: field.dtype, shape: field.shape, data: arrayOf(field, buffer) },
  ]);
  const taskIndex = arrayOf(info.task, buffer) as Int32Array;
  return {
    index: ready.index,
    epoch: ready.epoch,
    samples: layout.samples,
    tensors: new Map(tensors),
    masks: new Map(lanes.map(({ field, isPad }) => [field.name, inverted(arrayOf(isPad, buffer))])),
    widths: new Map(
      layout.numbers.flatMap(({ field, dimIsPad }) => (dimIsPad ? [[field.name, inverted(arrayOf(dimIsPad, buffer))]] : [])),
    ),
    tasks: Array.from(taskIndex, (index) => ready.tasks[index] ?? undefined),
    dataset: Int32Array.from(arrayOf(info.dataset, buffer) as BigInt64Array, Number),
    episode: Int32Array.from(arrayOf(info.episode, buffer) as BigInt64Array, Number),
    row: Int32Array.from(arrayOf(info.row, buffer) as BigInt64Array, Number),
    valid: Uint8Array.from(arrayOf(info.valid, buffer) as Uint8Array),
    skipped: ready.skipped,
  };
}

function inverted(isPad: NumberArray): Uint8Array {
  return (isPad as Uint8Array).map((each) => 1 - each);
}
