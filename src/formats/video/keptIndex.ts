import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import type { CodecConfig } from "../../core/batch.ts";
import { digest } from "../../core/digest.ts";
import { fileToken } from "../../io/reader.ts";
import type { PacketIndex, VideoTimes } from "./packetIndex.ts";
import type { PacketPlaces } from "./tablePackets.ts";

/** What the tables of a video file come to. */
export interface VideoIndex {
  readonly config: CodecConfig;
  readonly rotation: number;
  readonly places: PacketPlaces;
  readonly index: PacketIndex;
  readonly presented: VideoTimes;
}

/**
 * A kept index: `TENDONVI`, the length of a header in JSON, the header, and behind it the numbers of each column. The
 * header says of which bytes of which file they are: of others they are not taken.
 */
interface Header {
  readonly form: 1;
  /** The file's token. */
  readonly of: string;
  readonly crc: number;
  readonly packets: number;
  readonly hidden: number;
  readonly end: number;
  readonly bFrames: boolean;
  readonly rateHz: number;
  readonly rotation: number;
  readonly config: Omit<CodecConfig, "description"> & { readonly description?: string };
}

/** Tables of fewer packets are read again as fast. */
const PACKETS_MIN = 4096;
const MAGIC = "TENDONVI";
/** The magic, the header's length in 32 bits, and as many bytes of nothing. */
const PREFIX_BYTES = 16;

/** The index of a file, as an earlier opening kept it in a folder; undefined where it kept none, or of other bytes. */
export async function readKeptIndex(folder: string, file: string): Promise<VideoIndex | undefined> {
  try {
    const bytes = readFileSync(pathOf(folder, file));
    if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
    const bodyAt = PREFIX_BYTES + bytes.readUInt32LE(MAGIC.length);
    const header = JSON.parse(bytes.toString("utf8", PREFIX_BYTES, bodyAt)) as Header;
    const body = bytes.subarray(bodyAt);
    if (header.form !== 1 || header.of !== (await fileToken(file)) || header.crc !== crc32(body)) return undefined;
    return indexOf(header, body);
  } catch {
    // What cannot be read is made again.
    return undefined;
  }
}

/** Keeps an index that was worth the reading. A folder that cannot be written to keeps nothing. */
export async function keepIndex(folder: string, file: string, made: VideoIndex): Promise<void> {
  const { places, index, presented, rotation } = made;
  const packets = places.size.length;
  if (packets < PACKETS_MIN) return;
  const columns = index.bFrames
    ? [index.time, places.start, index.decodeTime, presented.time, places.size, index.key, presented.key]
    : [index.time, places.start, places.size, index.key];
  const body = Buffer.concat(columns.map((column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength)));
  const { description, ...config } = made.config;
  const path = pathOf(folder, file);
  const temporary = `${path}.${randomUUID()}`;
  try {
    const header: Header = {
      form: 1,
      of: await fileToken(file),
      crc: crc32(body),
      packets,
      hidden: packets - presented.time.length,
      end: places.end,
      bFrames: index.bFrames,
      rateHz: index.rateHz,
      rotation,
      config: { ...config, ...(description && { description: Buffer.from(description).toString("base64") }) },
    };
    const told = JSON.stringify(header);
    // Columns of wide numbers come first, behind a header that ends where they may begin.
    const padded = Buffer.from(told.padEnd(told.length + ((8 - (Buffer.byteLength(told) % 8)) % 8)));
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.write(MAGIC, "latin1");
    prefix.writeUInt32LE(padded.length, MAGIC.length);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([prefix, padded, body]), { flag: "wx", mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function indexOf({ packets, hidden, end, bFrames, rateHz, rotation, config: told }: Header, body: Buffer): VideoIndex {
  let at = 0;
  const memory = body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer;
  const take = <T>(make: new (memory: ArrayBuffer, at: number, count: number) => T, count: number, size: number): T => {
    const column = new make(memory, at, count);
    at += count * size;
    return column;
  };
  const shown = packets - hidden;
  const time = take(BigInt64Array, packets, 8);
  const start = take(Float64Array, packets, 8);
  const decodeTime = bFrames ? take(BigInt64Array, packets, 8) : time;
  const shownTime = bFrames ? take(BigInt64Array, shown, 8) : time.subarray(hidden);
  const size = take(Uint32Array, packets, 4);
  const key = take(Uint8Array, packets, 1);
  const shownKey = bFrames ? take(Uint8Array, shown, 1) : key.subarray(hidden);
  const { description, ...config } = told;
  return {
    config: { ...config, ...(description !== undefined && { description: new Uint8Array(Buffer.from(description, "base64")) }) },
    rotation,
    places: { start, size, end },
    index: { time, decodeTime, key, bFrames, rateHz },
    presented: { time: shownTime, key: shownKey, bFrames },
  };
}

function pathOf(folder: string, file: string): string {
  return join(folder, digest(["video index", resolve(file)]).slice(0, 32));
}
