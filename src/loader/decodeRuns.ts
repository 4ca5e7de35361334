/** Wanted pictures that one pass decodes: those of rows `from` to `to` (half-open, places in the list), from a key frame on. */
export interface DecodeRun {
  /** The key frame, by its place in the file in presentation order. */
  readonly key: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts ascending rows into passes, each from the last key frame at or before its first row. A pass goes on to the
 * next wanted row where no key frame lies between that would be a shorter way to it.
 */
export function* decodeRuns(
  rows: ArrayLike<number>,
  video: { readonly key: Uint8Array /** The file's picture of row 0. */; readonly first: number },
): Generator<DecodeRun> {
  let run: { key: number; from: number; to: number } | undefined;
  for (let index = 0; index < rows.length; index++) {
    const picture = video.first + rows[index]!;
    let key = picture;
    while (key > 0 && video.key[key] !== 1) key--;
    const before = index === 0 ? -1 : video.first + rows[index - 1]!;
    if (run && key <= before + 1) run.to = index + 1;
    else {
      if (run) yield run;
      run = { key, from: index, to: index + 1 };
    }
  }
  if (run) yield run;
}
