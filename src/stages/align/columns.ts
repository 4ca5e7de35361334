import { nearestIndex, nextIndex, previousIndex, windowRanges } from "../../kernels/resample.ts";
import type { Method } from "./options.ts";

/**
 * For each row, positions in one stream: `first` alone where a row copies a sample, `first` and `last`
 * (inclusive) where it is made of several; -1 where there is none. `first` never goes back, so one
 * pass over the stream serves all rows.
 */
export interface Column {
  readonly method: Method;
  /** The stream's own times, which the positions index. */
  readonly times: BigInt64Array;
  readonly first: Int32Array;
  readonly last?: Int32Array;
  /** Whether any row has none. */
  readonly missing: boolean;
}

/** What a column is computed from. `slackNs`: inputs this much past a row still count as at it. */
export interface ColumnInput {
  readonly method: Method;
  readonly grid: BigInt64Array;
  readonly times: BigInt64Array;
  readonly toleranceNs: bigint;
  readonly periodNs: bigint;
  readonly slackNs: bigint;
  readonly hold: boolean;
  /** Windows lie after the row, as for commands, or before it, so that nothing of the future is seen. */
  readonly window: "before" | "after";
}

/** The positions of one stream for every row. */
export function computeColumn(input: ColumnInput): Column {
  const { method, times } = input;
  const { first, last } = positions(input);
  if (input.hold && method !== "sum") holdMissing(input, first, last);
  return { method, times, first, ...(last && { last }), missing: first.includes(-1) };
}

/** A column that takes position `i * step` for row i; written out only when it is asked for. */
export function steadyColumn(times: BigInt64Array, rows: number, step: number): Column {
  const have = Math.min(rows, Math.ceil(times.length / step));
  let first: Int32Array | undefined;
  const write = () => {
    const column = new Int32Array(rows);
    for (let row = 0; row < have; row++) column[row] = row * step;
    return column.fill(-1, have);
  };
  return {
    method: "previous",
    times,
    get first() {
      first ??= write();
      return first;
    },
    missing: have < rows,
  };
}

/** The same column for rows `start` to `end` (half-open) only. */
export function sliceColumn(column: Column, { start, end, rows }: { start: number; end: number; rows: number }): Column {
  if (start === 0 && end === rows) return column;
  const first = column.first.subarray(start, end);
  return {
    ...column,
    first,
    ...(column.last && { last: column.last.subarray(start, end) }),
    missing: column.missing && first.includes(-1),
  };
}

function positions(input: ColumnInput): { first: Int32Array; last?: Int32Array } {
  const { method, times } = input;
  const options = { toleranceNs: input.toleranceNs };
  const soon = shifted(input.grid, input.slackNs);
  if (method === "previous") return { first: previousIndex(soon, times, options) };
  if (method === "next") return { first: nextIndex(shifted(input.grid, -input.slackNs), times, options) };
  if (method === "nearest") return { first: nearestIndex(input.grid, times, options) };
  if (method === "linear" || method === "slerp") {
    const first = previousIndex(input.grid, times, options);
    const last = nextIndex(input.grid, times, options);
    for (let row = 0; row < first.length; row++) {
      if (first[row]! < 0 || last[row]! < 0) first[row] = last[row] = -1;
      else if (times[first[row]!] === times[last[row]!]) last[row] = first[row]!;
    }
    return { first, last };
  }
  const { start, end } = windowRanges(windowEdges(input), times);
  for (let row = 0; row < start.length; row++) {
    end[row] = end[row]! - 1;
    if (end[row]! < start[row]!) start[row] = end[row] = -1;
  }
  return { first: start, last: end };
}

/** One more edge than rows: each row's window is `[edge i, edge i + 1)`. */
function windowEdges({ grid, periodNs, window }: ColumnInput): BigInt64Array {
  const edges = new BigInt64Array(grid.length + 1);
  const at = window === "before" ? 1 : 0;
  edges.set(grid, at);
  if (grid.length === 0) return edges;
  if (window === "before") edges[0] = grid[0]! - periodNs;
  else edges[grid.length] = grid[grid.length - 1]! + periodNs;
  return edges;
}

function holdMissing(input: ColumnInput, first: Int32Array, last: Int32Array | undefined): void {
  const newest = previousIndex(input.grid, input.times);
  for (let row = 0; row < first.length; row++) {
    if (first[row]! >= 0) continue;
    first[row] = newest[row]!;
    if (last) last[row] = newest[row]!;
  }
}

function shifted(grid: BigInt64Array, by: bigint): BigInt64Array {
  if (by === 0n) return grid;
  return grid.map((time) => time + by);
}
