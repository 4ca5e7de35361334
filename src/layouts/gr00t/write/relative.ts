import type { PartReader } from "../../../core/part.ts";
import { moments } from "../../../kernels/statistics.ts";
import { exactQuantiles } from "../../../kernels/statisticsQuantiles.ts";
import type { Modality, ModalityGroup } from "./modality.ts";

/** An action part, and the state part of the same name and width that it is told relative to. */
interface RelativePair {
  readonly action: ModalityGroup;
  readonly state: ModalityGroup;
}

/** Statistics of one action part, `[horizon, width]` each. */
export type RelativeStatistics = { readonly [key in "max" | "min" | "mean" | "std" | "q01" | "q99"]: Float64Array[] };

/** Parts that can be told relative to a state, by GR00T's rule: the state part of the same name. */
export function relativePairs(modality: Modality): readonly RelativePair[] {
  return modality.action.flatMap((action) => {
    const state = modality.state.find((part) => part.name === action.name && part.end - part.start === action.end - action.start);
    return state ? [{ action, state }] : [];
  });
}

/**
 * `relative_stats.json`: over every row i that has `horizon` actions before its episode ends, the
 * actions i .. i + horizon - 1 less the state at i, in float32, as GR00T's stats.py takes them for
 * joints. Chunks with a missing number do not count. `tables` yields each episode's parked table.
 */
export async function relativeStatistics(
  pairs: readonly RelativePair[],
  horizon: number,
  tables: () => AsyncIterable<string>,
  parts: PartReader,
): Promise<{ readonly [action: string]: RelativeStatistics }> {
  const told: { [action: string]: RelativeStatistics } = {};
  for (const pair of pairs) {
    const width = pair.action.end - pair.action.start;
    const pass = () => relativeChunks(pair, horizon, tables(), parts);
    const whole = moments(horizon * width);
    for await (const values of pass()) whole.add(values);
    const rows = async function* () {
      for await (const values of pass()) yield [{ values }];
    };
    const [[q01, q99] = []] = await exactQuantiles(rows, { widths: [horizon * width], quantiles: [0.01, 0.99] });
    const { min, max, mean, std } = whole.end();
    const cut = (values: readonly number[]) =>
      Array.from({ length: horizon }, (_, step) => Float64Array.from(values.slice(step * width, (step + 1) * width)));
    told[pair.action.name] = { max: cut(max), min: cut(min), mean: cut(mean), std: cut(std), q01: cut(q01!), q99: cut(q99!) };
  }
  return told;
}

const CHUNK_VALUES = 1 << 18;

/** Rows of `horizon * width` numbers, some rows at a time. */
async function* relativeChunks(
  { action, state }: RelativePair,
  horizon: number,
  tables: AsyncIterable<string>,
  parts: PartReader,
) {
  const width = action.end - action.start;
  const row = horizon * width;
  const rowsMax = Math.max(1, Math.floor(CHUNK_VALUES / row));
  for await (const table of tables) {
    const [actions, states] = await columnsOf([action, state], table, parts);
    const rows = actions!.length / width - horizon + 1;
    for (let from = 0; from < rows; from += rowsMax) {
      const count = Math.min(rowsMax, rows - from);
      const values = new Float32Array(count * row);
      for (let index = 0; index < count; index++) {
        const start = (from + index) * width;
        for (let at = 0; at < row; at++) values[index * row + at] = actions![start + at]! - states![start + (at % width)]!;
      }
      yield values;
    }
  }
}

/** The parts' columns of one episode, `[row, width]` each; NaN where a number is missing. */
async function columnsOf(groups: readonly ModalityGroup[], table: string, parts: PartReader): Promise<Float64Array[]> {
  const pieces: Float64Array[][] = groups.map(() => []);
  for await (const chunk of parts.table(table)) {
    for (const [at, { stream, start, end }] of groups.entries()) {
      const batch = chunk.get(stream);
      if (batch?.kind !== "rows") continue;
      const { values, valid } = batch;
      const count = batch.time.length;
      const size = values.length / count;
      const each = valid !== undefined && valid.length === values.length && size > 1;
      const piece = new Float64Array(count * (end - start));
      for (let row = 0, to = 0; row < count; row++) {
        for (let column = start; column < end; column++, to++) {
          const index = row * size + column;
          const known = valid === undefined || valid[each ? index : row] === 1;
          piece[to] = known ? Number(values[index]) : Number.NaN;
        }
      }
      pieces[at]!.push(piece);
    }
  }
  return pieces.map((some) => {
    const all = new Float64Array(some.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of some) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  });
}
