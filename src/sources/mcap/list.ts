import type { Dirent } from "node:fs";
import { glob, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { parse } from "yaml";
import { asTendonError, TendonError } from "../../core/errors.ts";
import type { McapOptions } from "./options.ts";

/** A recording: one file, or the files that a recorder split it into, in order. */
export interface Listed {
  /** Relative to the root, with `/`. */
  readonly key: string;
  /** Relative to the root. */
  readonly files: readonly string[];
}

export interface Listing {
  /** Absolute: what the files have in common. */
  readonly root: string;
  readonly recordings: readonly Listed[];
  /** Folders that could not be searched. */
  readonly unreadable: readonly { readonly key: string; readonly error: TendonError }[];
}

const FOLDER_DEPTH_MAX = 32;
const FILES_MAX = 1_000_000;

/** Finds the recordings that a `path` option means, in the order of their names. */
export async function listRecordings(options: Pick<McapOptions, "path" | "join">): Promise<Listing> {
  const paths = typeof options.path === "string" ? [options.path] : options.path;
  const found: Found = { files: new Set(), unreadable: [] };
  const bases: string[] = [];
  for (const path of paths) bases.push(await find(path, found));
  if (found.files.size === 0 && found.unreadable.length === 0)
    throw new TendonError("not-found", `no .mcap file there: ${paths.join(", ")}`, { place: { path: "mcap.path" } });
  const root = bases.reduce(common);
  const files = [...found.files].map((file) => relative(root, file).split(sep).join("/")).sort();
  const unreadable = found.unreadable.map(({ folder, error }) => ({ key: relative(root, folder).split(sep).join("/"), error }));
  return { root, recordings: await joined(root, files, options.join), unreadable };
}

interface Found {
  readonly files: Set<string>;
  readonly unreadable: { folder: string; error: TendonError }[];
}

/** Adds what one path means; gives the folder that names are relative to. */
async function find(path: string, found: Found): Promise<string> {
  const whole = resolve(path);
  // A file may have a bracket in its name: what exists is no pattern.
  const info = await stat(whole).catch((cause: unknown) => {
    if (/[*?[{]/.test(path) && (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw asTendonError(cause, "not-found", { file: path, path: "mcap.path" });
  });
  if (!info) {
    for await (const match of glob(whole)) if (match.endsWith(".mcap")) add(found, resolve(match));
    return whole.slice(0, whole.search(/[^/\\]*[*?[{]/)).replace(/[/\\]+$/, "") || sep;
  }
  if (!info.isDirectory()) {
    add(found, whole);
    return dirname(whole);
  }
  await search(whole, found, 0);
  return whole;
}

async function search(folder: string, found: Found, depth: number): Promise<void> {
  if (depth > FOLDER_DEPTH_MAX) return;
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (depth === 0) throw asTendonError(cause, "not-found", { file: folder });
    found.unreadable.push({ folder, error: asTendonError(cause, "not-found", { file: folder }) });
    return;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) await search(join(folder, entry.name), found, depth + 1);
    else if (entry.name.endsWith(".mcap")) add(found, join(folder, entry.name));
  }
}

function add(found: Found, file: string): void {
  found.files.add(file);
  if (found.files.size > FILES_MAX) throw new TendonError("bad-pipeline", `more than ${FILES_MAX} files match`);
}

function common(a: string, b: string): string {
  const [left, right] = [a.split(sep), b.split(sep)];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return left.slice(0, same).join(sep) || sep;
}

/** Puts the parts of one recording together; a recording is named by what the names of its parts share. */
async function joined(root: string, files: readonly string[], how: McapOptions["join"]): Promise<Listed[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const whole = /^(.*)_\d+\.mcap$/.exec(file)?.[1] ?? file;
    groups.set(whole, [...(groups.get(whole) ?? []), file]);
  }
  const listed: Listed[] = [];
  for (const [whole, parts] of groups) {
    if (await areParts(root, whole, parts, how))
      listed.push({ key: whole, files: parts.sort((a, b) => numberOf(a) - numberOf(b)) });
    else for (const file of parts) listed.push({ key: file, files: [file] });
  }
  return listed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Whether files that differ in their last number alone are one recording. */
async function areParts(root: string, whole: string, files: readonly string[], how: McapOptions["join"]): Promise<boolean> {
  if (how === "none" || files.length < 2) return false;
  // Numbers must begin at 0 and leave no hole: a missing part would otherwise pass unseen.
  const numbers = files.map(numberOf).sort((a, b) => a - b);
  if (!numbers.every((number, index) => number === index)) return false;
  if (how === "numbered") return true;
  const folder = resolve(root, dirname(whole));
  if (basename(whole) === basename(folder)) return true;
  const listed = await filesInMetadata(join(folder, "metadata.yaml"));
  return files.every((file) => listed.has(basename(file)));
}

function numberOf(file: string): number {
  return Number(/_(\d+)\.mcap$/.exec(file)?.[1] ?? -1);
}

/** The files that rosbag2's `metadata.yaml` lists; none where there is no such file. */
async function filesInMetadata(path: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === "" || text.length > 16 * 1024 * 1024) return new Set();
  try {
    const parsed = parse(text, { maxAliasCount: 0 }) as {
      rosbag2_bagfile_information?: { relative_file_paths?: unknown };
    } | null;
    const paths = parsed?.rosbag2_bagfile_information?.relative_file_paths;
    return new Set(Array.isArray(paths) ? paths.map((each) => basename(String(each))) : []);
  } catch {
    return new Set();
  }
}
