import { TendonError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";

/** `EPISODE[:ROW]`. */
export interface Asked {
  readonly episode: string;
  readonly row?: number;
}

const TOLD_MAX = 5;

/** Parses `EPISODE[:ROW]`: what stands behind the last colon is a row if it is a number. */
export function parseAsked(text: string): Asked {
  const parts = /^(.+):(\d{1,15})$/s.exec(text);
  if (parts) return { episode: parts[1]!, row: Number(parts[2]) };
  if (text !== "") return { episode: text };
  throw new TendonError("bad-pipeline", "name an episode, as in `tendon explain teleop/episode_000003:120`");
}

/**
 * The episode that a name means: its id, or the only one whose id ends so, with or without the
 * file's extension. Throws an error that names those near to it.
 */
export function findName(asked: string, names: readonly string[], place: { readonly file: string }): string {
  if (names.includes(asked)) return asked;
  const ends = names.filter((name) => name.endsWith(`/${asked}`) || stem(name) === asked || stem(name).endsWith(`/${asked}`));
  if (ends.length === 1) return ends[0]!;
  if (ends.length > 1) {
    throw new TendonError("not-found", `several episodes end in "${asked}": ${some(ends)}; give the whole id`, { place });
  }
  if (names.length === 0) throw new TendonError("not-found", "remembers no episode; run its pipeline first", { place });
  const last = new Map(names.map((name) => [name.split("/").at(-1)!, name]));
  const near = didYouMean(asked, [...names, ...last.keys()]);
  throw new TendonError("not-found", `has no episode "${asked}"${near} (there are ${names.length}: ${some(names)})`, { place });
}

function stem(name: string): string {
  return name.replace(/\.[a-z0-9]{1,8}$/i, "");
}

function some(names: readonly string[]): string {
  const more = names.length > TOLD_MAX ? ", …" : "";
  return `${names.slice(0, TOLD_MAX).join(", ")}${more}`;
}
