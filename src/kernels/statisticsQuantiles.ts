import type { NumberArray } from "../core/batch.ts";
import { sortFloats } from "./sortFloats.ts";
import { asNumbers } from "./statistics.ts";

/** Rows to take quantiles of: `[row, width]`, and `[row]` or `[row, width]` of which are there. */
export interface QuantileRows {
  readonly values: NumberArray;
  readonly valid?: Uint8Array;
}

export interface QuantileOptions {
  /** Numbers in a row of each stream. */
  readonly widths: readonly number[];
  /** 0 to 1. */
  readonly quantiles: readonly number[];
  /** Values are sorted in memory up to this many bytes; past it they are counted in three passes. Default 8 MiB. */
  readonly sortBytesMax?: number;
}

/**
 * Exact quantiles of every column of several streams over their finite numbers, cast to float32, by
 * linear interpolation between ranks: `numpy.quantile(column.astype(float32), q)`, computed in
 * float64. `pass` is called once, or four times where the values do not fit `sortBytesMax`; it gives
 * the same rows each time, one entry a stream (undefined: none), in batches cut and ordered in any
 * way: the result is the same. Gives `[stream][quantile][column]`, NaN for a column with no number.
 *
 * Large data is selected by radix over the bits of float32, which order like the numbers once the
 * sign is folded (M. Herf, "Radix Tricks", 2001): each pass counts the next 11, 11 and 10 bits of
 * those values that share a wanted rank's bits so far. Memory is 32 KiB a column and quantile at
 * most, whatever the rows.
 */
export async function exactQuantiles(
  pass: () => AsyncIterable<readonly (QuantileRows | undefined)[]>,
  options: QuantileOptions,
): Promise<readonly (readonly (readonly number[])[])[]> {
  const { widths, quantiles, sortBytesMax = 8 << 20 } = options;
  const columns = widths.flatMap((width, stream) => Array.from({ length: width }, (_, column) => ({ stream, column, width })));
  const sorted = await sortColumns(pass(), columns, sortBytesMax);
  const at = sorted ?? (await selectRanks(pass, columns, quantiles));
  return widths.map((_, stream) => {
    const own = at.filter((__, index) => columns[index]!.stream === stream);
    return quantiles.map((q) => own.map((column) => interpolate(column.count, q, column.at)));
  });
}

/** A column of one stream. */
interface Column {
  readonly stream: number;
  readonly column: number;
  readonly width: number;
}

/** What is known of a column's sorted values. */
interface Ranked {
  readonly count: number;
  readonly at: (rank: number) => number;
}

/** The value between two ranks at quantile `q` of `count` sorted values; NaN of none. numpy's `linear` method. */
export function interpolate(count: number, q: number, at: (rank: number) => number): number {
  if (count === 0) return Number.NaN;
  const { low, high, share } = ranksOf(count, q);
  const from = at(low);
  if (high === low || share === 0) return from;
  const to = at(high);
  return share < 0.5 ? from + (to - from) * share : to - (to - from) * (1 - share);
}

/** Quantiles of values that are given with their counts, ascending. NaN where all counts are 0. */
export function quantileOfCounts(values: ArrayLike<number>, counts: ArrayLike<number>, q: number): number {
  let total = 0;
  for (let index = 0; index < counts.length; index++) total += counts[index]!;
  return interpolate(total, q, (rank) => {
    let below = 0;
    for (let index = 0; index < counts.length; index++) {
      below += counts[index]!;
      if (rank < below) return values[index]!;
    }
    return Number.NaN;
  });
}

function ranksOf(count: number, q: number): { low: number; high: number; share: number } {
  const place = q * (count - 1);
  const low = Math.floor(place);
  return { low, high: Math.min(low + 1, count - 1), share: place - low };
}

async function sortColumns(
  pass: AsyncIterable<readonly (QuantileRows | undefined)[]>,
  columns: readonly Column[],
  bytesMax: number,
): Promise<Ranked[] | undefined> {
  const parts: Float32Array[][] = columns.map(() => []);
  let bytes = 0;
  for await (const batch of pass) {
    for (const rows of batch) bytes += (rows?.values.length ?? 0) * 4;
    if (bytes > bytesMax) return undefined;
    for (const [index, column] of columns.entries()) parts[index]!.push(finiteColumn(batch, column));
  }
  return parts.map((column) => {
    const all = new Float32Array(column.reduce((count, part) => count + part.length, 0));
    let at = 0;
    for (const part of column) {
      all.set(part, at);
      at += part.length;
    }
    sortFloats(all);
    return { count: all.length, at: (rank) => all[rank]! };
  });
}

