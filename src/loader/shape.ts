import { TendonError } from "../core/errors.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { Lane } from "./layout.ts";
import type { OrderShape } from "./order/hierarchy.ts";
import type { LoaderOptions } from "./types.ts";

/** Pictures of the samples that are mixed with each other. Three times as much is held. */
const GROUP_BYTES = 160 << 20;
/** Even of small pictures no more: the first batch waits for all of them. */
const GROUP_SAMPLES = { least: 64, most: 1024 };
const RUN = { least: 16, most: 64 };

/**
 * What `local` and the others mean for a dataset. It depends on what a sample holds, never on the machine or the
 * world: the order must be the same everywhere.
 */
export function shapeOf(
  order: NonNullable<LoaderOptions["order"]>,
  given: { readonly anchors: number; readonly lanes: readonly Lane[]; readonly dataset: LoadedDataset },
): OrderShape {
  const { anchors, lanes, dataset } = given;
  if (order === "sequential") return { anchors, run: anchors, runsPerGroup: 1 };
  if (order === "uniform") return { anchors, run: 1, runsPerGroup: anchors };
  if (order === "local") {
    const run = Math.max(RUN.least, Math.min(RUN.most, 2 * keySpacing(dataset, lanes)));
    return { anchors, run, runsPerGroup: Math.max(1, Math.floor(samplesAtOnce(lanes) / run)) };
  }
  for (const [name, value] of Object.entries(order)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TendonError("bad-pipeline", `must be a whole number from 1 (got ${value})`, { place: { path: `order.${name}` } });
  }
  return { anchors, ...order };
}

/** How many samples are decoded together, and mixed with each other in the order `local`. */
export function samplesAtOnce(lanes: readonly Lane[]): number {
  const bytes = lanes.reduce((sum, lane) => sum + lane.bytes * lane.offsets.length, 0);
  return Math.max(GROUP_SAMPLES.least, Math.min(GROUP_SAMPLES.most, 2 ** Math.floor(Math.log2(GROUP_BYTES / bytes))));
}

/** Pictures from one key frame to the next, of the camera where they are rarest. */
function keySpacing({ keySpacings }: LoadedDataset, lanes: readonly Lane[]): number {
  return Math.ceil(Math.max(1, ...lanes.map(({ stream }) => keySpacings.get(stream) ?? 1)));
}
