import { closeSync, existsSync, fsync, mkdirSync, openSync, writeSync, writevSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as arrow from "apache-arrow";
import { diskError } from "../io/diskError.ts";
import { renameDurably } from "../io/durable.ts";
import { discard, type Home } from "./home.ts";
import { sharded } from "./names.ts";

const flush = promisify(fsync);
/** Less than this is flushed at once at the end: each flush makes the file system commit its journal, which everybody's next file waits for. */
const FLUSH_BYTES = 8 << 20;

/**
 * An Arrow IPC file in the making, whose name is known only at its end. Only flushes are waited for:
 * the rest goes to the system's memory, and to wake another thread for it costs more than to do it.
 */
export interface PartFile {
  write(columns: readonly arrow.Data[], rows: number): void;
  /** Flushes it and gives it its place. Where the same content stands already, that stays. */
  finish(key: string): Promise<void>;
  abort(): Promise<void>;
}

/** Where a part stands. */
export function partPath(home: Home, key: string): string {
  return `${home.at("parts", ...sharded(key))}.arrow`;
}

/** Whether a part is parked. */
export function hasPart(home: Home, key: string): boolean {
  return existsSync(partPath(home, key));
}

/** Starts a part under a temporary name of the home. */
export function openPartFile(home: Home, schema: arrow.Schema): PartFile {
  const temporary = home.temporary();
  const file = onDisk(temporary, () => openSync(temporary, "wx"));
  const sink = new Collected();
  const writer = new arrow.RecordBatchFileWriter();
  writer.reset(sink, schema);
  const struct = new arrow.Struct(schema.fields);
  let closed = false;
  let unflushed = 0;
  let flushing: Promise<unknown> = Promise.resolve();
  const close = async () => {
    if (closed) return;
    closed = true;
    await flushing.catch(() => undefined);
    closeSync(file);
  };
  return {
    write(columns, rows) {
      const data = arrow.makeData({ type: struct, length: rows, nullCount: 0, children: [...columns] });
      writer.write(new arrow.RecordBatch(schema, data));
      unflushed += onDisk(temporary, () => writeOut(file, sink.drain()));
      if (unflushed < FLUSH_BYTES) return;
      // The disk begins early, so that the end waits for its last piece only.
      unflushed = 0;
      flushing = Promise.all([flushing, flush(file)]);
      flushing.catch(() => undefined);
    },
    async finish(key) {
      writer.close();
      onDisk(temporary, () => writeOut(file, sink.drain()));
      const path = partPath(home, key);
      if (hasPart(home, key)) {
        await close();
        await discard(temporary);
        return;
      }
      try {
        await Promise.all([flushing, flush(file)]);
        await close();
        mkdirSync(dirname(path), { recursive: true });
      } catch (cause) {
        throw diskError(cause, temporary);
      }
      await renameDurably(temporary, path);
    },
    async abort() {
      await close();
      await discard(temporary);
    },
  };
}

/** Takes what Arrow's writer gives without copying it. */
class Collected extends arrow.AsyncByteQueue {
  #pieces: Uint8Array[] = [];

  override write(value: Uint8Array | ArrayBufferView): void {
    if (value.byteLength > 0) this.#pieces.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }

  drain(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}

/** Gives how many bytes there were. */
function writeOut(file: number, pieces: readonly Uint8Array[]): number {
  const expected = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const written = writevSync(file, pieces);
  // A disk that is nearly full takes a part; the next write then says why.
  if (written === expected) return expected;
  const rest = Buffer.concat(pieces).subarray(written);
  for (let at = 0; at < rest.byteLength; ) at += writeSync(file, rest, at);
  return expected;
}

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw diskError(cause, path);
  }
}
