import { availableParallelism } from "node:os";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import { type Anchors, anchorsOf } from "./anchors.ts";
import { type Arena, type Chunk, ChunkMaker } from "./chunks.ts";
import { featureOf, type LoadedDataset, openLoaded } from "./dataset.ts";
import { DecoderPool } from "./decoders.ts";
import { type BatchLayout, layoutOf } from "./layout.ts";
import { hierarchy } from "./order/hierarchy.ts";
import { rootKey } from "./order/key.ts";
import { EpisodeShelf } from "./rows.ts";
import { type Sequence, sequence } from "./sequence.ts";
import { samplesAtOnce, shapeOf } from "./shape.ts";
import type { LoaderBatch, LoaderOptions, LoaderState } from "./types.ts";

export type { LoaderBatch, LoaderOptions, LoaderState, Tensor } from "./types.ts";

const THREADS_MAX = 1024;
const NUMBERS_BYTES_MAX = 128 << 20;
/** One that is handed over, one that is decoded, and one to begin on. */
const CHUNKS_HELD = 3;

/** Batches, one after another, and where they stand. Dispose of it. */
export interface Loader extends AsyncIterable<LoaderBatch>, AsyncDisposable {
  /** Samples of one epoch, over all ranks, and batches of it. */
  readonly samples: number;
  readonly batchesPerEpoch: number;
  /** What to go on with: the batch behind the last one that was given. */
  state(): LoaderState;
  /** Pictures decoded so far, and different ones asked for in each piece of work. */
  counts(): { readonly decoded: number; readonly wanted: number };
}

/** Opens a dataset to be trained from. The same options give the same batches, whatever the threads and the world. */
export async function loader(options: LoaderOptions): Promise<Loader> {
  checkNumbers(options);
  const dataset = await openLoaded(options.path);
  const offsets = Object.entries(options.windows).map(([stream, window]) => windowOf(dataset, stream, window));
  if (offsets.length === 0) throw new TendonError("bad-pipeline", "names no stream", { place: { path: "windows" } });
  const all = offsets.flatMap(({ offsets: window }) => window);
  const reach = { least: Math.min(...all), most: Math.max(...all), inside: options.edges === "drop" };
  const anchors = anchorsOf(dataset.lengths, reach);
  const { rank = 0, world = 1, batchSize, seed = 0, tail = "drop" } = options;
  const layout = layoutOf(Math.max(1, Math.floor(batchSize / world)), offsets, options.size);
  const shape = shapeOf(options.order ?? "local", { anchors: anchors.count, lanes: layout.lanes, dataset });
  const decides = [dataset.identity, Object.entries(options.windows), options.edges ?? "hold", tail, batchSize, { ...shape }];
  const order = digest(decides).slice(0, 32);
  const from = resumed(options.state, { order, seed });
  const ordered = hierarchy(shape, rootKey({ dataset: order, seed }));
  const batches = sequence(ordered, { batchSize, tail, rank, world });
  const state: LoaderState = { tendon: "loader 1", order, seed, batch: from };
  const atOnce = Math.max(1, Math.floor(samplesAtOnce(layout.lanes) / batchSize));
  return new OpenLoader({ options, dataset, layout, anchors, batches, atOnce, state });
}

function checkNumbers({ seed, threads, epochs }: LoaderOptions): void {
  const wrong = (path: string, message: string) => new TendonError("bad-pipeline", message, { place: { path } });
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0))
    throw wrong("seed", `must be a whole number from 0 (got ${seed})`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX))
    throw wrong("threads", `must be a whole number from 1 to ${THREADS_MAX} (got ${threads})`);
  if (epochs !== undefined && !(epochs > 0)) throw wrong("epochs", `must be above 0 (got ${epochs})`);
}

function windowOf(dataset: LoadedDataset, stream: string, offsets: readonly number[]) {
  const wrong =
    offsets.length === 0 ? "holds no offset" : offsets.find((each) => !Number.isInteger(each) || Math.abs(each) > 1e6);
  if (wrong !== undefined) {
    const message = typeof wrong === "string" ? wrong : `must hold whole numbers of rows (got ${wrong})`;
    throw new TendonError("bad-pipeline", message, { place: { path: `windows.${stream}` } });
  }
  return { stream, offsets, feature: featureOf(dataset, stream) };
}

