import { hasMcapPrefix, MCAP_MAGIC } from "@mcap/core";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { openReader, type RandomReader } from "../../io/reader.ts";
import { blockCache, readBlock } from "./blocks.ts";
import type { McapContents, McapFile } from "./file.ts";
import { readIndex } from "./indexed.ts";
import { MCAP_LIMITS, type McapLimits } from "./limits.ts";
import { walkFile } from "./walk.ts";

/**
 * Opens an MCAP file through the index at its end. A file without one, as a recorder leaves when it
 * is stopped, is walked record by record up to its last whole record; `damage` says what is missing.
 */
export async function openMcap(path: string, limits: McapLimits = MCAP_LIMITS): Promise<McapFile> {
  const reader = await openReader(path);
  try {
    await checkMagic(reader);
    return mcapFile(reader, await readContents(reader, limits), limits);
  } catch (thrown) {
    await reader.close();
    throw asTendonError(thrown, "bad-data", { file: path });
  }
}

async function readContents(reader: RandomReader, limits: McapLimits): Promise<McapContents> {
  const index = await readIndex(reader, limits);
  if ("contents" in index) return index.contents;
  return walkFile(reader, limits, index.unusable);
}

async function checkMagic(reader: RandomReader): Promise<void> {
  if (reader.sizeBytes === 0) throw new TendonError("bad-data", "is empty (0 bytes): record it again or remove it");
  const first = await reader.read(0, MCAP_MAGIC.length);
  if (hasMcapPrefix(new DataView(first.buffer, first.byteOffset, first.byteLength))) return;
  const got = [...first].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  throw new TendonError("bad-data", `is not an MCAP file: it begins with ${got}, not with 89 4d 43 41 50 30 0d 0a`, {
    place: { file: reader.path, offset: 0 },
  });
}

function mcapFile(reader: RandomReader, contents: McapContents, limits: McapLimits): McapFile {
  return {
    ...contents,
    path: reader.path,
    sizeBytes: reader.sizeBytes,
    readBlock: blockCache((index) => readBlock(reader, contents.blocks[index]!, limits), limits.cacheBytesMax),
    readAttachment: (attachment) => reader.read(attachment.offset, Math.min(attachment.sizeBytes, limits.detailBytesMax)),
    close: () => reader.close(),
  };
}
