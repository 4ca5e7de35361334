import { chmod, lstat, mkdir, readdir, readlink, rename, stat, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { TendonError } from "../core/errors.ts";
import { diskError } from "../io/diskError.ts";
import { syncFolder } from "../io/durable.ts";
import { discard, type Home, RESERVED } from "./home.ts";
import { checkDigest, checkName } from "./names.ts";

/** Large files that views share: a trainer that wrote to one would change every version. */
const SHARED = /\.(parquet|mp4)$/;

/** Which view of which snapshot. */
export interface ViewName {
  readonly snapshot: string;
  readonly sink: string;
}

/** The folders that trainers open. */
export interface Views {
  /** Where the view stands, whether it was made or not. */
  pathOf(view: ViewName): string;
  has(view: ViewName): Promise<boolean>;
  /**
   * Gives a finished staging folder (a temporary name of the home) its place and turns the path that
   * the user knows, `<home>/<sink>`, to it. A view that exists already stays as it is.
   */
  publish(view: ViewName, staging: string): Promise<string>;
  /** Turns `<home>/<sink>` to a view that exists, at once: a reader meets the old or the new one. */
  point(view: ViewName): Promise<string>;
}

/** Opens the views of a home. */
export function openViews(home: Home): Views {
  const relative = ({ snapshot, sink }: ViewName) => join("views", checkDigest(snapshot), checkName(sink));
  const pathOf = (view: ViewName) => home.at(relative(view));
  const has = async (view: ViewName) => (await stat(pathOf(view)).catch(() => undefined))?.isDirectory() === true;
  const point = async (view: ViewName): Promise<string> => {
    const name = home.at(checkLink(view.sink));
    const target = relative(view);
    await refuseOthers(name);
    if ((await readlink(name).catch(() => undefined)) === target) return name;
    const temporary = home.temporary();
    try {
      await symlink(target, temporary, "dir");
      await rename(temporary, name);
      await syncFolder(home.path);
    } catch (cause) {
      await unlink(temporary).catch(() => undefined);
      throw diskError(cause, name);
    }
    return name;
  };
  return {
    pathOf,
    has,
    async publish(view, staging) {
      checkLink(view.sink);
      await refuseOthers(home.at(view.sink));
      try {
        await protect(staging);
        await mkdir(home.at("views", checkDigest(view.snapshot)), { recursive: true });
        if (await has(view)) await discard(staging);
        else await rename(staging, pathOf(view));
        await syncFolder(home.at("views", view.snapshot));
      } catch (cause) {
        await discard(staging);
        if (!(await has(view))) throw diskError(cause, pathOf(view));
      }
      return point(view);
    },
    point,
  };
}

function checkLink(sink: string): string {
  if (!RESERVED.includes(checkName(sink))) return sink;
  throw new TendonError("bad-pipeline", `a sink may not be named "${sink}": the dataset keeps its own things under that name`);
}

/** The user's own folder of that name is never touched. */
async function refuseOthers(name: string): Promise<void> {
  const found = await lstat(name).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return;
  throw new TendonError("not-found", "is in the way of the view of this name; move it elsewhere and run again", {
    place: { file: name },
  });
}

async function protect(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && SHARED.test(entry.name)) await chmod(join(entry.parentPath, entry.name), 0o444);
  }
}
