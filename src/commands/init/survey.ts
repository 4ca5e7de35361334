import { type Dirent, existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { GROOT, type Kind, kindOf, LEROBOT, ZARR } from "./kinds.ts";
import type { SeenKind } from "./types.ts";

const FILES_MAX = 200_000;
const DEPTH_MAX = 16;
const EXAMPLES_MAX = 3;

/** All that stands in a folder, by kind. */
export interface Survey {
  /** What was asked about: a folder or a file. Absolute. */
  readonly path: string;
  /** That folder, or the one in which the file stands. */
  readonly folder: string;
  readonly files: number;
  readonly cut: boolean;
  readonly seen: readonly SeenKind[];
  /** Absolute, sorted. */
  readonly mcap: readonly string[];
  /** Folders that hold meta/info.json. */
  readonly datasets: readonly string[];
  /** Other names, for a folder in which nothing is known. */
  readonly others: readonly string[];
}

/** Looks at every name in a folder, and into files whose name does not tell what they are. */
export async function survey(path: string, signal?: AbortSignal): Promise<Survey> {
  const full = resolve(path);
  const info = await stat(full).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: full });
  });
  const walk = new Walk(info.isDirectory() ? full : dirname(full), signal);
  if (info.isDirectory()) await walk.folder(full, 0);
  else await walk.file(full);
  return { path: full, ...walk.end() };
}

class Walk {
  readonly #root: string;
  readonly #signal: AbortSignal | undefined;
  readonly #kinds = new Map<Kind, string[]>();
  readonly #others: string[] = [];
  #files = 0;

  constructor(root: string, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#signal = signal;
  }

  async folder(folder: string, depth: number): Promise<void> {
    if (depth > DEPTH_MAX || this.#files >= FILES_MAX) return;
    this.#signal?.throwIfAborted();
    if (existsSync(join(folder, "home.json")) && existsSync(join(folder, "snapshots"))) return this.#refuseHome(folder, depth);
    if (existsSync(join(folder, "meta", "info.json")))
      return this.#add(existsSync(join(folder, "meta", "modality.json")) ? GROOT : LEROBOT, folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown): Dirent[] => {
      if (depth === 0) throw asTendonError(cause, "not-found", { file: folder });
      this.#others.push(`${folder} (cannot be read)`);
      return [];
    });
    if (/\.zarr$/i.test(folder) || entries.some(({ name }) => name === ".zgroup" || name === "zarr.json"))
      return this.#add(ZARR, folder);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) await this.folder(join(folder, entry.name), depth + 1);
      else if (entry.isFile()) await this.file(join(folder, entry.name));
    }
  }

  async file(file: string): Promise<void> {
    if (this.#files >= FILES_MAX) return;
    this.#files++;
    const kind = await kindOf(file);
    if (kind) this.#add(kind, file);
    else this.#others.push(file);
  }

  end(): Omit<Survey, "path"> {
    const of = (...kinds: readonly string[]) =>
      [...this.#kinds]
        .filter(([{ name }]) => kinds.includes(name))
        .flatMap(([, files]) => files)
        .toSorted();
    const seen = [...this.#kinds].map(([{ name, readable, advice }, files]) => ({
      kind: name,
      count: files.length,
      examples: files.slice(0, EXAMPLES_MAX).map((file) => relative(this.#root, file) || basename(file)),
      readable,
      ...(advice !== undefined && { advice }),
    }));
    return {
      folder: this.#root,
      files: this.#files,
      cut: this.#files >= FILES_MAX,
      seen: seen.sort((a, b) => Number(b.readable) - Number(a.readable) || b.count - a.count),
      mcap: of("MCAP"),
      datasets: of("LeRobot", "GR00T"),
      others: this.#others.slice(0, 8).map((file) => relative(this.#root, file)),
    };
  }

  /** A dataset that Tendon wrote holds its views: they are no new recordings. */
  #refuseHome(folder: string, depth: number): void {
    if (depth > 0) return;
    const message = "is a dataset that Tendon wrote; name one of its views to go on from there, such as its folder lerobot/NAME";
    throw new TendonError("bad-pipeline", message, { place: { file: folder } });
  }

  #add(kind: Kind, file: string): void {
    const files = this.#kinds.get(kind);
    if (files) files.push(file);
    else this.#kinds.set(kind, [file]);
  }
}
