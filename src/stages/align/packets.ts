import type { PacketsBatch } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import { sliceBatch } from "../../core/slice.ts";
import { lowerBound } from "../../kernels/resample.ts";
import type { RowSpan } from "./cursor.ts";
import type { Passage } from "./output.ts";

/** Coded pictures as recorded, at the times of their rows. Only for streams whose `copy.can` is true. */
export class CopiedPackets implements Passage {
  readonly #stream: string;
  readonly #span: RowSpan;
  readonly #start: number;

  constructor(stream: string, span: RowSpan) {
    this.#stream = stream;
    this.#span = span;
    this.#start = span.column.first[0] ?? 0;
  }

  pass(batch: PacketsBatch): PacketsBatch | undefined {
    const rows = Int32Array.from(batch.time, (time) => this.#rowOf(time));
    let start = 0;
    let end = rows.length;
    while (start < end && rows[start]! < 0) start++;
    while (end > start && rows[end - 1]! < 0) end--;
    if (start === end) return undefined;
    if (rows.subarray(start, end).includes(-1)) {
      throw new TendonError("bad-data", "pictures from outside the rows stand among theirs: the key flags are wrong", {
        place: { stream: this.#stream },
      });
    }
    const kept = sliceBatch(batch, start, end);
    const { grid } = this.#span;
    const time = BigInt64Array.from(rows.subarray(start, end), (row) => grid[row]!);
    const moved = time.some((value, at) => value !== kept.time[at]);
    return { ...kept, time, decodeTime: moved ? time : kept.decodeTime, from: kept.from ?? { first: kept.time } };
  }

  /** The row of a picture, or -1 outside. */
  #rowOf(time: bigint): number {
    const { column, start, end } = this.#span;
    const frame = lowerBound(column.times, time);
    const row = frame - this.#start;
    return column.times[frame] === time && row >= start && row < end ? row : -1;
  }
}
