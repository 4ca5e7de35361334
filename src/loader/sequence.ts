import { TendonError } from "../core/errors.ts";
import type { Order } from "./order/hierarchy.ts";
import type { Mixture } from "./order/mixture.ts";

/** Samples, one at each place of the arrays. */
export interface Draws {
  readonly dataset: Int32Array;
  /** The row at which windows stand, numbered through the dataset. */
  readonly anchor: Float64Array;
  /** How many samples of the dataset came before, over all epochs. */
  readonly count: Float64Array;
  /** 0 where a sample only fills up the tail. */
  readonly valid: Uint8Array;
  /** Its place in the whole batch. */
  readonly place: Int32Array;
}

/** Which samples each batch holds, and which of them are one rank's. */
export interface Sequence {
  /** Batches of one epoch; with `wrap` and in a mixture, of which the last reaches into the next. */
  readonly perEpoch: number;
  epochOf(batch: number): number;
  /** Fills `draws` with this rank's share of a batch. */
  fill(batch: number, draws: Draws): void;
  /** `[dataset]`: how many of its samples have come once a batch is over, those that a dropped tail leaves out counted. */
  reached(batch: number): readonly number[];
}

export interface SequenceOptions {
  readonly batchSize: number;
  readonly tail: "drop" | "wrap" | "pad";
  readonly rank: number;
  readonly world: number;
}

/**
 * Batch k holds positions k * batchSize to (k + 1) * batchSize, whatever the world. Ranks share it by where its
 * samples stood before their group was shuffled, so that each rank decodes runs of its own; within a share the
 * order is the batch's.
 */
export function sequence(orders: readonly Order[], mixture: Mixture, options: SequenceOptions): Sequence {
  check(orders, options);
  const { batchSize, rank, world } = options;
  const share = batchSize / world;
  const epochs = epochsOf(orders, options);
  const whole = drawsOf(batchSize);
  const places = new Float64Array(batchSize);
  const place = new Float64Array(1);

  function fillWhole(batch: number): void {
    for (let sample = 0; sample < batchSize; sample++) {
      const { position, valid } = epochs.position(batch, sample);
      const { dataset, count } = mixture.at(position);
      const order = orders[dataset]!;
      const epoch = Math.floor(count / order.anchors);
      order.fill(epoch, count - epoch * order.anchors, whole.anchor.subarray(sample, sample + 1), place);
      whole.dataset[sample] = dataset;
      whole.count[sample] = count;
      whole.valid[sample] = valid ? 1 : 0;
      places[sample] = epoch * order.anchors + place[0]!;
    }
  }

  return {
    perEpoch: epochs.perEpoch,
    epochOf: (batch) => epochs.epochOf(batch),
    fill(batch, draws) {
      fillWhole(batch);
      const all = Array.from({ length: batchSize }, (_, sample) => sample);
      const before = (a: number, b: number) => whole.dataset[a]! - whole.dataset[b]! || places[a]! - places[b]! || a - b;
      const own =
        world === 1
          ? all
          : all
              .sort(before)
              .slice(rank * share, (rank + 1) * share)
              .sort((a, b) => a - b);
      own.forEach((sample, at) => {
        draws.dataset[at] = whole.dataset[sample]!;
        draws.anchor[at] = whole.anchor[sample]!;
        draws.count[at] = whole.count[sample]!;
        draws.valid[at] = whole.valid[sample]!;
        draws.place[at] = sample;
      });
    },
    reached(batch) {
      const next = epochs.position(batch + 1, 0).position;
      return orders.map((_, dataset) => mixture.countBefore(dataset, next));
    },
  };
}

export function drawsOf(samples: number): Draws {
  return {
    dataset: new Int32Array(samples),
    anchor: new Float64Array(samples),
    count: new Float64Array(samples),
    valid: new Uint8Array(samples),
    place: new Int32Array(samples),
  };
}

interface Epochs {
  readonly perEpoch: number;
  epochOf(batch: number): number;
  /** The position that a sample of a batch stands at, of all that are without end. */
  position(batch: number, sample: number): { readonly position: number; readonly valid: boolean };
}

/** With `drop`, positions are left out at an epoch's end; with `pad`, its first ones stand once more, not valid. */
function epochsOf(orders: readonly Order[], { batchSize, tail }: SequenceOptions): Epochs {
  const anchors = orders.reduce((sum, order) => sum + order.anchors, 0);
  if (orders.length > 1 || tail === "wrap") {
    return {
      perEpoch: anchors / batchSize,
      epochOf: (batch) => Math.floor((batch * batchSize) / anchors),
      position: (batch, sample) => ({ position: batch * batchSize + sample, valid: true }),
    };
  }
  const perEpoch = tail === "drop" ? Math.floor(anchors / batchSize) : Math.ceil(anchors / batchSize);
  return {
    perEpoch,
    epochOf: (batch) => Math.floor(batch / perEpoch),
    position(batch, sample) {
      const epoch = Math.floor(batch / perEpoch);
      const position = (batch - epoch * perEpoch) * batchSize + sample;
      return { position: epoch * anchors + (position % anchors), valid: position < anchors };
    },
  };
}

function check(orders: readonly Order[], { batchSize, tail, rank, world }: SequenceOptions): void {
  const wrong = (path: string, message: string) => {
    throw new TendonError("bad-pipeline", message, { place: { path } });
  };
  if (!Number.isInteger(batchSize) || batchSize < 1) wrong("batchSize", `must be a whole number from 1 (got ${batchSize})`);
  if (!Number.isInteger(world) || world < 1) wrong("world", `must be a whole number from 1 (got ${world})`);
  if (!Number.isInteger(rank) || rank < 0 || rank >= world) wrong("rank", `must be from 0 to ${world - 1} (got ${rank})`);
  if (batchSize % world !== 0) wrong("batchSize", `${batchSize} samples cannot be shared evenly by ${world} ranks`);
  if (orders.length === 1 && tail === "drop" && batchSize > orders[0]!.anchors)
    wrong("batchSize", `is ${batchSize}, but the dataset has ${orders[0]!.anchors} samples: make it smaller, or tail: "wrap"`);
}
