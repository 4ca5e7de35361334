import { TendonError } from "../core/errors.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { PictureLane } from "./layout.ts";
import type { OrderShape } from "./order/hierarchy.ts";
import type { OrderOption } from "./types.ts";

/** Pictures of the samples that are mixed with each other. About twice as much is held. */
const GROUP_BYTES = 112 << 20;
/** Even of small pictures no more: the first batch waits for all of them. Even of large ones so many that the longest run is one piece of work. */
const GROUP_SAMPLES = { least: 48, most: 1024 };
/** Runs are whole steps, so that groups end where the usual batches do: else two more batches would be held. */
const RUN = { least: 16, most: 96, step: 16 };
/** A run begins anywhere in its first group of pictures, and half of that group is decoded for nothing: a sixth of all at three groups. */
const RUN_GROUPS = 3;
/** A group of no more than so many samples is decoded as a whole. */
const UNIT_MOST = 2;

type Pictures = Pick<PictureLane, "bytes" | "steps" | "sources">;

/**
 * What `local` and the others mean for a dataset. It depends on what a sample holds, never on the machine or the
 * world: the order must be the same everywhere. `atOnce` samples of it are decoded together.
 */
export function shapeOf(
  order: OrderOption,
  given: {
    readonly anchors: number;
    readonly atOnce: number;
    readonly dataset: Pick<LoadedDataset, "keySpacings">;
    readonly pictures: readonly Pictures[];
  },
): OrderShape {
  const { anchors, atOnce, dataset, pictures } = given;
  if (order === "sequential" || order === 0) return { anchors, run: anchors, runsPerGroup: 1 };
  if (order === "uniform" || order === 1) return { anchors, run: 1, runsPerGroup: anchors };
  if (order === "local") {
    const wanted = RUN_GROUPS * keySpacing(dataset, pictures);
    const run = Math.max(RUN.least, Math.min(RUN.most, Math.ceil(wanted / RUN.step) * RUN.step));
    return { anchors, run, runsPerGroup: Math.max(1, Math.floor(atOnce / run)) };
  }
  if (typeof order === "number") return dialled(order, anchors);
  for (const [name, value] of Object.entries(order)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TendonError("bad-pipeline", `must be a whole number from 1 (got ${value})`, { place: { path: `order.${name}` } });
  }
  return { anchors, ...order };
}

/**
 * Between the ends of the dial runs become shorter and groups larger, both by equal factors for equal steps: at d
 * of N anchors, runs of N^((1 - d) / 2) rows, and groups of N^((1 + d) / 2) samples. Both begin at the root of N: one run a
 * group. Longer runs would mix what is far apart, and the dial would shuffle less where it is turned up.
 */
export function dialled(dial: number, anchors: number): OrderShape {
  if (dial === 0) return { anchors, run: anchors, runsPerGroup: 1 };
  if (!(dial >= 0 && dial <= 1))
    throw new TendonError("bad-pipeline", `must be from 0 (sequential) to 1 (uniform) (got ${dial})`, {
      place: { path: "order" },
    });
  const run = Math.max(1, Math.round(anchors ** ((1 - dial) / 2)));
  return { anchors, run, runsPerGroup: Math.max(1, Math.round(anchors ** ((1 + dial) / 2) / run)) };
}

/** How many samples are decoded together, and mixed with each other in the order `local`. */
export function samplesAtOnce(pictures: readonly Pictures[]): number {
  const bytes = pictures.reduce((sum, { bytes: each, steps }) => sum + each * steps, 0);
  const fit = Math.floor(GROUP_BYTES / bytes / RUN.step) * RUN.step;
  return Math.max(GROUP_SAMPLES.least, Math.min(GROUP_SAMPLES.most, fit));
}

/** How many of a dataset's samples make one piece of work: a group, if it is not much larger than what is decoded together. */
export function unitOf({ anchors, run, runsPerGroup }: OrderShape, atOnce: number): number {
  const group = Math.min(anchors, run * runsPerGroup);
  const own = Math.max(1, Math.round(atOnce));
  return run < anchors && group <= own * UNIT_MOST ? group : Math.min(anchors, own);
}

/** Pictures from one key frame to the next, of the camera where they are rarest. */
function keySpacing({ keySpacings }: Pick<LoadedDataset, "keySpacings">, pictures: readonly Pictures[]): number {
  const streams = pictures.flatMap(({ sources }) => sources.flatMap((source) => (source ? [source.stream] : [])));
  return Math.ceil(Math.max(1, ...streams.map((stream) => keySpacings.get(stream) ?? 1)));
}
