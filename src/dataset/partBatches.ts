import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import * as arrow from "apache-arrow";
import { asTendonError, TendonError } from "../core/errors.ts";

/** What is read of a part, and into which memory. */
export type PartReading =
  /** Each batch has memory of its own. */
  | "own memory"
  /** A batch is valid until the next pull. Fresh memory for each costs a garbage collection every few batches. */
  | "one memory"
  /** The same, and the longest column's bytes are not read: what stands there is garbage. */
  | "without the longest";

/** `ARROW1` and padding; behind it stand messages, then the footer with the schema, its length and `ARROW1` again. */
const MAGIC = Buffer.from("ARROW1\0\0", "latin1");
const FOOTER_END_BYTES = 10;
/** A mark and the length of a message's metadata. */
const PREFIX_BYTES = 8;
const METADATA_BYTES_MAX = 1 << 24;
const FIRST_READ_BYTES = 1 << 13;
const IDLE_BYTES_MAX = 8 << 20;

/** The memory that the last reader is done with. */
let idle: Uint8Array<ArrayBuffer> | undefined;

/** A batch of a part: a column for each field. */
export interface PartBatch {
  readonly schema: arrow.Schema;
  readonly columns: readonly arrow.Data[];
}

/**
 * The batches of a part's file with rows, in order. Arrow's own reader makes new memory and six reads
 * for each. Nothing here is waited for: a view is made of as many parts as it has episodes, most of
 * them in the system's memory, and to wake another thread for each costs more than to read it.
 */
export async function* readBatches(path: string, reading: PartReading): AsyncGenerator<PartBatch> {
  const file = openPart(path);
  const messages = new Messages(file, reading === "own memory" ? undefined : idle);
  idle = undefined;
  try {
    const schema = readSchema(file);
    for (let at = MAGIC.length; ; ) {
      if (reading === "own memory") messages.forget();
      const found = messages.read(at, reading === "without the longest");
      if (found === undefined) return;
      at += found.size;
      // A file without rows gives one batch without rows.
      if (found.header.length > 0) yield { schema, columns: columnsOf(schema, found.header, found.body) };
    }
  } catch (cause) {
    if (cause instanceof TendonError) throw cause;
    const message = `is damaged: ${cause instanceof Error ? cause.message : String(cause)}; remove it and run again`;
    throw new TendonError("bad-data", message, { place: { file: path }, cause });
  } finally {
    if (reading !== "own memory" && messages.memory.length <= IDLE_BYTES_MAX) idle = messages.memory;
    closeSync(file);
  }
}

/** Arrow's own reader takes a file's footer alone for a file without batches. */
function readSchema(file: number): arrow.Schema {
  const { size } = fstatSync(file);
  const readTail = (bytes: number) => {
    const tail = Buffer.alloc(MAGIC.length + Math.min(bytes, size));
    MAGIC.copy(tail);
    readSync(file, tail, MAGIC.length, tail.length - MAGIC.length, size + MAGIC.length - tail.length);
    return tail;
  };
  let tail = readTail(FIRST_READ_BYTES);
  if (!tail.subarray(-6).equals(MAGIC.subarray(0, 6))) throw new Error("it is cut off");
  const bytes = tail.readUInt32LE(tail.length - FOOTER_END_BYTES) + FOOTER_END_BYTES;
  if (bytes > Math.min(size, METADATA_BYTES_MAX)) throw new Error(`its footer has ${bytes} bytes`);
  if (bytes > FIRST_READ_BYTES) tail = readTail(bytes);
  return arrow.RecordBatchReader.from(new Uint8Array(tail)).open().schema;
}

/** What the metadata of a batch says: a node a column or child, and where each of their buffers lies in the body. */
interface BatchHeader {
  readonly length: number;
  readonly nodes: readonly { readonly length: number; readonly nullCount: number }[];
  readonly buffers: readonly Span[];
}

interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Reads one message after another. */
class Messages {
  memory: Uint8Array<ArrayBuffer>;
  readonly #file: number;

  constructor(file: number, memory: Uint8Array<ArrayBuffer> | undefined) {
    this.#file = file;
    this.memory = memory ?? new Uint8Array(FIRST_READ_BYTES);
  }

  /** The next message goes to new memory. */
  forget(): void {
    this.memory = new Uint8Array(FIRST_READ_BYTES);
  }

  /** The batch at an offset of the file, and the size of its message; undefined behind the last. */
  read(at: number, isSparse: boolean): { header: BatchHeader; body: Uint8Array; size: number } | undefined {
    const bytesRead = readSync(this.#file, this.memory, 0, FIRST_READ_BYTES, at);
    if (bytesRead < PREFIX_BYTES) throw new Error("it is cut off");
    const length = new DataView(this.memory.buffer).getInt32(4, true);
    if (length === 0) return undefined;
    if (length < 0 || length > METADATA_BYTES_MAX) throw new Error(`a message has ${length} bytes of metadata`);
    const bodyAt = PREFIX_BYTES + length;
    this.#fill(at, bytesRead, bodyAt);
    const message = arrow.Message.decode(this.memory.subarray(PREFIX_BYTES, bodyAt));
    const header = message.header() as unknown as BatchHeader;
    const size = bodyAt + message.bodyLength;
    const longest = header.buffers.reduce((a, b) => (b.length > a.length ? b : a));
    const got = Math.max(bytesRead, bodyAt);
    this.#reserve(size, got);
    this.#fill(at, got, isSparse ? bodyAt + longest.offset : size);
    if (isSparse) this.#fill(at, Math.max(got, bodyAt + longest.offset + longest.length), size);
    return { header, body: this.memory.subarray(bodyAt, size), size };
  }

  /** Bytes `from` to `to` of the message at an offset, half-open; all of them must be there. */
  #fill(at: number, from: number, to: number): void {
    this.#reserve(to, from);
    for (let got = from; got < to; ) {
      const bytesRead = readSync(this.#file, this.memory, got, to - got, at + got);
      if (bytesRead === 0) throw new Error("it is cut off");
      got += bytesRead;
    }
  }

  /** Makes room for a message of which `got` bytes are there. */
  #reserve(size: number, got: number): void {
    if (size <= this.memory.length) return;
    const wider = new Uint8Array(size);
    wider.set(this.memory.subarray(0, got));
    this.memory = wider;
  }
}

/** Arrow's view of a batch's columns: the memory of the message. */
function columnsOf(schema: arrow.Schema, { nodes, buffers }: BatchHeader, body: Uint8Array): arrow.Data[] {
  let node = 0;
  let buffer = 0;
  const next = () => {
    const { offset, length } = buffers[buffer++]!;
    return body.subarray(offset, offset + length);
  };
  const column = (type: arrow.DataType): arrow.Data => {
    const { length, nullCount } = nodes[node++]!;
    const common = { type, length, nullCount, nullBitmap: next() };
    if (type instanceof arrow.FixedSizeList) return arrow.makeData({ ...common, child: column(type.children[0]!.type) } as never);
    if (type instanceof arrow.LargeUtf8 || type instanceof arrow.LargeBinary) {
      const offsets = next();
      const valueOffsets = new BigInt64Array(offsets.buffer, offsets.byteOffset, length + 1);
      return arrow.makeData({ ...common, valueOffsets, data: next() } as never);
    }
    return arrow.makeData({ ...common, data: next() } as never);
  };
  return schema.fields.map(({ type }) => column(type));
}

function openPart(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw asTendonError(cause, "internal", { file: path });
    const message = "this part was removed from the dataset; run again to read its episode anew";
    throw new TendonError("not-found", message, { place: { file: path }, cause });
  }
}
