import type { NumberArray } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import type { NumberLane } from "./numberLane.ts";

/** One stream as it stands in the table. */
export function plainLane(
  stream: string,
  { dtype, shape, offsets }: { readonly dtype: NumberDtype; readonly shape: readonly number[]; readonly offsets: Int32Array },
): NumberLane {
  const across = shape.reduce((product, each) => product * each, 1);
  const consecutive = offsets.every((offset, step) => step === 0 || offset === offsets[step - 1]! + 1);
  const last = offsets.length - 1;
  return {
    name: stream,
    dtype,
    shape,
    offsets,
    streams: [stream],
    fill(episode, row, target, at) {
      // Both are of the lane's dtype; the union of all kinds of arrays cannot be told so.
      const column = episode.columns.get(stream) as Float64Array;
      const into = target as NumberArray as Float64Array;
      const from = row + offsets[0]!;
      if (consecutive && from >= 0 && row + offsets[last]! < episode.rows) {
        into.set(column.subarray(from * across, (from + last + 1) * across), at);
        return;
      }
      for (let step = 0; step <= last; step++) {
        const held = Math.min(episode.rows - 1, Math.max(0, row + offsets[step]!)) * across;
        for (let item = 0; item < across; item++) into[at + step * across + item] = column[held + item]!;
      }
    },
  };
}
