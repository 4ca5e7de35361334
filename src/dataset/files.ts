import { createHash } from "node:crypto";
import { constants, readFileSync, readSync, statSync } from "node:fs";
import { chmod, copyFile, link, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { canonicalJson } from "../core/json.ts";
import { diskError } from "../io/diskError.ts";
import { renameDurably, syncFolder, writeFlushed } from "../io/durable.ts";
import { discard, type Home } from "./home.ts";
import { sharded } from "./names.ts";

const PIECE_BYTES = 1 << 20;

/** What is known of a built output file. */
export interface BuiltFile {
  readonly bytes: number;
  readonly sha256: string;
  /** What the sink's `build` returned. */
  readonly result: Json;
}

/** Built output files, each under the digest of all that decided its bytes; views share them. */
export interface BuiltFiles {
  /** Null where it was not built yet. */
  receipt(key: string): Promise<BuiltFile | null>;
  /**
   * Takes a finished file from a temporary name of the home: hashes, flushes, makes it read-only and
   * gives it its place. Where another built it meanwhile, that one stays.
   */
  place(key: string, temporary: string, result: Json): Promise<BuiltFile>;
  /**
   * Puts a built file at `target`, which must not exist; its folders are made. `link`: the same
   * bytes, read-only, or a copy where the disk cannot link. `copy`: one that may be rewritten.
   */
  give(key: string, target: string, share: "link" | "copy"): Promise<void>;
}

/** Opens the built files of a home. */
export function openBuiltFiles(home: Home): BuiltFiles {
  const pathOf = (key: string) => home.at("files", ...sharded(key));
  const receipt = async (key: string): Promise<BuiltFile | null> => {
    const path = pathOf(key);
    try {
      const built = JSON.parse(readFileSync(`${path}.json`, "utf8")) as BuiltFile;
      return statSync(path).size === built.bytes ? built : null;
    } catch {
      return null;
    }
  };
  return {
    receipt,
    async place(key, temporary, result) {
      const path = pathOf(key);
      const found = await receipt(key);
      if (found) {
        await discard(temporary);
        return found;
      }
      try {
        const built = { ...(await hashAndFlush(temporary)), result };
        await mkdir(dirname(path), { recursive: true });
        await chmod(temporary, 0o444);
        await renameDurably(temporary, path);
        const note = home.temporary();
        await writeFlushed(note, Buffer.from(`${canonicalJson(built)}\n`));
        await renameDurably(note, `${path}.json`);
        return built;
      } catch (cause) {
        await discard(temporary);
        throw diskError(cause, path);
      }
    },
    async give(key, target, share) {
      const path = pathOf(key);
      await mkdir(dirname(target), { recursive: true }).catch((cause: unknown) => {
        throw diskError(cause, dirname(target));
      });
      if (share === "link" && (await linked(path, target))) return;
      await copied(path, target, share);
    },
  };
}

/** Hashes a file while the disk takes it, through one piece of memory. */
async function hashAndFlush(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let bytes = 0;
  const handle = await open(path, "r+");
  try {
    const flushed = handle.sync();
    flushed.catch(() => undefined);
    for (;;) {
      const bytesRead = readSync(handle.fd, piece, 0, PIECE_BYTES, bytes);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      bytes += bytesRead;
    }
    await flushed;
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** False where this disk cannot link: another device, too many links, or a file system without them. */
async function linked(path: string, target: string): Promise<boolean> {
  try {
    await link(path, target);
    return true;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (["EXDEV", "EMLINK", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) return false;
    if (code === "ENOENT") throw gone(path);
    throw diskError(cause, target);
  }
}

async function copied(path: string, target: string, share: "link" | "copy"): Promise<void> {
  const temporary = `${target}.tendon-tmp`;
  try {
    await copyFile(path, temporary, constants.COPYFILE_FICLONE);
    await chmod(temporary, share === "link" ? 0o444 : 0o644);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw gone(path);
    throw diskError(cause, target);
  }
}

function gone(path: string): TendonError {
  return asTendonError(new TendonError("not-found", "this built file was removed; run again to build it"), "not-found", {
    file: path,
  });
}
