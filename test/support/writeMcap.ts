import { open } from "node:fs/promises";
import { crc32, deflateSync, zstdCompressSync } from "node:zlib";
import { parse } from "@foxglove/rosmsg";
import { MessageWriter as Ros1Writer } from "@foxglove/rosmsg-serialization";
import { MessageWriter as Ros2Writer } from "@foxglove/rosmsg2-serialization";
import { McapWriter, type McapWriterOptions } from "@mcap/core";
import { FileHandleWritable } from "@mcap/nodejs";
import { ROS1, ROS2 } from "./rosDefinitions.ts";

/** A message with its own bytes. Times in nanoseconds. */
export interface WrittenMessage {
  readonly log: bigint;
  /** Absent: as `log`. */
  readonly publish?: bigint;
  readonly data: Uint8Array;
}

/** A topic of a file that a test writes. */
export interface WrittenTopic {
  readonly topic: string;
  readonly encoding: string;
  /** Absent: the channel has no schema. */
  readonly schema?: { readonly name: string; readonly encoding: string; readonly data: Uint8Array };
  readonly messages: readonly WrittenMessage[];
}

export interface WriteOptions {
  readonly compression?: "zstd" | "";
  /** Order of messages in the file: by log time (the default), or as the topics give them. */
  readonly order?: "time" | "given";
  readonly profile?: string;
  readonly metadata?: { readonly [name: string]: { readonly [key: string]: string } };
  readonly attachments?: readonly { readonly name: string; readonly mediaType: string; readonly data: Uint8Array }[];
  readonly writer?: Partial<McapWriterOptions>;
}

/** Writes an MCAP file with the reference writer. */
export async function writeMcap(path: string, topics: readonly WrittenTopic[], options: WriteOptions = {}): Promise<void> {
  const handle = await open(path, "w");
  const writer = new McapWriter({
    writable: new FileHandleWritable(handle as never),
    chunkSize: 64 * 1024,
    ...(options.compression !== "" && {
      compressChunk: (data) => ({ compression: "zstd", compressedData: zstdCompressSync(data) }),
    }),
    ...options.writer,
  });
  await writer.start({ profile: options.profile ?? "", library: "tendon tests" });
  const messages: (WrittenMessage & { channelId: number })[] = [];
  for (const { topic, encoding, schema, messages: own } of topics) {
    const schemaId = schema ? await writer.registerSchema(schema) : 0;
    const channelId = await writer.registerChannel({ topic, messageEncoding: encoding, schemaId, metadata: new Map() });
    for (const message of own) messages.push({ ...message, channelId });
  }
  if (options.order !== "given") messages.sort((a, b) => (a.log < b.log ? -1 : a.log > b.log ? 1 : 0));
  for (const [sequence, { channelId, log, publish, data }] of messages.entries()) {
    await writer.addMessage({ channelId, sequence, logTime: log, publishTime: publish ?? log, data });
  }
  for (const [name, values] of Object.entries(options.metadata ?? {})) {
    await writer.addMetadata({ name, metadata: new Map(Object.entries(values)) });
  }
  for (const { name, mediaType, data } of options.attachments ?? []) {
    await writer.addAttachment({ name, mediaType, data, logTime: 0n, createTime: 0n });
  }
  await writer.end();
  await handle.close();
}

/** An LZ4 frame of stored blocks, which is all that a test of unpacking needs: for chunks up to 64 kB. */
export function lz4Stored(chunk: Uint8Array): { compression: string; compressedData: Uint8Array } {
  const size = Buffer.alloc(4);
  // The highest bit says that the block is stored as it is.
  size.writeUInt32LE((chunk.length | 0x80000000) >>> 0);
  const head = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
  return { compression: "lz4", compressedData: Buffer.concat([head, size, chunk, new Uint8Array(4)]) };
}

/** A ROS 2 topic: CDR of messages that are given as objects. */
export function ros2Topic(
  topic: string,
  type: string,
  messages: readonly { readonly log: bigint; readonly publish?: bigint; readonly value: unknown }[],
): WrittenTopic {
  const text = ROS2[type]!;
  const writer = new Ros2Writer(parse(text, { ros2: true }));
  return {
    topic,
    encoding: "cdr",
    schema: { name: type, encoding: "ros2msg", data: new TextEncoder().encode(text) },
    messages: messages.map(({ value, ...times }) => ({ ...times, data: writer.writeMessage(value) })),
  };
}

/** A ROS 1 topic. */
export function ros1Topic(
  topic: string,
  type: string,
  messages: readonly { readonly log: bigint; readonly value: unknown }[],
): WrittenTopic {
  const text = ROS1[type]!;
  const writer = new Ros1Writer(parse(text));
  return {
    topic,
    encoding: "ros1",
    schema: { name: type, encoding: "ros1msg", data: new TextEncoder().encode(text) },
    messages: messages.map(({ value, log }) => ({ log, data: writer.writeMessage(value) })),
  };
}

/** A JSON topic, with an empty JSON schema of that name. */
export function jsonTopic(
  topic: string,
  name: string,
  messages: readonly { readonly log: bigint; readonly value: unknown }[],
): WrittenTopic {
  return {
    topic,
    encoding: "json",
    schema: { name, encoding: "jsonschema", data: new TextEncoder().encode('{"type":"object"}') },
    messages: messages.map(({ value, log }) => ({ log, data: new TextEncoder().encode(JSON.stringify(value)) })),
  };
}

/** A time as it stands in a ROS 2 message. */
export function stamp(time: bigint): { sec: number; nanosec: number; nsec: number } {
  const nanoseconds = Number(time % 1_000_000_000n);
  return { sec: Number(time / 1_000_000_000n), nanosec: nanoseconds, nsec: nanoseconds };
}

/** `count` times from `start` at a steady rate. */
export function steady(start: bigint, rateHz: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => start + BigInt(Math.round((index * 1e9) / rateHz)));
}

/** The smallest whole PNG of one grey pixel value: a picture for tests that decode none. */
export function greyPng(width: number, height: number, value: number): Uint8Array {
  const chunk = (name: string, content: Uint8Array): Uint8Array => {
    const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
    const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
    head.writeUInt32BE(content.length);
    tail.writeUInt32BE(crc32(named));
    return Buffer.concat([head, named, tail]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size[8] = 8;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", size),
    chunk("IDAT", deflated(Buffer.alloc((width + 1) * height, value), width, height)),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Rows of one value, each behind its filter byte 0. */
function deflated(pixels: Buffer, width: number, height: number): Uint8Array {
  for (let row = 0; row < height; row++) pixels[row * (width + 1)] = 0;
  return deflateSync(pixels);
}
