import type { OpenDataset } from "../../loader/open.ts";

/** Pictures that a sample costs, of one camera. */
export interface PicturesPerSample {
  readonly decoded: number;
  /** Different ones, in each piece of work. */
  readonly wanted: number;
}

const UNITS = 6;

/** What an order has to decode where each episode has a key frame every `spacing` pictures: counted, not measured. */
export function picturesPerSample(
  { order, unit, anchors, spans }: OpenDataset,
  { offsets, spacing }: { offsets: ArrayLike<number>; spacing: number },
): PicturesPerSample {
  const size = Math.min(unit, order.anchors);
  const all = Math.floor(order.anchors / size);
  const units = Math.min(UNITS, all);
  const drawn = new Float64Array(size);
  let decoded = 0;
  let wanted = 0;
  for (let index = 0; index < units; index++) {
    order.fill(0, Math.floor((index * all) / units) * size, drawn, new Float64Array(size));
    const rows = new Map<number, Set<number>>();
    for (const anchor of drawn) {
      const { span, row } = anchors.find(anchor);
      const [first, last] = [spans.from[span]!, spans.from[span]! + spans.length[span]! - 1];
      const episode = rows.get(spans.episode[span]!) ?? new Set();
      rows.set(spans.episode[span]!, episode);
      for (let step = 0; step < offsets.length; step++)
        episode.add(Math.max(first, Math.min(last, first + row + offsets[step]!)));
    }
    for (const own of rows.values()) {
      wanted += own.size;
      decoded += decodedOf(
        [...own].sort((a, b) => a - b),
        spacing,
      );
    }
  }
  return { decoded: decoded / (units * size), wanted: wanted / (units * size) };
}

/** Of each group of pictures, all up to the last that is wanted. */
function decodedOf(rows: readonly number[], spacing: number): number {
  let decoded = 0;
  rows.forEach((row, index) => {
    const next = rows[index + 1];
    const group = Math.floor(row / spacing);
    if (next === undefined || Math.floor(next / spacing) !== group) decoded += row - group * spacing + 1;
  });
  return decoded;
}
