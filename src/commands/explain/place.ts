import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { type Home, lookIntoHome } from "../../dataset/home.ts";
import { homeAbove, homeAtHand } from "../atHand.ts";

/** A home, and a view of it where the path named one. */
export interface Place {
  readonly home: Home;
  readonly view?: { readonly snapshot: string; readonly sink: string; readonly embodiment?: string };
}

/** The home that a path lies in: the home itself, a view's link, or anything below it. Without a path, the one at hand. */
export async function findPlace(path: string | undefined): Promise<Place> {
  if (path === undefined) return { home: await lookIntoHome(await homeAtHand(process.cwd())) };
  const full = await realpath(resolve(path)).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: resolve(path) });
  });
  const home = await homeAbove(full);
  if (home === undefined) {
    const message = "is no dataset of Tendon's, and lies in none; name a pipeline's `dataset` folder, or a view in it";
    throw new TendonError("not-found", message, { place: { file: full } });
  }
  const [views, snapshot, sink, embodiment] = relative(home, full).split(sep);
  if (views !== "views" || !snapshot || !sink) return { home: await lookIntoHome(home) };
  return { home: await lookIntoHome(home), view: { snapshot, sink, ...(embodiment && { embodiment }) } };
}
