import { randomUUID } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { copyFile, mkdir, open, readdir, realpath, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import { diskError } from "./diskError.ts";
import { placeOnly, renameDurably, writeFlushed } from "./durable.ts";
import { fileToken } from "./reader.ts";
import type { ByteRange, Entry, Store } from "./store.ts";
import { checkKey, compareKeys } from "./storeKey.ts";

const TEMPORARY = ".tendon-tmp-";
const PIECE_BYTES = 1 << 20;

/**
 * A folder as a store. Writes go to a temporary name beside their target, are flushed, then renamed,
 * so that a reader never meets half an object. Symbolic links that lead out of the folder are refused.
 */
export function openFileStore(root: string): Store {
  const folder = resolve(root);
  const inside = (key: string) => safePath(folder, key);
  const put = async (key: string, make: (temporary: string) => Promise<unknown>): Promise<Entry> => {
    const path = await inside(key);
    const temporary = await temporaryBeside(path, make);
    await renameDurably(temporary, path).catch(async (cause: unknown) => {
      await unlink(temporary).catch(() => undefined);
      throw cause;
    });
    return entryOf(key, path);
  };
  return {
    async stat(key) {
      const path = await inside(key);
      const info = await stat(path).catch(missing(path));
      return info?.isFile() ? entryOf(key, path) : null;
    },
    async *read(key, options = {}) {
      const path = await inside(key);
      yield* readFile(path, options);
    },
    write: (key, body) => put(key, (temporary) => writeFlushed(temporary, body)),
    async createOnly(key, bytes) {
      const path = await inside(key);
      const temporary = await temporaryBeside(path, (name) => writeFlushed(name, bytes));
      try {
        return await placeOnly(temporary, path);
      } finally {
        await unlink(temporary).catch(() => undefined);
      }
    },
    async copy(from, to) {
      const source = await inside(from);
      return put(to, async (temporary) => {
        await copyFile(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch((cause: unknown) => {
          throw asTendonError(cause, "internal", { file: source });
        });
      });
    },
    async local(key) {
      const path = await inside(key);
      if (!(await stat(path).catch(missing(path)))?.isFile()) throw notThere(path);
      return { path, [Symbol.asyncDispose]: async () => undefined };
    },
    async *list(prefix, after) {
      if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
      const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      yield* walk(folder, base, prefix, after);
    },
    async remove(key) {
      const path = await inside(key);
      await unlink(path).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") throw diskError(cause, path);
      });
    },
  };
}

/** The path of a key, once it is sure that no symbolic link above it leads out of the root. */
async function safePath(root: string, key: string): Promise<string> {
  checkKey(key);
  const path = join(root, ...key.split("/"));
  const realRoot = await realpath(root).catch(() => root);
  for (let at = path; at.length > root.length; at = dirname(at)) {
    const real = await realpath(at).catch(() => undefined);
    if (real === undefined) continue;
    if (real === realRoot || real.startsWith(realRoot + sep)) return path;
    throw new TendonError("bad-data", "leads out of its folder through a symbolic link", { place: { file: at } });
  }
  return path;
}

async function temporaryBeside(path: string, make: (temporary: string) => Promise<unknown>): Promise<string> {
  const temporary = join(dirname(path), TEMPORARY + randomUUID());
  await mkdir(dirname(path), { recursive: true }).catch((cause: unknown) => {
    throw diskError(cause, dirname(path));
  });
  try {
    await make(temporary);
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    throw cause instanceof TendonError ? cause : diskError(cause, path);
  }
  return temporary;
}

async function* readFile(
  path: string,
  options: { readonly range?: ByteRange; readonly ifVersion?: string },
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "ENOENT" || cause.code === "ENOTDIR" ? notThere(path) : asTendonError(cause, "internal", { file: path });
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw notThere(path);
    if (options.ifVersion !== undefined && (await fileToken(path)) !== options.ifVersion) {
      throw new TendonError("not-found", "was changed since it was looked at; run again", { place: { file: path } });
    }
    let at = options.range?.start ?? 0;
    const end = Math.min(options.range?.end ?? info.size, info.size);
    while (at < end) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at)), 0, undefined, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Names sorted as their keys are: a folder `a` stands where `a/` does. */
async function* walk(root: string, base: string, prefix: string, after?: string): AsyncGenerator<Entry> {
  const path = join(root, base);
  const found = await readdir(path, { withFileTypes: true }).catch(missing(path));
  const keys = (found ?? []).filter((entry) => !entry.name.startsWith(TEMPORARY)).map((entry) => keyed(base, entry));
  keys.sort((a, b) => compareKeys(a.key, b.key));
  for (const { key, folder } of keys) {
    if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
    if (folder) {
      if (after === undefined || compareKeys(key, after) > 0 || after.startsWith(key)) yield* walk(root, key, prefix, after);
      continue;
    }
    if (!key.startsWith(prefix) || (after !== undefined && compareKeys(key, after) <= 0)) continue;
    const info = await stat(join(root, key)).catch(missing(join(root, key)));
    if (info?.isFile()) yield await entryOf(key, join(root, key));
  }
}

function keyed(base: string, entry: Dirent): { key: string; folder: boolean } {
  const folder = entry.isDirectory();
  return { key: base + entry.name + (folder ? "/" : ""), folder };
}

async function entryOf(key: string, path: string): Promise<Entry> {
  const info = await stat(path).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: path });
  });
  return { key, bytes: info.size, version: await fileToken(path) };
}

function missing(path: string): (cause: NodeJS.ErrnoException) => undefined {
  return (cause) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw asTendonError(cause, "internal", { file: path });
  };
}

function notThere(path: string): TendonError {
  return new TendonError("not-found", "there is no such file", { place: { file: path } });
}