function finiteColumn(batch: readonly (QuantileRows | undefined)[], { stream, column, width }: Column): Float32Array {
  const rows = batch[stream];
  if (rows === undefined) return new Float32Array(0);
  const { values, valid } = rows;
  const numbers = asNumbers(values);
  const each = valid !== undefined && valid.length === values.length && width > 1;
  const count = values.length / width;
  const found = new Float32Array(count);
  let kept = 0;
  for (let row = 0; row < count; row++) {
    const index = row * width + column;
    if (valid !== undefined && valid[each ? index : row] !== 1) continue;
    const value = numbers[index]!;
    if (value - value === 0) found[kept++] = value;
  }
  return found.subarray(0, kept);
}

/** The first bit and the count of bits of each digit, from the top of a float32. */
const DIGITS = [
  { shift: 21, bits: 11 },
  { shift: 10, bits: 11 },
  { shift: 0, bits: 10 },
] as const;

/** A wanted rank, and the bits known so far of the value that has it. */
interface Search {
  readonly rank: number;
  prefix: number;
  /** Values before the first one with this prefix. */
  below: number;
}

async function selectRanks(
  pass: () => AsyncIterable<readonly (QuantileRows | undefined)[]>,
  columns: readonly Column[],
  quantiles: readonly number[],
): Promise<Ranked[]> {
  const searches: Search[][] = columns.map(() => []);
  const counts = new Float64Array(columns.length);
  for (const { shift, bits } of DIGITS) {
    const tables = searches.map((column) => tablesOf(column, bits));
    for await (const batch of pass()) {
      for (const [index, column] of columns.entries()) {
        const rows = batch[column.stream];
        const whole = rows?.values instanceof Float32Array && rows.valid === undefined ? rows.values : undefined;
        if (whole) countDigits(whole, tables[index]!, { shift, bits, start: column.column, step: column.width });
        else countDigits(finiteColumn(batch, column), tables[index]!, { shift, bits, start: 0, step: 1 });
      }
    }
    for (const [index, table] of tables.entries()) {
      if (shift === DIGITS[0].shift) {
        counts[index] = table.get(0)!.reduce((sum, count) => sum + count, 0);
        searches[index] = wantedRanks(counts[index]!, quantiles);
      }
      for (const search of searches[index]!) refine(search, table.get(search.prefix)!, bits);
    }
  }
  return searches.map((column, index) => {
    const values = new Map(column.map((search) => [search.rank, unorder(search.prefix)]));
    return { count: counts[index]!, at: (rank) => values.get(rank) ?? Number.NaN };
  });
}

/** A table of counts for each prefix that is searched; before the first digit there is one, the empty prefix. */
function tablesOf(searches: readonly Search[], bits: number): Map<number, Float64Array> {
  const prefixes = searches.length === 0 ? [0] : searches.map((search) => search.prefix);
  return new Map(prefixes.map((prefix) => [prefix, new Float64Array(2 ** bits)]));
}

/** Counts the next digit of every `step`-th value from `start`, of those whose bits so far have a table. */
function countDigits(
  values: Float32Array,
  tables: ReadonlyMap<number, Float64Array>,
  { shift, bits, start, step }: { shift: number; bits: number; start: number; step: number },
): void {
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const mask = 2 ** bits - 1;
  const above = shift + bits;
  // Most values share no first digit with a wanted rank: they are turned away without a look-up.
  const first = new Uint8Array(2048).fill(above === 32 ? 1 : 0);
  for (const prefix of above === 32 ? [] : tables.keys()) first[above === 21 ? prefix : prefix >>> 11] = 1;
  const only = above === 32 ? tables.get(0) : undefined;
  for (let index = start; index < patterns.length; index += step) {
    const pattern = patterns[index]!;
    const ordered = order(pattern);
    if (first[ordered >>> 21] === 0 || (pattern & EXPONENT) === EXPONENT) continue;
    const table = only ?? tables.get(ordered >>> above);
    if (table) table[(ordered >>> shift) & mask]!++;
  }
}

/** All ones in NaN and the infinities. */
const EXPONENT = 0x7f800000;

function wantedRanks(count: number, quantiles: readonly number[]): Search[] {
  const ranks = new Set<number>();
  for (const q of count === 0 ? [] : quantiles) {
    const { low, high } = ranksOf(count, q);
    ranks.add(low).add(high);
  }
  return [...ranks].map((rank) => ({ rank, prefix: 0, below: 0 }));
}

function refine(search: Search, table: Float64Array, bits: number): void {
  let digit = 0;
  while (search.below + table[digit]! <= search.rank) search.below += table[digit++]!;
  search.prefix = search.prefix * 2 ** bits + digit;
}

/** Bits of a float32 as an unsigned integer that orders as the number does. */
function order(pattern: number): number {
  return (pattern & 0x80000000 ? ~pattern : pattern | 0x80000000) >>> 0;
}

function unorder(ordered: number): number {
  const scratch = new Uint32Array(1);
  scratch[0] = ordered & 0x80000000 ? ordered & 0x7fffffff : ~ordered;
  return new Float32Array(scratch.buffer)[0]!;
}
