import { closeSync, fsync, openSync, renameSync } from "node:fs";
import { link, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { diskError } from "./diskError.ts";
import type { Body } from "./store.ts";

const flush = promisify(fsync);

/** Writes a new file and flushes it to the disk. Leaves nothing where the body or the disk throws. */
export async function writeFlushed(path: string, body: Body): Promise<number> {
  let bytes = 0;
  const handle = await open(path, "wx").catch((cause: unknown) => {
    throw diskError(cause, path);
  });
  try {
    for await (const piece of pieces(body)) {
      await writeAll(handle, piece);
      bytes += piece.byteLength;
    }
    await handle.sync();
    await handle.close();
  } catch (cause) {
    await handle.close().catch(() => undefined);
    await unlink(path).catch(() => undefined);
    throw diskError(cause, path);
  }
  return bytes;
}

/** Moves a flushed file to its place at once, replacing what was there. */
export async function renameDurably(from: string, to: string): Promise<void> {
  try {
    renameSync(from, to);
    await syncFolder(dirname(to));
  } catch (cause) {
    throw diskError(cause, to);
  }
}

/** Gives a flushed file its place unless something stands there. True where it did. */
export async function placeOnly(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw diskError(cause, to);
  }
  await syncFolder(dirname(to));
  return true;
}

/** Makes names in a folder survive a power cut, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  let folder: number | undefined;
  try {
    folder = openSync(path, "r");
    await flush(folder);
  } catch {
    // Some file systems cannot flush a folder; names then reach the disk in their own time.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

function pieces(body: Body): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return body instanceof Uint8Array ? [body] : body;
}

async function writeAll(
  handle: { write(bytes: Uint8Array): Promise<{ bytesWritten: number }> },
  piece: Uint8Array,
): Promise<void> {
  let rest = piece;
  while (rest.byteLength > 0) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}
