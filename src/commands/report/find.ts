import { readdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { TendonError } from "../../core/errors.ts";
import { type Home, lookIntoHome } from "../../dataset/home.ts";
import { openSnapshots, type Snapshots } from "../../dataset/snapshots.ts";
import { homeAbove, homeAtHand } from "../atHand.ts";

const PREFIX = /^[0-9a-f]{4,64}$/;

/** A snapshot that was found, and the home that it is in. */
export interface FoundSnapshot {
  readonly home: Home;
  readonly snapshots: Snapshots;
  readonly id: string;
}

export interface FindOptions {
  /** The dataset to look in. Absent: the one at hand. */
  readonly home?: string;
  readonly cwd?: string;
}

/**
 * Finds a snapshot by its id, by the first digits of it, by a path in its dataset (its home, one of its
 * views, `snapshots/<id>`), or, where nothing is named, the newest of the dataset that is at hand.
 */
export async function findSnapshot(name: string | undefined, options: FindOptions = {}): Promise<FoundSnapshot> {
  const cwd = options.cwd ?? process.cwd();
  const path = name === undefined ? undefined : await realpath(resolve(cwd, name)).catch(() => undefined);
  if (path !== undefined) return await ofPath(path);
  if (name !== undefined && !PREFIX.test(name)) {
    throw new TendonError("not-found", "is neither a path nor the id of a snapshot: name a dataset, a view of it, or an id", {
      place: { path: name },
    });
  }
  const home = await lookIntoHome(options.home === undefined ? await homeAtHand(cwd) : resolve(cwd, options.home));
  const snapshots = openSnapshots(home);
  return { home, snapshots, id: name === undefined ? await newest(home, snapshots) : await byPrefix(home, name) };
}

/** The dataset that a path is in, and the snapshot that the path itself names, if it does. */
async function ofPath(path: string): Promise<FoundSnapshot> {
  const folder = await homeAbove(path);
  if (folder === undefined) {
    throw new TendonError("not-found", "is not in a dataset of Tendon's own: name the folder that `tendon run` wrote", {
      place: { file: path },
    });
  }
  const home = await lookIntoHome(folder);
  const snapshots = openSnapshots(home);
  const [kind, id] = path.slice(folder.length + 1).split(/[\\/]/);
  const named = (kind === "views" || kind === "snapshots") && id !== undefined && (await isSnapshot(home, id));
  return { home, snapshots, id: named ? id : await newest(home, snapshots) };
}

async function isSnapshot(home: Home, id: string): Promise<boolean> {
  return /^[0-9a-f]{64}$/.test(id) && (await openSnapshots(home).has(id));
}

async function newest(home: Home, snapshots: Snapshots): Promise<string> {
  const head = await snapshots.head();
  if (head) return head.id;
  throw new TendonError("not-found", "has no snapshot yet: nothing was kept in any run; see `tendon run`", {
    place: { file: home.path },
  });
}

async function byPrefix(home: Home, prefix: string): Promise<string> {
  const names = await readdir(home.at("snapshots")).catch((): string[] => []);
  const found = names.filter((name) => /^[0-9a-f]{64}$/.test(name) && name.startsWith(prefix)).sort();
  if (found.length === 1) return found[0]!;
  const message =
    found.length === 0
      ? `there is no snapshot ${prefix} (there are ${names.length})`
      : `${found.length} snapshots begin with ${prefix}: give more of its digits`;
  throw new TendonError("not-found", message, { place: { file: home.path } });
}
