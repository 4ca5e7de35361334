/**
 * The inner loop of `align`: each row takes the newest sample at or before it. AssemblyScript, compiled
 * by `node tools/assemble.ts` to the bytes in resampleNewestWasm.ts.
 *
 * Rows go eight at a time: eight are filled with the sample at hand, then it is counted how many of
 * them are earlier than the next sample, and what was filled too far is filled again. Nothing branches
 * on single rows, whose number a sample no processor can guess. All times are nanoseconds as int64.
 *
 * Memory that is read or written past the end: 8 rows of `grid` (which must be the greatest int64), of
 * `outTimes` and of `outWords`, and 16 bytes of `words` and of `outWords` besides.
 */

const ROWS: usize = 8;

/** How many samples the last call went beyond: the next row's newest is not before this one. */
export let passed: i32 = 0;

/**
 * Fills rows 0 to `rows` as far as their newest sample is among `samples`, of `width` words of 32 bits
 * each, and gives their count. `times` has one more: when the first sample after them is.
 */
export function spread(
  grid: usize,
  rows: i32,
  times: usize,
  words: usize,
  samples: i32,
  width: i32,
  outTimes: usize,
  outWords: usize,
): i32 {
  const rowCount = <usize>rows;
  const sampleCount = <usize>samples;
  const bytes = <usize>width << 2;
  let row: usize = 0;
  let sample: usize = 0;
  let newest: usize = 0;
  while (row < rowCount && sample < sampleCount) {
    newest = sample;
    const count = countBefore(grid + (row << 3), v128.load_splat<i64>(times + ((sample + 1) << 3)));
    fillTimes(outTimes + (row << 3), v128.load_splat<i64>(times + (sample << 3)));
    const from = words + sample * bytes;
    const to = outWords + row * bytes;
    if (width === 1) fillSingles(to, v128.load_splat<i32>(from));
    else if (width <= 4) fillQuads(to, bytes, v128.load(from));
    else if (width <= 8) fillOctets(to, bytes, v128.load(from), v128.load(from + bytes - 16));
    else fillWide(to, bytes, from, count);
    row += count;
    if (count < ROWS) sample++;
  }
  // Where rows ran out, the next one may still take the same sample.
  passed = <i32>(row < rowCount ? sample : newest);
  return <i32>min(row, rowCount);
}

/** How many of eight times are before another. */
@inline
function countBefore(at: usize, next: v128): usize {
  const first = i64x2.add(i64x2.lt_s(v128.load(at), next), i64x2.lt_s(v128.load(at, 16), next));
  const last = i64x2.add(i64x2.lt_s(v128.load(at, 32), next), i64x2.lt_s(v128.load(at, 48), next));
  const both = i64x2.add(first, last);
  return <usize>-(i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1));
}

@inline
function fillTimes(to: usize, time: v128): void {
  v128.store(to, time);
  v128.store(to, time, 16);
  v128.store(to, time, 32);
  v128.store(to, time, 48);
}

@inline
function fillSingles(to: usize, word: v128): void {
  v128.store(to, word);
  v128.store(to, word, 16);
}

/** Up to four words: what is written too far belongs to the next row, which is written after. */
@inline
function fillQuads(to: usize, bytes: usize, words: v128): void {
  for (let row: usize = 0; row < ROWS; row++, to += bytes) v128.store(to, words);
}

/** Five to eight words: the first four and the last four, which may overlap. */
@inline
function fillOctets(to: usize, bytes: usize, first: v128, last: v128): void {
  for (let row: usize = 0; row < ROWS; row++, to += bytes) {
    v128.store(to, first);
    v128.store(to + bytes - 16, last);
  }
}

/** More than eight words: only the rows that are counted, since filling too far costs more than guessing wrong. */
@inline
function fillWide(to: usize, bytes: usize, from: usize, count: usize): void {
  for (let row: usize = 0; row < count; row++, to += bytes) {
    let at: usize = 0;
    for (; at + 16 < bytes; at += 16) v128.store(to + at, v128.load(from + at));
    v128.store(to + bytes - 16, v128.load(from + bytes - 16));
  }
}
