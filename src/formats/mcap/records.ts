import { McapStreamReader, type McapTypes, Opcode } from "@mcap/core";

/** Opcode (1 byte) and content length (8 bytes) stand before every record. */
export const RECORD_HEAD_BYTES = 9;
/** Channel (2), sequence (4), log time (8) and publish time (8) stand before a message's own bytes. */
export const MESSAGE_HEAD_BYTES = 22;

const KNOWN_FIRST = Opcode.HEADER;
const KNOWN_LAST = Opcode.DATA_END;

/** Whether a record can begin with this byte: 0 cannot, private ones start at 0x80, unknown ones between are kept for later versions. */
export function isOpcode(opcode: number): boolean {
  return opcode !== 0;
}

export function opcodeName(opcode: number): string {
  if (opcode < KNOWN_FIRST || opcode > KNOWN_LAST) return `record 0x${opcode.toString(16)}`;
  const name = Object.entries(Opcode).find(([, value]) => value === opcode)?.[0] ?? "";
  return name.toLowerCase().replace("_", " ");
}

/** Parses one whole record of the kinds that are not read in bulk: headers, schemas, channels, metadata, statistics. */
export function parseRecord(record: Uint8Array): McapTypes.TypedMcapRecord | undefined {
  const reader = new McapStreamReader({ noMagicPrefix: true });
  reader.append(record);
  return reader.nextRecord();
}

/** What stands before the packed records of a chunk. */
export interface ChunkHead {
  readonly uncompressedBytes: number;
  /** 0 where the writer gave none. */
  readonly crc: number;
  readonly compression: string;
  /** Where the packed records begin and how many bytes they are. */
  readonly start: number;
  readonly length: number;
}

/** The head of a chunk from its content, the bytes after the record's own head. Throws a RangeError where it ends too soon. */
export function parseChunkHead(content: Uint8Array): ChunkHead {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const uncompressedBytes = Number(view.getBigUint64(16, true));
  const crc = view.getUint32(24, true);
  const nameBytes = view.getUint32(28, true);
  const nameEnd = 32 + nameBytes;
  if (nameBytes > 64) throw new RangeError(`the name of its compression is ${nameBytes} bytes long`);
  const compression = new TextDecoder().decode(content.subarray(32, nameEnd));
  const length = Number(view.getBigUint64(nameEnd, true));
  return { uncompressedBytes, crc, compression, start: nameEnd + 8, length };
}

/** What is said of an attachment before its bytes. */
export interface AttachmentHead {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** The head of an attachment from the first bytes of its content, and where its own bytes begin in that content. */
export function parseAttachmentHead(content: Uint8Array): AttachmentHead & { readonly start: number } {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const text = new TextDecoder();
  const nameEnd = 20 + view.getUint32(16, true);
  const name = text.decode(content.subarray(20, nameEnd));
  const typeEnd = nameEnd + 4 + view.getUint32(nameEnd, true);
  const mediaType = text.decode(content.subarray(nameEnd + 4, typeEnd));
  return { name, mediaType, sizeBytes: Number(view.getBigUint64(typeEnd, true)), start: typeEnd + 8 };
}

/** Called for each record of a block with the place of the record's head and the end of its content. */
export type RecordVisit = (opcode: number, start: number, end: number) => void;

/** Walks the records of an unpacked block. Throws a RangeError with the place where a record does not fit. */
export function forEachRecord(block: Uint8Array, visit: RecordVisit): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  while (at < block.length) {
    if (at + RECORD_HEAD_BYTES > block.length) throw new RangeError(`a record is cut off at byte ${at} of it`);
    // Two 32-bit reads: a bigint for every message would cost more than all the rest.
    const length = view.getUint32(at + 1, true) + view.getUint32(at + 5, true) * 2 ** 32;
    const end = at + RECORD_HEAD_BYTES + length;
    if (end > block.length) throw new RangeError(`a record at byte ${at} of it says ${length} bytes and goes past its end`);
    visit(view.getUint8(at), at, end);
    at = end;
  }
}
