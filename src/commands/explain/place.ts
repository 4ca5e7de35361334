import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { type Home, lookHome } from "../../dataset/home.ts";

const FOLDERS_SEARCHED_MAX = 5000;
const DEPTH_MAX = 5;
const HOMES_TOLD_MAX = 5;

/** A home, and a view of it where the path named one. */
export interface Place {
  readonly home: Home;
  readonly view?: { readonly snapshot: string; readonly sink: string; readonly embodiment?: string };
}

/** The home that a path lies in: the home itself, a view's link, or anything below it. Without a path, the nearest below the working folder. */
export async function findPlace(path: string | undefined): Promise<Place> {
  if (path === undefined) return { home: await lookHome(await nearestHome(process.cwd())) };
  const full = await realpath(resolve(path)).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: resolve(path) });
  });
  const home = await homeAbove(full);
  if (home === undefined) {
    const message = "is no dataset of Tendon's, and lies in none; name a pipeline's `dataset` folder, or a view in it";
    throw new TendonError("not-found", message, { place: { file: full } });
  }
  const [views, snapshot, sink, embodiment] = relative(home, full).split(sep);
  if (views !== "views" || !snapshot || !sink) return { home: await lookHome(home) };
  return { home: await lookHome(home), view: { snapshot, sink, ...(embodiment && { embodiment }) } };
}

async function homeAbove(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    if (await isHome(at)) return at;
    if (dirname(at) === at) return undefined;
  }
}

async function isHome(folder: string): Promise<boolean> {
  return (await stat(join(folder, "home.json")).catch(() => undefined))?.isFile() === true;
}

/** Upward first, since one may stand in a dataset; then below, the least deep. Several of one depth must be told apart. */
async function nearestHome(start: string): Promise<string> {
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
