/** Wanted pictures that one pass decodes: those of rows `from` to `to` (half-open, places in the list), from a key frame on. */
export interface DecodeRun {
  /** The key frame, by its place in the file in presentation order. */
  readonly key: number;
  readonly from: number;
  readonly to: number;
}

/** Where key frames stand in a file, in presentation order, and which of its pictures is row 0. */
export interface KeyFrames {
  readonly key: Uint8Array;
  readonly first: number;
}

/**
 * Cuts ascending rows into passes, each from the last key frame at or before its first row. A pass goes on to the
 * next wanted row where no key frame lies between that would be a shorter way to it.
 */
export function* decodeRuns(rows: ArrayLike<number>, { key, first }: KeyFrames): Generator<DecodeRun> {
  let run: { key: number; from: number; to: number } | undefined;
  for (let index = 0; index < rows.length; index++) {
    const picture = first + rows[index]!;
    // What the run has decoded already is as good a start as a key frame right behind it.
    const decoded = run ? first + rows[index - 1]! + 1 : 0;
    let start = picture;
    while (start > decoded && key[start] !== 1) start--;
    if (run && start === decoded) run.to = index + 1;
    else {
      if (run) yield run;
      run = { key: start, from: index, to: index + 1 };
    }
  }
  if (run) yield run;
}
