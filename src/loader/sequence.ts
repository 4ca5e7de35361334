import { TendonError } from "../core/errors.ts";
import type { Order } from "./order/hierarchy.ts";

/** Which anchors each batch holds, and which of them are one rank's. */
export interface Sequence {
  /** Batches of one epoch; with `wrap`, of which the last reaches into the next. */
  readonly perEpoch: number;
  epochOf(batch: number): number;
  /** Fills `anchors` with this rank's share of a batch. */
  fill(batch: number, anchors: Float64Array): void;
}

export interface SequenceOptions {
  readonly batchSize: number;
  readonly tail: "drop" | "wrap";
  readonly rank: number;
  readonly world: number;
}

/**
 * Batch k holds positions k * batchSize to (k + 1) * batchSize, whatever the world. Ranks share it by where its
 * samples stood before their group was shuffled, so that each rank decodes runs of its own; within a share the
 * order is the batch's.
 */
export function sequence(order: Order, { batchSize, tail, rank, world }: SequenceOptions): Sequence {
  check(order, { batchSize, tail, rank, world });
  const share = batchSize / world;
  const anchors = new Float64Array(batchSize);
  const places = new Float64Array(batchSize);
  const perEpoch = tail === "drop" ? Math.floor(order.anchors / batchSize) : order.anchors / batchSize;

  function fillWhole(batch: number): void {
    const first = tail === "drop" ? (batch % perEpoch) * batchSize : batch * batchSize;
    let epoch = tail === "drop" ? Math.floor(batch / perEpoch) : Math.floor(first / order.anchors);
    let position = tail === "drop" ? first : first - epoch * order.anchors;
    for (let done = 0; done < batchSize; ) {
      const count = Math.min(batchSize - done, order.anchors - position);
      order.fill(epoch, position, anchors.subarray(done, done + count), places.subarray(done, done + count));
      done += count;
      position = 0;
      epoch++;
    }
  }

  return {
    perEpoch,
    epochOf: (batch) => Math.floor(tail === "drop" ? batch / perEpoch : (batch * batchSize) / order.anchors),
    fill(batch, into) {
      fillWhole(batch);
      if (world === 1) return into.set(anchors);
      const byPlace = Array.from(anchors.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
      const own = byPlace.slice(rank * share, (rank + 1) * share).sort((a, b) => a - b);
      own.forEach((index, at) => {
        into[at] = anchors[index]!;
      });
    },
  };
}

function check(order: Order, { batchSize, tail, rank, world }: SequenceOptions): void {
  const wrong = (path: string, message: string) => {
    throw new TendonError("bad-pipeline", message, { place: { path } });
  };
  if (!Number.isInteger(batchSize) || batchSize < 1) wrong("batchSize", `must be a whole number from 1 (got ${batchSize})`);
  if (!Number.isInteger(world) || world < 1) wrong("world", `must be a whole number from 1 (got ${world})`);
  if (!Number.isInteger(rank) || rank < 0 || rank >= world) wrong("rank", `must be from 0 to ${world - 1} (got ${rank})`);
  if (batchSize % world !== 0) wrong("batchSize", `${batchSize} samples cannot be shared evenly by ${world} ranks`);
  if (tail === "drop" && batchSize > order.anchors)
    wrong("batchSize", `is ${batchSize}, but the dataset has ${order.anchors} samples: make it smaller, or tail: "wrap"`);
}
