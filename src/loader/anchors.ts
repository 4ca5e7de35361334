import { TendonError } from "../core/errors.ts";

/** The rows at which windows may stand, numbered through all spans: episodes, or parts of them. */
export interface Anchors {
  readonly count: number;
  /** Which span (by its place in the list) and which row of it an anchor is. */
  find(anchor: number): { readonly span: number; readonly row: number };
}

/**
 * Numbers the rows of all spans. Where windows may not reach beyond one, rows too near its ends are
 * left out; `least` and `most` are the outermost offsets of any window.
 */
export function anchorsOf(
  lengths: ArrayLike<number>,
  edges: { readonly least: number; readonly most: number; readonly inside: boolean },
): Anchors {
  const before = edges.inside ? Math.max(0, -edges.least) : 0;
  const behind = edges.inside ? Math.max(0, edges.most) : 0;
  const starts = new Float64Array(lengths.length + 1);
  for (let span = 0; span < lengths.length; span++)
    starts[span + 1] = starts[span]! + Math.max(0, lengths[span]! - before - behind);
  const count = starts[lengths.length]!;
  if (count === 0) {
    const message =
      lengths.length === 0
        ? "the dataset has no episode"
        : `no episode is as long as the windows: they reach from ${edges.least} to ${edges.most} rows around a row`;
    throw new TendonError("bad-data", message);
  }
  return {
    count,
    find(anchor) {
      let low = 0;
      let high = lengths.length;
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (starts[middle]! <= anchor) low = middle;
        else high = middle;
      }
      return { span: low, row: anchor - starts[low]! + before };
    },
  };
}
