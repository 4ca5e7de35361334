import { crc32 } from "node:zlib";
import { Opcode } from "@mcap/core";
import { asTendonError, TendonError } from "../../core/errors.ts";
import type { RandomReader } from "../../io/reader.ts";
import { decompress } from "./decompress.ts";
import type { McapBlock } from "./file.ts";
import type { McapLimits } from "./limits.ts";
import { opcodeName, parseChunkHead, RECORD_HEAD_BYTES } from "./records.ts";

/** Reads and unpacks one block, and checks its CRC where it has one. */
export async function readBlock(reader: RandomReader, block: McapBlock, limits: McapLimits): Promise<Uint8Array> {
  const place = { file: reader.path, offset: block.offset };
  try {
    if (block.lengthBytes > limits.chunkBytesMax) throw tooLarge("is", block.lengthBytes, limits);
    const bytes = await reader.read(block.offset, block.lengthBytes);
    if (bytes.length < block.lengthBytes)
      throw new TendonError("bad-data", `needs ${block.lengthBytes} bytes, the file ends after ${bytes.length}`);
    return block.kind === "records" ? bytes : await unpackChunk(bytes, limits);
  } catch (thrown) {
    if (thrown instanceof TendonError && !thrown.message.startsWith("chunk "))
      throw new TendonError(thrown.code, `chunk at byte ${block.offset} ${thrown.message}`, { place, cause: thrown.cause });
    if (thrown instanceof TendonError) throw asTendonError(thrown, "bad-data", place);
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new TendonError("bad-data", `chunk at byte ${block.offset} cannot be unpacked: ${why}`, { place, cause: thrown });
  }
}

async function unpackChunk(record: Uint8Array, limits: McapLimits): Promise<Uint8Array> {
  if (record[0] !== Opcode.CHUNK)
    throw new TendonError("bad-data", `is a ${opcodeName(record[0] ?? 0)} where the index says there is a chunk`);
  const content = record.subarray(RECORD_HEAD_BYTES);
  const head = parseChunkHead(content);
  if (head.uncompressedBytes > limits.chunkBytesMax) throw tooLarge("unpacks to", head.uncompressedBytes, limits);
  if (head.start + head.length > content.length)
    throw new TendonError("bad-data", `says it holds ${head.length} packed bytes, there are ${content.length - head.start}`);
  const packed = content.subarray(head.start, head.start + head.length);
  const unpacked = await decompress(head.compression, packed, head.uncompressedBytes);
  if (head.crc !== 0) {
    const crc = crc32(unpacked);
    if (crc !== head.crc) throw new TendonError("bad-data", `has CRC ${hex(crc)} where the file says ${hex(head.crc)}`);
  }
  return unpacked;
}

function tooLarge(what: string, bytes: number, limits: McapLimits): TendonError {
  return new TendonError(
    "bad-data",
    `${what} ${bytes} bytes, more than limits.chunkBytesMax (${limits.chunkBytesMax}): raise it if the file is to be trusted`,
  );
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, "0")}`;
}

/** Keeps unpacked blocks up to a number of bytes, the least lately used leaving first. */
export function blockCache(
  read: (index: number) => Promise<Uint8Array>,
  bytesMax: number,
): (index: number) => Promise<Uint8Array> {
  const held = new Map<number, Uint8Array>();
  let heldBytes = 0;
  return async (index) => {
    const found = held.get(index);
    if (found) {
      held.delete(index);
      held.set(index, found);
      return found;
    }
    const bytes = await read(index);
    held.set(index, bytes);
    heldBytes += bytes.length;
    for (const [oldest, old] of held) {
      if (heldBytes <= bytesMax || oldest === index) break;
      held.delete(oldest);
      heldBytes -= old.length;
    }
    return bytes;
  };
}
