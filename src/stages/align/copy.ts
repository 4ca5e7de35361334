import type { Copy, StreamTimes } from "../../core/episode.ts";
import type { Column } from "./columns.ts";

/**
 * Whether the coded pictures of a stream can be taken as they are: every row takes the next frame, and
 * the first of them can be decoded alone.
 */
export function copyOf(column: Column, source: StreamTimes, grid: BigInt64Array): Copy {
  const copy = source.copy;
  if (!copy) return { can: false, reason: "its source gives no coded pictures" };
  if (!copy.can) return copy;
  const reason = whyNot(column, source, grid, copy.bFrames);
  if (reason) return { can: false, reason };
  const all = column.first[0] === 0 && column.first.length === source.time.length;
  const { carried, ...rest } = copy;
  return { ...rest, ...(all && carried && { carried }) };
}

function whyNot({ first }: Column, source: StreamTimes, grid: BigInt64Array, bFrames: boolean): string | undefined {
  if (first.length === 0) return "there are no rows";
  const start = first[0]!;
  const end = start + first.length;
  let moved = false;
  for (let row = 0; row < first.length; row++) {
    const frame = first[row]!;
    if (frame < 0) return `row ${row} has no frame`;
    if (frame !== start + row) {
      return `row ${row} takes frame ${frame} after frame ${first[row - 1]}, and copying takes every next frame`;
    }
    if (source.time[frame] !== grid[row]) moved = true;
  }
  if (!source.key?.[start]) return `row 0 takes frame ${start}, which cannot be decoded without the frames before it`;
  if (bFrames && end < source.time.length && !source.key[end]) {
    return `it has B-frames and is cut after frame ${end - 1}, in the midst of a group`;
  }
  if (bFrames && moved) return "it has B-frames, and its frames move to other times";
  return undefined;
}
