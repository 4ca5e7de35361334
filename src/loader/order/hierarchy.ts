import { below, type Key, keyOf, LEVEL } from "./key.ts";
import { type Permutation, permutation } from "./permutation.ts";

/** How anchors (the rows at which windows stand, numbered in the dataset's order) are shuffled. */
export interface OrderShape {
  readonly anchors: number;
  /** Consecutive anchors that stay together, so that they are decoded together. `anchors`: no shuffling. */
  readonly run: number;
  /** Runs that are drawn together; their anchors are shuffled among each other. With all of them, or a run of 1: uniform. */
  readonly runsPerGroup: number;
}

/** The order of one seed: what stands at any place, in constant time, as a pure function of (dataset, seed, epoch, position). */
export interface Order {
  readonly anchors: number;
  /** Positions that one group takes; the last group of an epoch has what is left. */
  readonly groupSize: number;
  /**
   * Fills `anchors` with what stands at positions `from` on of an epoch, and `places` with where each stands in
   * its group before the shuffling: those of one run lie side by side.
   */
  fill(epoch: number, from: number, anchors: Float64Array, places: Float64Array): void;
}

/**
 * Anchors are turned by an offset of the epoch, so that no anchor is in the short run at the end for ever, and cut
 * into runs. The full runs are permuted, taken together in groups as they then stand, and each group's anchors are
 * permuted. The short run is the last of the last group.
 */
export function hierarchy({ anchors: count, run, runsPerGroup }: OrderShape, root: Key): Order {
  const length = Math.max(1, Math.min(run, count));
  const fullRuns = Math.floor(count / length);
  const groupSize = Math.max(1, Math.min(count, length * Math.max(1, runsPerGroup)));
  const sequential = length >= count;
  let now: { readonly epoch: number; readonly offset: number; readonly runs: Permutation } | undefined;
  let group: { readonly epoch: number; readonly index: number; readonly windows: Permutation } | undefined;

  function epochOf(epoch: number) {
    if (now?.epoch !== epoch) {
      const offset = sequential ? 0 : below(count, keyOf(root, { level: LEVEL.offset, epoch }));
      now = { epoch, offset, runs: permutation(fullRuns, keyOf(root, { level: LEVEL.runs, epoch })) };
    }
    return now;
  }

  function windowsOf(epoch: number, index: number): Permutation {
    if (group?.epoch !== epoch || group.index !== index) {
      const size = Math.min(groupSize, count - index * groupSize);
      group = { epoch, index, windows: permutation(size, keyOf(root, { level: LEVEL.windows, epoch, group: index })) };
    }
    return group.windows;
  }

  return {
    anchors: count,
    groupSize,
    fill(epoch, from, anchors, places) {
      const { offset, runs } = epochOf(epoch);
      for (let index = 0; index < anchors.length; index++) {
        const position = from + index;
        const own = Math.floor(position / groupSize);
        const inside = position - own * groupSize;
        const place = own * groupSize + (sequential ? inside : windowsOf(epoch, own).at(inside));
        const slot = Math.floor(place / length);
        const first = (slot < fullRuns ? runs.at(slot) : fullRuns) * length;
        const turned = first + (place - slot * length) + offset;
        anchors[index] = turned < count ? turned : turned - count;
        places[index] = place;
      }
    },
  };
}
