import { TendonError } from "../../../core/errors.ts";
import type { Note } from "./notes.ts";

/** Where one camera's frames lie. */
export interface VideoEntry {
  /** Relative to the dataset's folder. */
  readonly file: string;
  /** v3.0: seconds in the file; absent: the whole file. */
  readonly fromSec?: number;
  readonly toSec?: number;
}

/** One episode as the metadata tells of it. */
export interface Entry {
  readonly index: number;
  /** Rows; absent where the metadata does not say. */
  readonly length?: number;
  /** Instructions, or indices of them. */
  readonly tasks: readonly (string | number)[];
  /** The table, relative to the dataset's folder. */
  readonly data: string;
  readonly videos: ReadonlyMap<string, VideoEntry>;
  /** GR00T's: what is done in which rows (half-open). */
  readonly subTasks?: readonly SubTask[];
  /** v3.0: one row of the episodes table, where its statistics stand. */
  readonly row?: { readonly file: string; readonly row: number };
}

/** A stretch of an episode with an instruction of its own. */
export interface SubTask {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Entries in the order of their indices, and what cannot be an entry. */
export interface Entries {
  readonly list: readonly Entry[];
  /** Indices that stand in the metadata more than once and differ. */
  readonly ambiguous: ReadonlyMap<number, string>;
  /** Whether the metadata has a list at all. */
  readonly listed: boolean;
}

const EPISODES_MAX = 10_000_000;

/** Gives equal lists as one: most episodes of a dataset have the same instruction. */
export function sharing<T>(): (list: readonly T[]) => readonly T[] {
  const known = new Map<string, readonly T[]>();
  return (list) => {
    const key = JSON.stringify(list);
    const found = known.get(key) ?? list;
    known.set(key, found);
    return found;
  };
}

/** Stops a list that is longer than any dataset's. */
export function checkCount(found: readonly Entry[], root: string): void {
  if (found.length > EPISODES_MAX)
    throw new TendonError("bad-data", `lists more than ${EPISODES_MAX} episodes`, { place: { file: root } });
}

/** Equal entries count once; entries that differ under one index name no episode. */
export function unambiguous(found: readonly Entry[], note: Note): Pick<Entries, "list" | "ambiguous"> {
  const byIndex = new Map<number, Entry>();
  const twice = new Map<number, Entry[]>();
  for (const entry of found) {
    const first = byIndex.get(entry.index);
    if (first) twice.set(entry.index, [...(twice.get(entry.index) ?? [first]), entry]);
    else byIndex.set(entry.index, entry);
  }
  const ambiguous = new Map<number, string>();
  for (const [index, same] of twice) {
    const forms = new Set(same.map(({ length, tasks, data, videos }) => JSON.stringify([length, tasks, data, [...videos]])));
    if (forms.size > 1) {
      const lengths = same.map((entry) => entry.length ?? "unknown").join(" and ");
      ambiguous.set(index, `the metadata lists episode_index ${index} ${same.length} times, with ${lengths} rows: keep one`);
      byIndex.delete(index);
    } else note("risk", `the metadata lists episode_index ${index} ${same.length} times; it is read once`);
  }
  const list = [...byIndex.values()];
  return { list: list.sort((a, b) => a.index - b.index), ambiguous };
}
