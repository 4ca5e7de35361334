import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { asTendonError } from "../core/errors.ts";
import { diskError } from "../io/diskError.ts";

const BLOCK_BYTES = 1 << 17;
const NEWLINE = 10;

/** Where a line stands in its file; `bytes` leaves out the newline. */
export interface LinePlace {
  readonly offset: number;
  readonly bytes: number;
}

/** A file of lines that one writer appends to. */
export interface LineLog extends AsyncDisposable {
  readonly path: string;
  /** Gives the line's place once it is in the file. Lines of many callers at once go out in one write. */
  append(line: string): Promise<LinePlace>;
  /** Makes what was appended survive a power cut. */
  flush(): Promise<void>;
}

/**
 * Opens a log for its one writer; the file is made by the first line. After a write that failed (a
 * full disk) the torn line is cut off, so that what follows can be read.
 */
export function openLineLog(path: string): LineLog {
  let handle: FileHandle | undefined;
  let end = 0;
  let waiting: { line: Buffer; done: (place: LinePlace) => void; failed: (cause: unknown) => void }[] = [];
  let writing: Promise<void> | undefined;

  const drain = async () => {
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        handle ??= await open(path, "ax");
        appendAll(handle, Buffer.concat(group.map((each) => each.line)));
      } catch (cause) {
        await handle?.truncate(end).catch(() => undefined);
        const error = diskError(cause, path);
        for (const each of group) each.failed(error);
        continue;
      }
      for (const { line, done } of group) {
        done({ offset: end, bytes: line.length - 1 });
        end += line.length;
      }
    }
    writing = undefined;
  };
  return {
    path,
    append(line) {
      const place = new Promise<LinePlace>((done, failed) => {
        waiting.push({ line: Buffer.from(`${line}\n`), done, failed });
      });
      writing ??= drain();
      return place;
    },
    async flush() {
      await writing;
      await handle?.sync().catch((cause: unknown) => {
        throw diskError(cause, path);
      });
    },
    async [Symbol.asyncDispose]() {
      await writing;
      await handle?.sync().catch(() => undefined);
      await handle?.close();
    },
  };
}

/**
 * Reads the whole lines of a log from a byte offset on. A last line without its newline is one that
 * was being written: it is left for the next time. The bytes are valid until the next line.
 */
export async function* readLines(path: string, from = 0): AsyncGenerator<LinePlace & { readonly line: Buffer }> {
  const file = openLog(path);
  try {
    let block = Buffer.allocUnsafe(BLOCK_BYTES);
    let held = 0;
    let start = from;
    for (;;) {
      if (held === block.length) block = Buffer.concat([block, Buffer.allocUnsafe(block.length)]);
      const bytesRead = readSync(file, block, held, block.length - held, start + held);
      if (bytesRead === 0) return;
      held += bytesRead;
      let at = 0;
      for (let newline = block.indexOf(NEWLINE); newline >= 0 && newline < held; newline = block.indexOf(NEWLINE, at)) {
        yield { line: block.subarray(at, newline), offset: start + at, bytes: newline - at };
        at = newline + 1;
      }
      block.copyWithin(0, at, held);
      held -= at;
      start += at;
    }
  } finally {
    closeSync(file);
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw asTendonError(cause, "not-found", { file: path });
  }
}

/** Bytes of a file; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(() => undefined);
  return info?.size ?? 0;
}

/** Into the system's memory: to wake another thread for a line costs more than to write it. */
function appendAll(handle: FileHandle, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle.fd, bytes, at);
}
