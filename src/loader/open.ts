import { availableParallelism } from "node:os";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import { type Anchors, anchorsOf } from "./anchors.ts";
import { type LoadedDataset, openLoaded } from "./dataset.ts";
import { DecoderPool } from "./decoders.ts";
import { type BatchLayout, layoutOf } from "./layout.ts";
import { openSlots, type SlotMemory } from "./memory.ts";
import { checkNumbers } from "./options.ts";
import { hierarchy, type Order, type OrderShape } from "./order/hierarchy.ts";
import { rootKey } from "./order/key.ts";
import { mixtureOf } from "./order/mixture.ts";
import { resolveParts } from "./resolve.ts";
import { EpisodeShelf } from "./rows.ts";
import { Scheduler } from "./scheduler.ts";
import { type Sequence, sequence } from "./sequence.ts";
import { samplesAtOnce, shapeOf, unitOf } from "./shape.ts";
import { partsOf } from "./shares.ts";
import { type Spans, spansOf } from "./spans.ts";
import type { LoaderOptions, LoaderState, MixturePart } from "./types.ts";
import { checkWindows, type DatasetWindows, windowsOf } from "./windows.ts";

const NUMBERS_BYTES_MAX = 128 << 20;

/** A dataset as its samples are drawn and read. */
export interface OpenDataset {
  readonly loaded: LoadedDataset;
  readonly windows: DatasetWindows;
  readonly spans: Spans;
  readonly anchors: Anchors;
  readonly order: Order;
  /** Samples that are decoded together. */
  readonly unit: number;
  readonly shelf: EpisodeShelf;
}

/** What a dataset of the mixture is called, and its share of it. */
export interface DatasetTold {
  readonly path: string;
  readonly tag: string;
  readonly share: number;
  readonly samples: number;
}

/** A loader that knows all about its batches and has no memory for them yet. */
export interface OpenedLoader {
  readonly layout: BatchLayout;
  /** Slots that keep everything busy, besides those that whoever takes batches keeps. */
  readonly slots: number;
  /** Samples of one epoch, over all ranks, and batches of it. */
  readonly samples: number;
  readonly batchesPerEpoch: number;
  readonly datasets: readonly DatasetTold[];
  readonly state: LoaderState;
  /** Begins to fill slots. */
  start(memory: SlotMemory): Started;
}

export interface Started extends AsyncDisposable {
  readonly batches: Scheduler;
}

/** Opens a dataset or a mixture to be trained from. The same options give the same batches, whatever the threads and the world. */
export async function openLoader(options: LoaderOptions): Promise<OpenedLoader> {
  checkNumbers(options);
  checkWindows(options);
  const {
    rank = 0,
    world = 1,
    batchSize,
    seed = 0,
    tail = "drop",
    edges = "hold",
    segments = "episode",
    stride = { index: 0, count: 1 },
  } = options;
  const parts = await resolveParts(options.path);
  const loaded: LoadedDataset[] = [];
  for (const { path } of parts) loaded.push(await openLoaded(path));
  const known = new Set(loaded.flatMap(({ features }) => Object.keys(features)));
  const windows = loaded.map((each) => windowsOf(each, options, known));
  const layout = layoutOf(Math.max(1, Math.floor(batchSize / world)), windows);
  const spans = loaded.map((each) => spansOf(each, segments));
  const anchors = spans.map(({ length }, index) => anchorsOf(length, reachOf(windows[index]!, edges)));
  const shares = parts.length === 1 ? [1] : partsOf(weighed(parts, anchors), options);
  const period = shares.reduce((sum, each) => sum + each, 0);
  const atOnce = samplesAtOnce(layout.pictures);
  const shapes = loaded.map((dataset, index) => {
    const given = { anchors: anchors[index]!.count, atOnce: (atOnce * shares[index]!) / period };
    return shapeOf(options.order ?? "local", { ...given, dataset, pictures: layout.pictures });
  });
  const order = digest(decidesOrder(options, { loaded, windows, shapes, shares })).slice(0, 32);
  const from = resumed(options.state, { order, seed });
  const datasets = loaded.map((dataset, index): OpenDataset => {
    const root = rootKey({ dataset: parts.length === 1 ? order : `${order} ${index}`, seed });
    const numbers = windows[index]!.numbers.flatMap(({ streams }) => streams);
    const shelf = new EpisodeShelf(dataset, [...new Set(numbers)], NUMBERS_BYTES_MAX / parts.length);
    const unit = unitOf(shapes[index]!, (atOnce * shares[index]!) / period);
    return {
      loaded: dataset,
      windows: windows[index]!,
      spans: spans[index]!,
      anchors: anchors[index]!,
      order: hierarchy(shapes[index]!, root),
      unit,
      shelf,
    };
  });
  const batches = sequence(
    datasets.map((dataset) => dataset.order),
    mixtureOf(shares),
    { batchSize, tail, rank, world },
  );
  return {
    layout,
    slots: slotsFor(datasets, shares, { batchSize, tail, step: stride.count }),
    samples: anchors.reduce((sum, { count }) => sum + count, 0),
    batchesPerEpoch: batches.perEpoch,
    datasets: parts.map(({ path, tag }, index) => ({
      path,
      tag: tag ?? loaded[index]!.described.schema.embodiment,
      share: shares[index]! / period,
      samples: anchors[index]!.count,
    })),
    state: { tendon: "loader 1", order, seed, batch: from },
    start: (memory) => startLoader(options, { layout, datasets, batches, memory, from }),
  };
}

