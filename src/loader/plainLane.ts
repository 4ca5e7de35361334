import type { NumberArray } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import { held, type Look, type MirrorMap, type NumberLane } from "./numberLane.ts";
import type { EpisodeNumbers } from "./rows.ts";

interface PlainOptions {
  readonly stream: string;
  /** The batch's key. Default: the stream. */
  readonly name?: string;
  readonly dtype: NumberDtype;
  /** Of one row. */
  readonly shape: readonly number[];
  readonly offsets: ArrayLike<number>;
  /** Without one, a flipped sample's numbers stay as they are. */
  readonly mirror?: MirrorMap;
}

/** One stream's rows as they are stored; the first or last row stands in for those beyond the ends. */
export function plainLane({ stream, name = stream, dtype, shape, offsets, mirror }: PlainOptions): NumberLane {
  const steps = Int32Array.from(offsets);
  const width = shape.reduce((product, each) => product * each, 1);
  const row = copierOf(steps, width);
  return {
    name,
    dtype,
    shape,
    offsets: steps,
    streams: [stream],
    fill(episode: EpisodeNumbers, at: number, target: NumberArray, to: number, look?: Look) {
      const column = episode.columns.get(stream)!;
      row(column, { at, rows: episode.rows }, target, to);
      if (look?.flip && mirror) mirrorRows(target, { from: to, rows: steps.length, width }, mirror);
    },
  };
}

type Copier = (column: NumberArray, window: { at: number; rows: number }, target: NumberArray, to: number) => void;

/** Copies a window. Where steps follow one another and all are inside, that is one copy. */
function copierOf(steps: Int32Array, width: number): Copier {
  const first = steps[0] ?? 0;
  const consecutive = steps.length > 1 && steps.every((offset, step) => offset === first + step);
  return (column, { at, rows }, target, to) => {
    const from = at + first;
    if (consecutive && from >= 0 && from + steps.length <= rows) {
      target.set(column.subarray(from * width, (from + steps.length) * width) as never, to);
      return;
    }
    const [source, into] = [column as Float64Array, target as Float64Array];
    for (let step = 0, place = to; step < steps.length; step++) {
      const start = held(at + steps[step]!, rows) * width;
      for (let item = 0; item < width; item++) into[place++] = source[start + item]!;
    }
  };
}

/** Turns rows into those of the mirrored robot, in place. */
export function mirrorRows(
  values: NumberArray,
  at: { readonly from: number; readonly rows: number; readonly width: number },
  { from, sign }: MirrorMap,
): void {
  const numbers = values as Float64Array;
  const before = new Float64Array(at.width);
  for (let row = 0, start = at.from; row < at.rows; row++, start += at.width) {
    for (let item = 0; item < at.width; item++) before[item] = numbers[start + item]!;
    for (let item = 0; item < at.width; item++) numbers[start + item] = sign[item]! * before[from[item]!]!;
  }
}
