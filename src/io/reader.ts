import { type BigIntStats, closeSync, fstatSync, openSync, read, readSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { asTendonError, TendonError } from "../core/errors.ts";

const readLater = promisify(read);

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

/** How a reader fetches blocks. */
export interface ReaderOptions {
  /** Default 1 MiB. */
  readonly blockBytes?: number;
  /** `ahead`: the next block comes while the last is used. `as asked`: at once and none before its time, for who reads tables and leaves. */
  readonly fetch?: "ahead" | "as asked";
}

/**
 * Opens a local file. A read that continues the last one is answered from a block of `blockBytes`
 * that was fetched meanwhile, so memory is bounded by two such blocks.
 */
export async function openReader(path: string, options: ReaderOptions = {}): Promise<RandomReader> {
  const { blockBytes = 1 << 20, fetch: fetching = "ahead" } = options;
  const { file, sizeBytes } = openFile(path);
  let closed = false;
  let held = { offset: 0, bytes: new Uint8Array(0) };
  let next: { offset: number; bytes: Promise<Uint8Array> } | undefined;

  /** A number that was given back may be another file's by now. */
  const own = (): number => {
    if (closed) throw new TendonError("internal", "is read after it was closed", { place: { file: path } });
    return file;
  };
  const readInto = (into: Uint8Array, offset: number): number => {
    let got = 0;
    while (got < into.length) {
      const bytesRead = readSync(own(), into, got, into.length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return got;
  };
  const fetch = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeBytes - offset)));
    if (fetching === "as asked") return bytes.subarray(0, readInto(bytes, offset));
    let got = 0;
    while (got < bytes.length) {
      const { bytesRead } = await readLater(own(), bytes, got, bytes.length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  };
  const prefetch = (offset: number) => {
    if (offset >= sizeBytes || fetching === "as asked") return;
    const bytes = fetch(offset, blockBytes);
    bytes.catch(() => undefined);
    next = { offset, bytes };
  };

  return {
    path,
    sizeBytes,
    async read(offset, length) {
      const inside = () => offset >= held.offset && offset + length <= held.offset + held.bytes.length;
      if (!inside() && next && offset >= next.offset && offset + length <= next.offset + blockBytes) {
        held = { offset: next.offset, bytes: (await next.bytes) as Uint8Array<ArrayBuffer> };
        next = undefined;
        prefetch(held.offset + held.bytes.length);
      }
      if (inside()) return held.bytes.subarray(offset - held.offset, offset - held.offset + length);
      if (length >= blockBytes) return fetch(offset, length);
      held = { offset, bytes: (await fetch(offset, blockBytes)) as Uint8Array<ArrayBuffer> };
      prefetch(held.offset + held.bytes.length);
      return held.bytes.subarray(0, Math.min(length, held.bytes.length));
    },
    readInto,
    close: async () => {
      await next?.bytes.catch(() => undefined);
      if (!closed) closeSync(file);
      closed = true;
    },
  };
}

function openFile(path: string): { file: number; sizeBytes: number } {
  const place = { file: path };
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (cause) {
    throw asTendonError(cause, "not-found", place);
  }
  const info = fstatSync(file);
  if (info.isFile()) return { file, sizeBytes: info.size };
  closeSync(file);
  throw new TendonError("not-found", "is not a file", { place });
}

/** The store's token for a local file: changes whenever its bytes may have changed. */
export async function fileToken(path: string): Promise<string> {
  let info: BigIntStats;
  try {
    info = statSync(path, { bigint: true });
  } catch (cause) {
    throw asTendonError(cause, "not-found", { file: path });
  }
  return `${info.size}-${info.mtimeNs}-${info.ctimeNs}-${info.ino}`;
}
