/** Items that fill files up to a size, in order: a file is closed when the next item does not fit. */
export interface FileGroups<T> {
  /** `kind`: items of different kinds never share a file. Gives the file's number, and the file that is full now. */
  add(item: T, size: { readonly bytes: number; readonly units: number; readonly kind?: string }): Added<T>;
  /** The files that are still open, in order. */
  end(): readonly ClosedFile<T>[];
}

export interface Added<T> {
  readonly file: number;
  /** Units that stand before this item in its file. */
  readonly before: number;
  readonly closed?: ClosedFile<T>;
}

export interface ClosedFile<T> {
  readonly file: number;
  readonly items: readonly T[];
}

interface OpenFile<T> {
  readonly file: number;
  readonly items: T[];
  bytes: number;
  units: number;
}

/** An item larger than `bytesMax` gets a file of its own. */
export function fileGroups<T>(bytesMax: number): FileGroups<T> {
  const open = new Map<string, OpenFile<T>>();
  let files = 0;
  return {
    add(item, { bytes, units, kind = "" }) {
      let current = open.get(kind);
      const full = current && current.bytes + bytes > bytesMax ? current : undefined;
      if (!current || full) {
        current = { file: files++, items: [], bytes: 0, units: 0 };
        open.set(kind, current);
      }
      const before = current.units;
      current.items.push(item);
      current.bytes += bytes;
      current.units += units;
      return { file: current.file, before, ...(full && { closed: { file: full.file, items: full.items } }) };
    },
    end: () => [...open.values()].sort((a, b) => a.file - b.file).map(({ file, items }) => ({ file, items })),
  };
}
