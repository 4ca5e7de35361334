import { ANY_DISTANCE, lowerBound } from "./resample.ts";

/** What rows are made of: samples `base` and on of a stream, `width` words of 32 bits each, and all its times. */
export interface NewestInput {
  readonly grid: BigInt64Array;
  readonly times: BigInt64Array;
  readonly words: Uint32Array;
  readonly base: number;
  readonly width: number;
}

/** The next row, and a sample that is not newer than its newest. Moved on by `spreadNewest`. */
export interface Cursor {
  row: number;
  sample: number;
}

/** Where rows go: their words, and the times that they were taken from. */
export interface NewestOutput {
  readonly words: Uint32Array;
  readonly times: BigInt64Array;
}

/**
 * Joins and copies in one walk: for each row up to `rowEnd` the newest sample at or before it, as long
 * as that is before `sampleEnd`. No positions are written down, and times travel as halves: several
 * times as fast as a join and a gather behind one another. Gives the count of rows.
 */
export function spreadNewest(
  input: NewestInput,
  cursor: Cursor,
  bounds: { readonly rowEnd: number; readonly sampleEnd: number },
  output: NewestOutput,
): number {
  const start = cursor.row;
  if (input.width === 1) spreadSingles(input, cursor, bounds, output);
  else spreadWords(input, cursor, bounds, output);
  return cursor.row - start;
}

/**
 * The runs of rows that have no input within `toleranceNs` before them, as pairs of a first row and the
 * one behind the last: told from the gaps between inputs, without joining.
 */
export function rowsWithoutNewest(grid: BigInt64Array, times: BigInt64Array, toleranceNs: bigint): Int32Array {
  const rows = grid.length;
  const runs: number[] = [];
  const add = (start: number, end: number) => {
    if (start >= end) return;
    if (runs.at(-1) === start) runs[runs.length - 1] = end;
    else runs.push(start, end);
  };
  const samples = times.length;
  add(0, samples === 0 ? rows : lowerBound(grid, times[0]!));
  const tolerance = BigInt.asIntN(64, toleranceNs);
  for (let sample = 0; sample + 1 < samples; sample++) {
    const limit = BigInt.asIntN(64, times[sample]! + tolerance);
    if (limit < times[sample]! || times[sample + 1]! <= limit) continue;
    add(lowerBound(grid, limit + 1n), lowerBound(grid, times[sample + 1]!));
  }
  const limit = samples === 0 ? 0n : BigInt.asIntN(64, times[samples - 1]! + tolerance);
  if (samples > 0 && limit >= times[samples - 1]! && limit < ANY_DISTANCE) add(lowerBound(grid, limit + 1n), rows);
  return Int32Array.from(runs);
}

// The loops are the same but for their middle; one for both would be slower by the loop over words.
function spreadSingles(
  { grid, times, words, base }: NewestInput,
  cursor: Cursor,
  { rowEnd, sampleEnd }: { readonly rowEnd: number; readonly sampleEnd: number },
  output: NewestOutput,
): void {
  const halves = halvesOf(times);
  const outHalves = halvesOf(output.times);
  const outWords = output.words;
  const start = cursor.row;
  let row = start;
  let sample = cursor.sample;
  while (row < rowEnd && sample < sampleEnd) {
    const low = halves[2 * sample]!;
    const high = halves[2 * sample + 1]!;
    const word = words[sample - base]!;
    const newest = sample + 1 === times.length;
    const next = newest ? 0n : times[sample + 1]!;
    while (row < rowEnd && (newest || grid[row]! < next)) {
      const at = row++ - start;
      outWords[at] = word;
      outHalves[2 * at] = low;
      outHalves[2 * at + 1] = high;
    }
    if (row < rowEnd) sample++;
  }
  cursor.row = row;
  cursor.sample = sample;
}

function spreadWords(
  { grid, times, words, base, width }: NewestInput,
  cursor: Cursor,
  { rowEnd, sampleEnd }: { readonly rowEnd: number; readonly sampleEnd: number },
  output: NewestOutput,
): void {
  const halves = halvesOf(times);
  const outHalves = halvesOf(output.times);
  const outWords = output.words;
  const start = cursor.row;
  let row = start;
  let sample = cursor.sample;
  while (row < rowEnd && sample < sampleEnd) {
    const low = halves[2 * sample]!;
    const high = halves[2 * sample + 1]!;
    const from = (sample - base) * width;
    const newest = sample + 1 === times.length;
    const next = newest ? 0n : times[sample + 1]!;
    while (row < rowEnd && (newest || grid[row]! < next)) {
      const at = row++ - start;
      const to = at * width;
      for (let word = 0; word < width; word++) outWords[to + word] = words[from + word]!;
      outHalves[2 * at] = low;
      outHalves[2 * at + 1] = high;
    }
    if (row < rowEnd) sample++;
  }
  cursor.row = row;
  cursor.sample = sample;
}

function halvesOf(times: BigInt64Array): Uint32Array {
  return new Uint32Array(times.buffer, times.byteOffset, times.length * 2);
}
