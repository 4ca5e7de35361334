import { ANY_DISTANCE, nearestIndex, nextIndex, previousIndex, windowRanges } from "../../kernels/resample.ts";
import { rowsWithoutNewest } from "../../kernels/resampleNewest.ts";
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
  /**
   * Present where rows take the newest sample at or before them, but for these runs of rows, pairs of
   * a first row and the one behind the last. Positions need not be written down then.
   */
  readonly lacking?: Int32Array;
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
  return input.method === "previous" && input.slackNs === 0n ? newestColumn(input) : writtenColumn(input);
}

function newestColumn({ method, times, grid, hold, toleranceNs }: ColumnInput): Column {
  const tolerance = hold ? ANY_DISTANCE : toleranceNs;
  const lacking = rowsWithoutNewest(grid, times, tolerance);
  const write = () => previousIndex(grid, times, { toleranceNs: tolerance });
  return lazyColumn({ method, times, missing: lacking.length > 0, lacking }, write);
}

/** A column whose positions are found when they are asked for first. */
function lazyColumn(known: Omit<Column, "first">, write: () => Int32Array): Column {
  let first: Int32Array | undefined;
  return {
    ...known,
    get first() {
      first ??= write();
      return first;
    },
  };
}

function writtenColumn(input: ColumnInput): Column {
  const { method, times } = input;
  const { first, last } = positions(input);
  if (input.hold && method !== "sum") holdMissing(input, first, last);
  return { method, times, first, ...(last && { last }), missing: first.includes(-1) };
}

/** A column that takes position `i * step` for row i; written out only when it is asked for. */
export function steadyColumn(times: BigInt64Array, rows: number, step: number): Column {
  const have = Math.min(rows, Math.ceil(times.length / step));
  return lazyColumn({ method: "previous", times, missing: have < rows }, () => {
    const first = new Int32Array(rows);
    for (let row = 0; row < have; row++) first[row] = row * step;
    return first.fill(-1, have);
  });
}

/** The same column for rows `start` to `end` (half-open) only. */
export function sliceColumn(column: Column, { start, end, rows }: { start: number; end: number; rows: number }): Column {
  if (start === 0 && end === rows) return column;
  const { method, times, last } = column;
  const cut = () => column.first.subarray(start, end);
  if (column.lacking) {
    const lacking = cutRuns(column.lacking, { start, end });
    return lazyColumn({ method, times, missing: lacking.length > 0, lacking }, cut);
  }
  const missing = column.missing && cut().includes(-1);
  return lazyColumn({ method, times, missing, ...(last && { last: last.subarray(start, end) }) }, cut);
}

/** Rows `start` to `end` (half-open). */
export interface RowRun {
  readonly start: number;
  readonly end: number;
}

/** The runs of rows that have no sample, half-open, in order. */
export function missingRuns(column: Column): RowRun[] {
  const runs: RowRun[] = [];
  if (!column.missing) return runs;
  const { lacking } = column;
  if (lacking) {
    for (let at = 0; at < lacking.length; at += 2) runs.push({ start: lacking[at]!, end: lacking[at + 1]! });
    return runs;
  }
  const { first } = column;
  for (let start = first.indexOf(-1); start >= 0; ) {
    let end = start + 1;
    while (end < first.length && first[end]! < 0) end++;
    runs.push({ start, end });
    start = first.indexOf(-1, end);
  }
  return runs;
}

/** Marks the rows that have no sample, in a column of ones and zeros; row 0 of `marks` is row `start`. */
export function markMissing(column: Column, marks: Uint8Array, start: number): void {
  if (!column.missing) return;
  if (column.lacking) {
    const runs = cutRuns(column.lacking, { start, end: start + marks.length });
    for (let at = 0; at < runs.length; at += 2) marks.fill(1, runs[at], runs[at + 1]);
    return;
  }
  for (let row = 0; row < marks.length; row++) if (column.first[start + row]! < 0) marks[row] = 1;
}

function cutRuns(runs: Int32Array, { start, end }: { start: number; end: number }): Int32Array {
  const cut: number[] = [];
  for (let at = 0; at < runs.length; at += 2) {
    const from = Math.max(runs[at]!, start);
    const to = Math.min(runs[at + 1]!, end);
    if (from < to) cut.push(from - start, to - start);
  }
  return Int32Array.from(cut);
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
