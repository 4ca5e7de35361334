import { readSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { asTendonError, TendonError } from "../core/errors.ts";

/** Bytes of a file at any offset. */
export interface RandomReader {
  readonly path: string;
  readonly sizeBytes: number;
  /** `length` bytes from `offset`; fewer at the end of the file. Valid until the reader closes. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Fills `into` from `offset` at once, past the blocks that `read` keeps; gives how many bytes there
   * were. For threads that have nothing else to do: most blocks are in memory, and to wake another
   * thread for one costs more than to copy it.
   */
  readInto(into: Uint8Array, offset: number): number;
  close(): Promise<void>;
}

/**
 * Opens a local file. A read that continues the last one is answered from a block of
 * `readAheadBytes` that was fetched meanwhile, so memory is bounded by two such blocks.
 */
export async function openReader(path: string, options: { readAheadBytes?: number } = {}): Promise<RandomReader> {
  const ahead = options.readAheadBytes ?? 1 << 20;
  const place = { file: path };
  const handle = await open(path, "r").catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", place);
  });
  const info = await handle.stat();
  if (!info.isFile()) {
    await handle.close();
    throw new TendonError("not-found", "is not a file", { place });
  }
  const sizeBytes = info.size;
  let held = { offset: 0, bytes: new Uint8Array(0) };
  let next: { offset: number; bytes: Promise<Uint8Array> } | undefined;

  const fetch = async (offset: number, length: number): Promise<Uint8Array> => {
    const wanted = Math.max(0, Math.min(length, sizeBytes - offset));
    const bytes = new Uint8Array(wanted);
    let got = 0;
    while (got < wanted) {
      const { bytesRead } = await handle.read(bytes, got, wanted - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  };
  const prefetch = (offset: number) => {
    if (offset >= sizeBytes) return;
    const bytes = fetch(offset, ahead);
    bytes.catch(() => undefined);
    next = { offset, bytes };
  };

  return {
    path,
    sizeBytes,
    async read(offset, length) {
      const inside = () => offset >= held.offset && offset + length <= held.offset + held.bytes.length;
      if (!inside() && next && offset >= next.offset && offset + length <= next.offset + ahead) {
        held = { offset: next.offset, bytes: (await next.bytes) as Uint8Array<ArrayBuffer> };
        next = undefined;
        prefetch(held.offset + held.bytes.length);
      }
      if (inside()) return held.bytes.subarray(offset - held.offset, offset - held.offset + length);
      if (length >= ahead) return fetch(offset, length);
      held = { offset, bytes: (await fetch(offset, ahead)) as Uint8Array<ArrayBuffer> };
      prefetch(held.offset + held.bytes.length);
      return held.bytes.subarray(0, Math.min(length, held.bytes.length));
    },
    readInto(into, offset) {
      let got = 0;
      while (got < into.length) {
        const bytesRead = readSync(handle.fd, into, got, into.length - got, offset + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return got;
    },
    close: async () => {
      await next?.bytes.catch(() => undefined);
      await handle.close();
    },
  };
}

/** The store's token for a local file: changes whenever its bytes may have changed. */
export async function fileToken(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file: path });
  });
  return `${info.size}-${info.mtimeNs}-${info.ctimeNs}-${info.ino}`;
}
