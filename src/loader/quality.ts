import type { Order } from "./order/hierarchy.ts";

/** How well an order shuffles. Nothing is decoded to tell. */
export interface OrderQuality {
  /** 0: each batch is one stretch of the dataset. 1: batches are spread like those of a uniform permutation. */
  readonly spread: number;
  /** Batches that were looked at. */
  readonly batches: number;
}

const BATCHES_MAX = 256;

/**
 * The dataset is cut into as many equal parts as a batch has samples. The entropy of how a batch's samples are spread
 * over them, averaged over batches of one epoch at equal distances, is set in relation to what it is where all samples
 * lie side by side (0) and what batches drawn uniformly without putting back have on average (1). So 1 means that a
 * batch says no more of where in the dataset it stands than chance does; a little above 1 is noise.
 */
export function orderQuality(order: Order, { batchSize, epoch = 0 }: { batchSize: number; epoch?: number }): OrderQuality {
  const { anchors } = order;
  const size = Math.max(1, Math.min(batchSize, anchors));
  const all = Math.max(1, Math.floor(anchors / size));
  const batches = Math.min(all, BATCHES_MAX);
  // One sample is anywhere, and half of all is everywhere, whatever the order.
  if (size < 2 || size > anchors / 2 - 1) return { spread: 1, batches };
  const drawn = new Float64Array(size);
  const places = new Float64Array(size);
  let sum = 0;
  let least = 0;
  for (let index = 0; index < batches; index++) {
    const batch = Math.floor((index * all) / batches);
    order.fill(epoch, batch * size, drawn, places);
    sum += entropyOf(drawn, anchors);
    least += entropyOf(sideBySide(batch * size, drawn, anchors), anchors);
  }
  const most = uniformEntropy(size, anchors);
  const [own, lowest] = [sum / batches, least / batches];
  return { spread: Math.max(0, most - lowest < 1e-9 ? 1 : (own - lowest) / (most - lowest)), batches };
}

/** In nats, of samples over `anchors.length` parts of the dataset. */
function entropyOf(anchors: Float64Array, all: number): number {
  const parts = anchors.length;
  const counts = new Uint32Array(parts);
  for (const anchor of anchors) counts[Math.floor((anchor * parts) / all)]!++;
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / parts) * Math.log(count / parts);
  return entropy;
}

function sideBySide(from: number, like: Float64Array, all: number): Float64Array {
  return like.map((_, place) => (from + place) % all);
}

/**
 * Of `size` samples drawn from `all` without putting back, over `size` parts: how many fall into one part is
 * hypergeometric, and the mean of a sum is the sum of the means.
 */
function uniformEntropy(size: number, all: number): number {
  const ofRoom = new Map<number, number>();
  let mean = 0;
  for (let part = 0; part < size; part++) {
    const room = Math.ceil(((part + 1) * all) / size) - Math.ceil((part * all) / size);
    const known = ofRoom.get(room) ?? partEntropy(room, size, all);
    ofRoom.set(room, known);
    mean += known;
  }
  return mean;
}

/** The mean of -p ln p, where a part of `room` anchors has the share p of the samples. */
function partEntropy(room: number, size: number, all: number): number {
  let chance = 1;
  for (let drawn = 0; drawn < size; drawn++) chance *= (all - room - drawn) / (all - drawn);
  let mean = 0;
  for (let count = 0; count < Math.min(room, size); count++) {
    // From the chance of this many to that of one more.
    chance *= ((room - count) * (size - count)) / ((count + 1) * (all - room - size + count + 1));
    const share = (count + 1) / size;
    mean -= chance * share * Math.log(share);
  }
  return mean;
}
