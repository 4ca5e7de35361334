import { McapIndexedReader, type McapTypes } from "@mcap/core";
import { TendonError } from "../../core/errors.ts";
import type { RandomReader } from "../../io/reader.ts";
import type { McapAttachment, McapBlock, McapChannel, McapContents, McapMetadata } from "./file.ts";
import type { McapLimits } from "./limits.ts";
import { parseAttachmentHead, RECORD_HEAD_BYTES } from "./records.ts";

/** Reads the index at the end of a file, or says why it cannot be used; an empty reason is no fault of the file. */
export async function readIndex(
  reader: RandomReader,
  limits: McapLimits,
): Promise<{ readonly contents: McapContents } | { readonly unusable: string }> {
  let index: McapIndexedReader;
  try {
    index = await McapIndexedReader.Initialize({ readable: readable(reader, limits) });
  } catch (error) {
    if (error instanceof TendonError) throw error;
    return { unusable: (error as Error).message.replace(/ \[library=.*$/s, "") };
  }
  const lacking = whatLacks(index, reader.sizeBytes);
  if (lacking !== undefined) return { unusable: lacking };
  return {
    contents: {
      profile: index.header.profile,
      library: index.header.library,
      channels: channelsOf(index, limits),
      blocks: index.chunkIndexes.map(blockOf).sort((a, b) => a.offset - b.offset),
      ...(index.statistics && { counts: index.statistics.channelMessageCounts }),
      attachments: await attachmentsOf(index, reader),
      metadata: await metadataOf(index),
      damage: [],
    },
  };
}

function readable(reader: RandomReader, limits: McapLimits): McapTypes.IReadable {
  return {
    size: async () => BigInt(reader.sizeBytes),
    read: async (offset, length) => {
      if (length > BigInt(limits.summaryBytesMax))
        throw new TendonError(
          "bad-data",
          `has a summary of ${length} bytes, more than limits.summaryBytesMax (${limits.summaryBytesMax})`,
          { place: { file: reader.path, offset: Number(offset) } },
        );
      // A copy: the library keeps parts of what it is given.
      return (await reader.read(Number(offset), Number(length))).slice();
    },
  };
}

/** What the index leaves out that must then be found by walking; undefined where it is whole. */
function whatLacks(index: McapIndexedReader, sizeBytes: number): string | undefined {
  const { statistics, chunkIndexes, channelsById, schemasById } = index;
  // A summary without chunks is allowed and usual for small files written without them.
  if (chunkIndexes.length === 0) return "";
  if (statistics && statistics.chunkCount !== chunkIndexes.length)
    return `it lists ${chunkIndexes.length} of ${statistics.chunkCount} chunks`;
  if (channelsById.size === 0 || (statistics && statistics.channelCount !== channelsById.size)) return "";
  for (const channel of channelsById.values()) {
    if (channel.schemaId !== 0 && !schemasById.has(channel.schemaId)) return "";
  }
  for (const chunk of chunkIndexes) {
    if (chunk.chunkStartOffset + chunk.chunkLength > BigInt(sizeBytes))
      return `it lists a chunk at byte ${chunk.chunkStartOffset} that goes past the end of the file`;
  }
  return undefined;
}

function channelsOf(index: McapIndexedReader, limits: McapLimits): Map<number, McapChannel> {
  const channels = new Map<number, McapChannel>();
  for (const channel of index.channelsById.values()) channels.set(channel.id, channelOf(channel, index.schemasById));
  if (channels.size > limits.channelsMax)
    throw new TendonError("bad-data", `has ${channels.size} channels, more than limits.channelsMax (${limits.channelsMax})`);
  return channels;
}

/** A channel with its schema; without one where the file has none of that id. */
export function channelOf(channel: McapTypes.Channel, schemas: ReadonlyMap<number, McapTypes.Schema>): McapChannel {
  const schema = channel.schemaId === 0 ? undefined : schemas.get(channel.schemaId);
  const { id, topic, messageEncoding, metadata } = channel;
  return {
    id,
    topic,
    messageEncoding,
    metadata,
    ...(schema && { schema: { name: schema.name, encoding: schema.encoding, data: schema.data } }),
  };
}

function blockOf(chunk: McapTypes.ChunkIndex): McapBlock {
  return {
    kind: "chunk",
    offset: Number(chunk.chunkStartOffset),
    lengthBytes: Number(chunk.chunkLength),
    logTimes: { first: chunk.messageStartTime, last: chunk.messageEndTime },
    // An empty map is what a writer without message indexes leaves: then nothing is known.
    ...(chunk.messageIndexOffsets.size > 0 && { channels: new Set(chunk.messageIndexOffsets.keys()) }),
  };
}

async function attachmentsOf(index: McapIndexedReader, reader: RandomReader): Promise<McapAttachment[]> {
  const attachments: McapAttachment[] = [];
  for (const entry of index.attachmentIndexes) {
    const content = Number(entry.offset) + RECORD_HEAD_BYTES;
    const headBytes = 32 + 3 * (entry.name.length + entry.mediaType.length);
    const head = parseAttachmentHead(await reader.read(content, headBytes));
    const { name, mediaType, sizeBytes } = head;
    attachments.push({ name, mediaType, sizeBytes, offset: content + head.start });
  }
  return attachments;
}

async function metadataOf(index: McapIndexedReader): Promise<McapMetadata[]> {
  const metadata: McapMetadata[] = [];
  for await (const { name, metadata: values } of index.readMetadata()) metadata.push({ name, values });
  return metadata;
}
