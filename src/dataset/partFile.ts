import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import * as arrow from "apache-arrow";
import { diskError } from "../io/diskError.ts";
import { renameDurably } from "../io/durable.ts";
import { discard, type Home } from "./home.ts";
import { sharded } from "./names.ts";

/** An Arrow IPC file in the making, whose name is known only at its end. */
export interface PartFile {
  write(columns: readonly arrow.Data[], rows: number): Promise<void>;
  /** Flushes it and gives it its place. Where the same content stands already, that stays. */
  finish(key: string): Promise<void>;
  abort(): Promise<void>;
}

/** Where a part stands. */
export function partPath(home: Home, key: string): string {
  return `${home.at("parts", ...sharded(key))}.arrow`;
}

/** Whether a part is parked. */
export async function hasPart(home: Home, key: string): Promise<boolean> {
  return (await stat(partPath(home, key)).catch(() => undefined)) !== undefined;
}

/** Starts a part under a temporary name of the home. */
export async function openPartFile(home: Home, schema: arrow.Schema): Promise<PartFile> {
  const temporary = home.temporary();
  const handle = await open(temporary, "wx").catch((cause: unknown) => {
    throw diskError(cause, temporary);
  });
  const sink = new Collected();
  const writer = new arrow.RecordBatchFileWriter();
  writer.reset(sink, schema);
  const struct = new arrow.Struct(schema.fields);
  let closed = false;
  const close = async () => {
    if (!closed) await handle.close();
    closed = true;
  };
  return {
    async write(columns, rows) {
      const data = arrow.makeData({ type: struct, length: rows, nullCount: 0, children: [...columns] });
      writer.write(new arrow.RecordBatch(schema, data));
      await writeOut(handle, sink.drain(), temporary);
    },
    async finish(key) {
      writer.close();
      await writeOut(handle, sink.drain(), temporary);
      if (await hasPart(home, key)) {
        await close();
        await discard(temporary);
        return;
      }
      try {
        await handle.sync();
        await close();
        await mkdir(dirname(partPath(home, key)), { recursive: true });
      } catch (cause) {
        throw diskError(cause, temporary);
      }
      await renameDurably(temporary, partPath(home, key));
    },
    async abort() {
      await close().catch(() => undefined);
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

async function writeOut(handle: FileHandle, pieces: Uint8Array[], path: string): Promise<void> {
  const expected = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  try {
    const { bytesWritten } = await handle.writev(pieces);
    // A disk that is nearly full takes a part; the next write then says why.
    if (bytesWritten < expected) await writeRest(handle, Buffer.concat(pieces).subarray(bytesWritten));
  } catch (cause) {
    throw diskError(cause, path);
  }
}

async function writeRest(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await handle.write(bytes, at)).bytesWritten;
}
