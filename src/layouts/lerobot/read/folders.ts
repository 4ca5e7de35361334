import { glob, readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { TendonError } from "../../../core/errors.ts";
import { sizeOf } from "./files.ts";

/** One dataset of a source. */
export interface DatasetFolder {
  /** Absolute. */
  readonly root: string;
  /** Relative to the source's root, with `/`; empty where the source is this one folder. */
  readonly key: string;
}

const FOLDERS_MAX = 100_000;

/**
 * The datasets that a path, a list of paths or a pattern names, by key. A folder that is no dataset
 * but holds some (as a view with one folder a robot does) stands for those.
 */
export async function findDatasets(path: string | readonly string[], base = process.cwd()): Promise<DatasetFolder[]> {
  const given = (typeof path === "string" ? [path] : path).map((each) => (isAbsolute(each) ? each : resolve(base, each)));
  const single = given.length === 1 && !isPattern(given[0]!);
  if (single && (await isDataset(given[0]!))) return [{ root: given[0]!, key: "" }];
  const top = given.map(fixedPart).reduce(commonFolder);
  const roots = new Set<string>();
  for (const each of given) {
    for (const folder of isPattern(each) ? await matches(each) : [each]) {
      for (const root of await datasetsIn(folder)) roots.add(root);
      if (roots.size > FOLDERS_MAX) throw new TendonError("bad-pipeline", `names more than ${FOLDERS_MAX} datasets: ${each}`);
    }
  }
  if (roots.size === 0)
    throw new TendonError("not-found", `no LeRobot dataset is there: a dataset's folder holds meta/info.json`, {
      place: { file: given.join(", ") },
    });
  const sorted = [...roots].sort();
  return sorted.map((root) => ({ root, key: relative(top, root).split(sep).join("/") || basename(root) }));
}

async function isDataset(folder: string): Promise<boolean> {
  return sizeOf(join(folder, "meta/info.json")) !== null;
}

/** The folder itself, or the datasets right below it. A folder named by itself that holds none is an error. */
async function datasetsIn(folder: string): Promise<string[]> {
  if (await isDataset(folder)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => join(folder, entry.name));
  const found: string[] = [];
  for (const each of below) if (await isDataset(each)) found.push(each);
  return found;
}

async function matches(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const match of glob(pattern)) found.push(match);
  return found.sort();
}

function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** The folder that holds a path, or all that a pattern can match. */
function fixedPart(path: string): string {
  const parts = path.split(sep);
  const first = parts.findIndex(isPattern);
  return first < 0 ? dirname(path) : parts.slice(0, first).join(sep) || sep;
}

function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split(sep), b.split(sep)];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return left.slice(0, same).join(sep) || sep;
}
