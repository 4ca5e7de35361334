import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { asTendonError, TendonError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import { diskError } from "../io/diskError.ts";
import { openFileStore } from "../io/fileStore.ts";
import type { Store } from "../io/store.ts";
import { ownName, sweepAbandoned } from "./temporary.ts";

/** Tells a dataset of Tendon's own from any other folder. */
export const HOME_FILE = "home.json";
const FORMAT = 1;
const FOLDERS = ["parts", "receipts", "files", "snapshots", "refs", "history", "quarantine", "views", "tmp"] as const;
const HOME = z.object({ tendon: z.literal("home"), format: z.int().positive() });

/** One dataset on disk: what is parked, what is done, its snapshots and their views. */
export interface Home {
  /** Absolute. */
  readonly path: string;
  readonly store: Store;
  /** A path in the home, from parts that were checked by the caller. */
  at(...parts: readonly string[]): string;
  /** A new name on the home's own disk for a file or folder in the making. Swept once this process is gone. */
  temporary(): string;
}

/** Names in the home that a view's link may not take. */
export const RESERVED: readonly string[] = [...FOLDERS, HOME_FILE];

/**
 * Opens a dataset home, or makes one of a folder that is missing or empty. Any process and any
 * worker may have it open at once. What processes that are gone left half-written is swept.
 */
export async function openHome(path: string): Promise<Home> {
  const folder = resolve(path);
  await makeFolder(folder);
  const home = homeAt(folder);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: folder });
  });
  if (names.includes(HOME_FILE)) await checkFormat(join(folder, HOME_FILE));
  else await startHome(folder, names, home.store);
  for (const name of FOLDERS) await makeFolder(join(folder, name));
  await access(join(folder, "tmp"), constants.W_OK).catch((cause: unknown) => {
    throw diskError(cause, folder);
  });
  await sweepAbandoned(join(folder, "tmp"));
  return home;
}

/** A home that is only read: nothing in it is made or swept, and it may lie on a disk that cannot be written. */
export async function lookIntoHome(path: string): Promise<Home> {
  const folder = resolve(path);
  await checkFormat(join(folder, HOME_FILE));
  return homeAt(folder);
}

/** Throws where a folder cannot become or be a home, and makes nothing: so that this is told before hours of work. */
export async function checkHome(path: string): Promise<void> {
  const folder = resolve(path);
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === "ENOENT") return [];
    if (cause.code === "ENOTDIR") throw notAFolder(folder, cause);
    throw asTendonError(cause, "not-found", { file: folder });
  });
  if (names.includes(HOME_FILE)) await checkFormat(join(folder, HOME_FILE));
  else refuseStrange(folder, names);
}

/** Removes a file or folder in the making; to remove what is not there is no error. */
export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

function homeAt(folder: string): Home {
  return {
    path: folder,
    store: openFileStore(folder),
    at: (...parts) => join(folder, ...parts),
    temporary: () => join(folder, "tmp", `${ownName()}-${randomUUID()}`),
  };
}

async function startHome(folder: string, names: readonly string[], store: Store): Promise<void> {
  refuseStrange(folder, names);
  await store.createOnly(HOME_FILE, Buffer.from(`${canonicalJson({ tendon: "home", format: FORMAT })}\n`));
}

function refuseStrange(folder: string, names: readonly string[]): void {
  const strange = names.filter((name) => !name.startsWith("."));
  if (strange.length > 0) {
    const seen = strange.slice(0, 3).join(", ") + (strange.length > 3 ? ", …" : "");
    throw new TendonError(
      "bad-pipeline",
      `is not empty and is not a Tendon dataset (it holds ${seen}); name a new or an empty folder as \`dataset\``,
      { place: { file: folder } },
    );
  }
}

async function checkFormat(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: path });
  });
  const place = { file: path };
  let found: z.output<typeof HOME>;
  try {
    found = HOME.parse(JSON.parse(text));
  } catch (cause) {
    throw new TendonError("bad-data", "does not describe a Tendon dataset; name another folder as `dataset`", { place, cause });
  }
  if (found.format !== FORMAT) {
    throw new TendonError(
      "bad-data",
      `is of format ${found.format}, and this Tendon reads ${FORMAT}; use the Tendon that made it, or another folder`,
      { place },
    );
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EEXIST") throw notAFolder(path, cause);
    throw diskError(cause, path);
  });
}

function notAFolder(path: string, cause: unknown): TendonError {
  return new TendonError("not-found", "is a file, not a folder", { place: { file: path }, cause });
}