function resumed(state: LoaderState | undefined, { order, seed }: { order: string; seed: number }): number {
  if (state === undefined) return 0;
  const refuse = (message: string) => new TendonError("bad-pipeline", message, { place: { path: "state" } });
  if (state.tendon !== "loader 1") throw refuse(`is no state of a loader (got ${JSON.stringify(state).slice(0, 80)})`);
  if (state.seed !== seed) throw refuse(`was taken with seed ${state.seed}, this loader has ${seed}`);
  if (state.order !== order)
    throw refuse("was taken of another dataset, or with other windows, size, order, edges, tail or batch size: give the same");
  if (!Number.isSafeInteger(state.batch) || state.batch < 0) throw refuse(`names no batch (got ${state.batch})`);
  return state.batch;
}

interface Opened {
  readonly options: LoaderOptions;
  readonly dataset: LoadedDataset;
  readonly layout: BatchLayout;
  readonly anchors: Anchors;
  readonly batches: Sequence;
  /** Batches that are decoded together. */
  readonly atOnce: number;
  readonly state: LoaderState;
}

class OpenLoader implements Loader {
  readonly samples: number;
  readonly batchesPerEpoch: number;
  readonly #opened: Opened;
  readonly #pool: DecoderPool;
  readonly #maker: ChunkMaker;
  #next: number;

  constructor(opened: Opened) {
    const { options, dataset, layout, anchors, batches, state } = opened;
    this.#opened = opened;
    this.#next = state.batch;
    this.samples = anchors.count;
    this.batchesPerEpoch = batches.perEpoch;
    const pictures = layout.lanes.some(({ picture }) => picture);
    this.#pool = new DecoderPool(pictures ? (options.threads ?? availableParallelism()) : 0, options.size);
    const numbers = layout.lanes.filter(({ picture }) => !picture).map(({ stream }) => stream);
    const shelf = new EpisodeShelf(dataset, numbers, NUMBERS_BYTES_MAX);
    this.#maker = new ChunkMaker({ dataset, layout, anchors, batches, shelf, pool: this.#pool });
  }

  state(): LoaderState {
    return { ...this.#opened.state, batch: this.#next };
  }

  counts() {
    return this.#maker.counts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LoaderBatch> {
    const { signal } = this.#opened.options;
    const arenas: readonly Arena[] = Array.from({ length: CHUNKS_HELD }, () => []);
    const coming: Promise<Chunk>[] = [];
    let begun = 0;
    let end = this.#next;
    // While batches of one chunk are handed over, the next is decoded, and threads that have no more of it begin on the one behind.
    const begin = () => {
      const range = this.#range(end);
      if (!range) return;
      const chunk = this.#maker.make(range, arenas[begun++ % CHUNKS_HELD]!);
      chunk.catch(() => undefined);
      coming.push(chunk);
      end = range.to;
    };
    for (let ahead = 1; ahead < CHUNKS_HELD; ahead++) begin();
    for (let chunk = await coming.shift(); chunk; chunk = await coming.shift()) {
      signal?.throwIfAborted();
      begin();
      for (const batch of chunk) {
        this.#next = batch.index + 1;
        yield batch;
        signal?.throwIfAborted();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  /** The batches from one on, up to where a group of the order ends. */
  #range(from: number): { readonly from: number; readonly to: number } | undefined {
    const { batches, options, atOnce } = this.#opened;
    const last = options.epochs === undefined ? Number.POSITIVE_INFINITY : Math.floor(options.epochs * batches.perEpoch);
    if (from >= last) return undefined;
    const perEpoch = Math.max(1, Math.floor(batches.perEpoch));
    const inEpoch = from % perEpoch;
    const groupEnd = from - (inEpoch % atOnce) + atOnce;
    return { from, to: Math.min(last, groupEnd, from - inEpoch + perEpoch) };
  }
}
