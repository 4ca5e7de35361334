import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { TendonError } from "../core/errors.ts";
import { HOME_FILE } from "../dataset/home.ts";

const FOLDERS_SEARCHED_MAX = 5000;
const DEPTH_MAX = 5;
const HOMES_TOLD_MAX = 5;

/** The dataset that a path lies in: the path itself or the nearest folder above it that is a home. */
export async function homeAbove(path: string): Promise<string | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (await isHome(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * The dataset at hand where none is named. Upward first, since one may stand in a dataset; then below,
 * the least deep. Several of one depth must be told apart by a person.
 */
export async function homeAtHand(start: string): Promise<string> {
  const above = await homeAbove(start);
  if (above !== undefined) return above;
  let level = [start];
  let searched = 0;
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      if (searched++ > FOLDERS_SEARCHED_MAX) break;
      below.push(...(await foldersIn(folder)));
    }
    const homes: string[] = [];
    for (const folder of below) if (await isHome(folder)) homes.push(folder);
    if (homes.length === 1) return homes[0]!;
    if (homes.length > 1) throw several(start, homes);
    level = below;
  }
  const message = "no dataset of Tendon's is here or below; name one with --home, as in `--home out/pick-place`";
  throw new TendonError("not-found", message, { place: { file: start } });
}

async function isHome(folder: string): Promise<boolean> {
  return (await stat(join(folder, HOME_FILE)).catch(() => undefined))?.isFile() === true;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  return names.map((entry) => join(folder, entry.name)).sort();
}

function several(start: string, homes: readonly string[]): TendonError {
  const shown = homes.slice(0, HOMES_TOLD_MAX).map((home) => relative(start, home));
  const more = homes.length > shown.length ? ", …" : "";
  const message = `several datasets are below (${shown.join(", ")}${more}); name one with --home, as in \`--home ${shown[0]}\``;
  return new TendonError("bad-pipeline", message, { place: { file: start } });
}
