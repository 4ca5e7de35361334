/**
 * The inner loop of counting every pixel of a video. AssemblyScript, compiled by `node tools/assemble.ts`
 * to the bytes in statisticsPlanesWasm.ts.
 *
 * Two things make it fast. Colours are counted as they are coded: the four pixels over one pair of chroma
 * values share a row of 256 bins, one for each luma, so a pixel is one count, not three. And pictures are
 * walked in blocks of 16 × 2 pixels, each kept with the number of the picture that brought it: as long as
 * it stays the same nothing is counted, and once it changes it is counted at once for all the pictures
 * that it was in.
 */

const WIDTH: usize = 16;

/** Rows of bins that are in use. */
export let used: u32 = 0;

/** Forgets what was counted; the bins in use are empty again. */
export function clear(pairs: usize, bins: usize): void {
  memory.fill(pairs, 0, 65_536 << 2);
  memory.fill(bins, 0, <usize>used << 10);
  used = 0;
}

/**
 * Walks the lines of blocks from number `line` on: blocks of `held` that differ in `next` (or all, where
 * the two are one) are counted once for each picture before number `picture` that they were in, and
 * replaced. Gives the first line that it did not come to, because of the `rows` rows of bins fewer are left
 * than a line may need. Planes are Y, U and V one behind another, a multiple of 16 wide and of 2 high.
 */
export function walk(
  line: u32,
  held: usize,
  next: usize,
  since: usize,
  width: usize,
  height: usize,
  picture: u32,
  pairs: usize,
  bins: usize,
  rows: u32,
): u32 {
  const lines = <u32>(height >> 1);
  const half = width >> 1;
  const luma = width * height;
  for (; line < lines; line++) {
    if (used + <u32>half > rows) return line;
    const at = <usize>line;
    const top = at * (width << 1);
    const u = luma + at * half;
    walkLine(held, next, since + at * (width >> 2), width, top, u, u + (luma >> 2), picture, pairs, bins);
  }
  return line;
}

@inline
function walkLine(
  held: usize,
  next: usize,
  since: usize,
  width: usize,
  top: usize,
  u: usize,
  v: usize,
  picture: u32,
  pairs: usize,
  bins: usize,
): void {
  const end = top + width;
  for (; top < end; top += WIDTH, u += WIDTH >> 1, v += WIDTH >> 1, since += 4) {
    const bottom = top + width;
    if (held !== next && isSame(held, next, top, bottom, u, v)) continue;
    const pictures = picture - load<u32>(since);
    if (pictures > 0) {
      for (let pair: usize = 0; pair < 8; pair++) {
        const row = rowOf(load<u8>(held + u + pair), load<u8>(held + v + pair), pairs, bins);
        const left = held + (pair << 1);
        add(row, load<u8>(left + top), pictures);
        add(row, load<u8>(left + top, 1), pictures);
        add(row, load<u8>(left + bottom), pictures);
        add(row, load<u8>(left + bottom, 1), pictures);
      }
      store<u32>(since, picture);
    }
    if (held === next) continue;
    v128.store(held + top, v128.load(next + top));
    v128.store(held + bottom, v128.load(next + bottom));
    store<u64>(held + u, load<u64>(next + u));
    store<u64>(held + v, load<u64>(next + v));
  }
}

@inline
function isSame(held: usize, next: usize, top: usize, bottom: usize, u: usize, v: usize): bool {
  const luma = v128.or(
    v128.xor(v128.load(held + top), v128.load(next + top)),
    v128.xor(v128.load(held + bottom), v128.load(next + bottom)),
  );
  const chroma = (load<u64>(held + u) ^ load<u64>(next + u)) | (load<u64>(held + v) ^ load<u64>(next + v));
  return !v128.any_true(luma) && chroma === 0;
}

/** The bins of a pair of chroma values. `pairs` has their place, or 0 where they have none yet. */
@inline
function rowOf(u: u32, v: u32, pairs: usize, bins: usize): usize {
  const pair = pairs + (((u << 8) | v) << 2);
  let row = load<u32>(pair);
  if (row === 0) {
    row = <u32>bins + (used++ << 10);
    store<u32>(pair, row);
  }
  return row;
}

@inline
function add(row: usize, luma: u32, pictures: u32): void {
  const bin = row + (luma << 2);
  store<u32>(bin, load<u32>(bin) + pictures);
}
