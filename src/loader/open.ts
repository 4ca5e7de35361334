import { availableParallelism } from "node:os";
import { digest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import { drawnOf, parseAugment } from "./augment/plan.ts";
import { DecoderPool } from "./decoders.ts";
import { type BatchLayout, layoutOf } from "./layout.ts";
import { openSlots, type SlotMemory } from "./memory.ts";
import type { Normalisation } from "./normalise.ts";
import { type OpenPart, openParts, reachOf } from "./openParts.ts";
import { checkNumbers } from "./options.ts";
import { hierarchy, type Order, type OrderShape } from "./order/hierarchy.ts";
import { type Key, rootKey } from "./order/key.ts";
import { mixtureOf } from "./order/mixture.ts";
import { EpisodeShelf } from "./rows.ts";
import { Scheduler } from "./scheduler.ts";
import { type Sequence, sequence } from "./sequence.ts";
import { samplesAtOnce, shapeOf, unitOf } from "./shape.ts";
import type { LoaderOptions, LoaderState } from "./types.ts";
import { checkVerify, Verifier } from "./verify/verify.ts";

const NUMBERS_BYTES_MAX = 128 << 20;
const WHOLE = { index: 0, count: 1 };

/** A dataset as its samples are drawn and read. */
export interface OpenDataset extends OpenPart {
  readonly order: Order;
  /** Samples that are decoded together. */
  readonly unit: number;
  readonly shelf: EpisodeShelf;
}

/** A dataset of the mixture, and its share of it. */
export interface DatasetTold {
  readonly path: string;
  /** The robot. */
  readonly tag: string;
  /** 0 to 1. */
  readonly share: number;
  /** Of one epoch of the dataset. */
  readonly samples: number;
  /** How its numbers were normalised, for whoever makes them the robot's again. */
  readonly normalisation: Normalisation;
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
  /** The same datasets, as they are drawn from. */
  readonly open: readonly OpenDataset[];
  readonly state: LoaderState;
  /** What a user should know of these windows, a sentence each. */
  readonly notes: readonly string[];
  /** Begins to fill slots. */
  start(memory: SlotMemory): Started;
}

export interface Started extends AsyncDisposable {
  readonly batches: Scheduler;
}

/** Opens a dataset or a mixture to be trained from. The same options give the same batches, whatever the threads and the world. */
export async function openLoader(options: LoaderOptions): Promise<OpenedLoader> {
  checkNumbers(options);
  checkVerify(options);
  const { rank = 0, world = 1, batchSize, seed = 0, tail = "drop" } = options;
  const augment = options.augment && parseAugment(options.augment);
  const parts = await openParts(options, augment);
  const windows = parts.map((part) => part.windows);
  const layout = layoutOf(Math.max(1, Math.floor(batchSize / world)), windows, augment);
  const { datasets, order } = ordered(parts, layout, options);
  const batches = sequence(
    datasets.map((dataset) => dataset.order),
    mixtureOf(parts.map((part) => part.parts)),
    { batchSize, tail, rank, world },
  );
  const from = resumed(options.state, { order, seed });
  return {
    layout,
    slots: slotsFor(datasets, options),
    samples: parts.reduce((sum, { anchors }) => sum + anchors.count, 0),
    batchesPerEpoch: batches.perEpoch,
    datasets: parts.map(told),
    open: datasets,
    state: { tendon: "loader 1", order, seed, batch: from },
    notes: [...new Set(windows.flatMap(({ notes }) => notes))],
    start: (memory) => startLoader(options, { layout, datasets, batches, memory, from, root: rootKey({ dataset: order, seed }) }),
  };
}

/** The order of each dataset, and what names all of them together. */
function ordered(parts: readonly OpenPart[], layout: BatchLayout, options: LoaderOptions) {
  const { seed = 0, order: wanted = "local" } = options;
  const atOnce = samplesAtOnce(layout.pictures);
  const shapes = parts.map(({ loaded, anchors, share }) =>
    shapeOf(wanted, { anchors: anchors.count, atOnce: atOnce * share, dataset: loaded, pictures: layout.pictures }),
  );
  const order = digest(decidesOrder(options, parts, shapes)).slice(0, 32);
  const datasets = parts.map((part, index): OpenDataset => {
    const root = rootKey({ dataset: parts.length === 1 ? order : `${order} ${index}`, seed });
    const { task, numbers } = part.windows;
    const streams = numbers.flatMap((lane) => lane.streams);
    const natives = numbers.flatMap((lane) => lane.natives ?? []);
    return {
      ...part,
      order: hierarchy(shapes[index]!, root),
      unit: unitOf(shapes[index]!, atOnce * part.share),
      shelf: new EpisodeShelf(part.loaded, { streams, natives, task, bytesMax: NUMBERS_BYTES_MAX / parts.length }),
    };
  });
  return { datasets, order };
}

/** All that decides which sample stands where. */
function decidesOrder(
  { batchSize, tail = "drop", edges, segments = "episode" }: LoaderOptions,
  parts: readonly OpenPart[],
  shapes: readonly OrderShape[],
) {
  const datasets = parts.map(({ loaded, windows, parts: whole }, index) => {
    // Sorted: in which order streams are named says nothing of which samples stand where.
    const named = [...windows.pictures, ...windows.numbers].toSorted((x, y) => (x.name < y.name ? -1 : 1));
    const offsets = named.map((each) => [each.name, [...each.offsets]]);
    return [loaded.identity, offsets, { ...reachOf(windows, edges) }, { ...shapes[index]! }, whole];
  });
  return [datasets, segments, tail, batchSize];
}

interface Begun {
  readonly layout: BatchLayout;
  readonly datasets: readonly OpenDataset[];
  readonly batches: Sequence;
  readonly memory: SlotMemory;
  readonly from: number;
  readonly root: Key;
}

function startLoader(options: LoaderOptions, { layout, datasets, batches, memory, from, root }: Begun): Started {
  const { batchSize, epochs, stride = WHOLE, onError = "stop", threads = availableParallelism() } = options;
  const pool = new DecoderPool(layout.pictures.length > 0 ? threads : 0, memory);
  const slots = openSlots(memory);
  const verifier = options.verify ? new Verifier({ layout, datasets, sequence: batches, slots, options }) : undefined;
  const scheduler = new Scheduler({
    layout,
    datasets,
    sequence: batches,
    pool,
    slots,
    slotCount: memory.slots,
    onError,
    batchSize,
    root,
    ...(options.augment && { augment: drawnOf(parseAugment(options.augment), layout.crop) }),
    from: from + ((((stride.index - from) % stride.count) + stride.count) % stride.count),
    to: epochs === undefined ? Number.POSITIVE_INFINITY : Math.floor(epochs * batches.perEpoch),
    step: stride.count,
    ...(verifier && { verify: (ready) => verifier.check(ready) }),
  });
  return { batches: scheduler, [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose]() };
}

function told({ path, tag, share, anchors, windows }: OpenPart): DatasetTold {
  return { path, tag, share, samples: anchors.count, normalisation: windows.normalisation };
}

/** Two pieces of work: one that is taken while the other is decoded. */
function slotsFor(datasets: readonly OpenDataset[], { batchSize, tail, stride = WHOLE }: LoaderOptions): number {
  const samples = Math.max(...datasets.map(({ unit, share }) => unit / share));
  const whole = samples / batchSize / stride.count;
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