function startLoader(
  { epochs, stride = { index: 0, count: 1 }, onError = "stop", threads = availableParallelism() }: LoaderOptions,
  {
    layout,
    datasets,
    batches,
    memory,
    from,
  }: Pick<OpenedLoader, "layout"> & {
    readonly datasets: readonly OpenDataset[];
    readonly batches: Sequence;
    readonly memory: SlotMemory;
    readonly from: number;
  },
): Started {
  const pool = new DecoderPool(layout.pictures.length > 0 ? threads : 0, memory);
  const behind = (stride.index - (from % stride.count) + stride.count) % stride.count;
  const scheduler = new Scheduler({
    layout,
    datasets,
    sequence: batches,
    pool,
    slots: openSlots(memory),
    slotCount: memory.slots,
    onError,
    from: from + behind,
    to: epochs === undefined ? Number.POSITIVE_INFINITY : Math.floor(epochs * batches.perEpoch),
    step: stride.count,
  });
  return { batches: scheduler, [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
}

/** All that decides which sample stands where. */
function decidesOrder(
  { batchSize, tail = "drop", edges = "hold", segments = "episode" }: LoaderOptions,
  given: {
    loaded: readonly LoadedDataset[];
    windows: readonly DatasetWindows[];
    shapes: readonly OrderShape[];
    shares: readonly number[];
  },
) {
  const datasets = given.loaded.map(({ identity }, index) => {
    const { pictures, numbers } = given.windows[index]!;
    const windows = [...pictures, ...numbers].map(({ name, offsets }) => [name, [...offsets]]);
    return [identity, windows, { ...given.shapes[index]! }, given.shares[index]!];
  });
  return [datasets, edges, segments, tail, batchSize];
}

function reachOf({ pictures, numbers }: DatasetWindows, edges: "hold" | "drop") {
  const all = [...pictures, ...numbers].flatMap(({ offsets }) => [...offsets]);
  return { least: Math.min(0, ...all), most: Math.max(0, ...all), inside: edges === "drop" };
}

function weighed(parts: readonly MixturePart[], anchors: readonly Anchors[]) {
  return parts.map((part, index) => ({ ...part, rows: anchors[index]!.count }));
}

/** Two pieces of work: one that is taken while the other is decoded. */
function slotsFor(
  datasets: readonly OpenDataset[],
  shares: readonly number[],
  { batchSize, tail, step }: { batchSize: number; tail: LoaderOptions["tail"]; step: number },
): number {
  const period = shares.reduce((sum, each) => sum + each, 0);
  const samples = Math.max(...datasets.map(({ unit }, index) => (unit * period) / shares[index]!));
  const whole = samples / batchSize / step;
  const aligned = datasets.length === 1 && tail !== "wrap" && (Number.isInteger(whole) || Number.isInteger(1 / whole));
  return 2 * (Math.ceil(whole) + (aligned ? 0 : 1));
}

function resumed(state: LoaderState | undefined, { order, seed }: { order: string; seed: number }): number {
  if (state === undefined) return 0;
  const refuse = (message: string) => new TendonError("bad-pipeline", message, { place: { path: "state" } });
  if (state.tendon !== "loader 1") throw refuse(`is no state of a loader (got ${JSON.stringify(state).slice(0, 80)})`);
  if (state.seed !== seed) throw refuse(`was taken with seed ${state.seed}, this loader has ${seed}`);
  if (state.order !== order)
    throw refuse("was taken of another dataset, or with other windows, order, edges, tail, weights or batch size: give the same");
  if (!Number.isSafeInteger(state.batch) || state.batch < 0) throw refuse(`names no batch (got ${state.batch})`);
  return state.batch;
}
