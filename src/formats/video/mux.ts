import { writevSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import { asTendonError, TendonError } from "../../core/errors.ts";
import { trackTimes } from "./frameTimes.ts";
import { fileType, mediaDataHeader, movie, type TrackTables } from "./mp4Boxes.ts";

/** How the file is written; none of it is needed. */
export interface WriteMp4Options {
  /** The rate that the frames keep. Absent: found from their times. */
  readonly rateHz?: number;
  /** Coded bytes held in memory before they go to a file beside the target. Default 32 MiB. */
  readonly memoryBytesMax?: number;
  /** A pass of its own over the same packets, without their bytes: then the tables are written first and no coded byte is held. */
  readonly times?: AsyncIterable<PacketTimes>;
}

/** Packets without the coded pictures themselves. */
export type PacketTimes = Omit<PacketsBatch, "bytes">;

/** What was written. */
export interface WrittenMp4 {
  readonly bytes: number;
  readonly frames: number;
  readonly durationSec: number;
}

const SAMPLES_PER_CHUNK = 64;
const COPY_BYTES = 4 << 20;
const FLUSH_BYTES = 8 << 20;

/**
 * Writes packets (in decode order, shown from 0 on) as an mp4 file at `target`, which must not exist.
 * The tables stand in front of the pictures; there are no dates and no names in it, so equal packets
 * give equal bytes. Coded pictures are not changed. Several streams may be joined when the caller
 * shifts their times and all have one configuration.
 */
export async function writeMp4(
  target: string,
  config: CodecConfig,
  packets: AsyncIterable<PacketsBatch>,
  options: WriteMp4Options = {},
): Promise<WrittenMp4> {
  const held = new HeldBody(`${target}.pictures`, options.memoryBytesMax ?? 32 << 20);
  try {
    const samples = new Samples();
    if (options.times) {
      for await (const batch of options.times) addSamples(samples, config, batch);
      return await writeFile(target, config, samples.tables(options.rateHz), passingBody(packets, samples.bytes));
    }
    for await (const batch of packets) {
      addSamples(samples, config, batch);
      await held.add(codedBytes(batch));
    }
    return await writeFile(target, config, samples.tables(options.rateHz), held);
  } catch (thrown) {
    throw asTendonError(thrown, "internal", { file: target });
  } finally {
    await held.remove();
  }
}

function addSamples(samples: Samples, config: CodecConfig, batch: PacketTimes): void {
  sameConfig(config, batch.config);
  samples.add(batch);
}

function codedBytes({ bytes, offsets, time }: PacketsBatch): Uint8Array {
  return bytes.subarray(Number(offsets[0]), Number(offsets[time.length]));
}

/** The coded pictures of a file, whose place in it is known only when all their sizes are. */
interface Body {
  readonly bytes: number;
  copyTo(target: FileHandle): Promise<void>;
}

/** Coded pictures that come when the tables are written already. */
function passingBody(packets: AsyncIterable<PacketsBatch>, bytes: number): Body {
  return {
    bytes,
    async copyTo(target) {
      let written = 0;
      let flushed = 0;
      let flushing: Promise<void> = Promise.resolve();
      for await (const batch of packets) {
        const coded = codedBytes(batch);
        writeAll(target, coded);
        written += coded.length;
        if (written - flushed < FLUSH_BYTES) continue;
        // The disk begins early, so that whoever makes the file durable waits for its last piece only.
        flushed = written;
        flushing = Promise.all([flushing, target.datasync()]).then(() => undefined);
        flushing.catch(() => undefined);
      }
      await flushing;
      if (written !== bytes) throw new TendonError("internal", `${written} bytes of packets came, their sizes told ${bytes}`);
    },
  };
}

async function writeFile(target: string, config: CodecConfig, tables: TrackTables, body: Body): Promise<WrittenMp4> {
  const type = fileType();
  const header = mediaDataHeader(body.bytes);
  const length = movie(config, tables, 0).length;
  const moov = movie(config, tables, type.length + length + header.length);
  const file = await open(target, "wx");
  try {
    writeAll(file, Buffer.concat([type, moov, header]));
    await body.copyTo(file);
  } catch (thrown) {
    await file.close();
    await rm(target, { force: true });
    throw thrown;
  }
  await file.close();
  const ticks = tables.deltas.reduce((sum, delta) => sum + delta, 0);
  return {
    bytes: type.length + moov.length + header.length + body.bytes,
    frames: tables.sizes.length,
    durationSec: ticks / tables.timescale,
  };
}

/** The tables as they grow: 17 bytes a packet. */
class Samples {
  /** Of all coded pictures. */
  bytes = 0;
  #count = 0;
  #times = new BigInt64Array(1024);
  #sizes = new Uint32Array(1024);
  #key = new Uint8Array(1024);

  add(batch: PacketTimes): void {
    const count = batch.time.length;
    this.#grow(this.#count + count);
    this.#times.set(batch.time, this.#count);
    this.#key.set(batch.key.subarray(0, count), this.#count);
    for (let i = 0; i < count; i++) this.#sizes[this.#count + i] = Number(batch.offsets[i + 1]! - batch.offsets[i]!);
    this.#count += count;
    this.bytes += Number(batch.offsets[count]! - batch.offsets[0]!);
  }

  tables(rateHz?: number): TrackTables {
    if (this.#count === 0) throw new TendonError("bad-data", "a video file needs at least one packet, there was none");
    const times = trackTimes(this.#times.subarray(0, this.#count), rateHz);
    const sizes = this.#sizes.subarray(0, this.#count);
    return { ...times, sizes, key: this.#key.subarray(0, this.#count), samplesPerChunk: SAMPLES_PER_CHUNK };
  }

  #grow(count: number): void {
    if (count <= this.#times.length) return;
    const room = Math.max(count, this.#times.length * 2);
    const [times, sizes, key] = [new BigInt64Array(room), new Uint32Array(room), new Uint8Array(room)];
    times.set(this.#times);
    sizes.set(this.#sizes);
    key.set(this.#key);
    [this.#times, this.#sizes, this.#key] = [times, sizes, key];
  }
}

/** Coded pictures that wait for the tables: in memory, or in a file of their own once they are many. */
class HeldBody implements Body {
  bytes = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #file: FileHandle | undefined;
  readonly #path: string;
  readonly #memoryBytesMax: number;

  constructor(path: string, memoryBytesMax: number) {
    this.#path = path;
    this.#memoryBytesMax = memoryBytesMax;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#memoryBytesMax) await this.#spill();
  }

  async copyTo(target: FileHandle): Promise<void> {
    if (this.#file) {
      const buffer = new Uint8Array(COPY_BYTES);
      const spilled = this.bytes - this.#heldBytes;
      for (let at = 0; at < spilled; ) {
        const { bytesRead } = await this.#file.read(buffer, 0, Math.min(buffer.length, spilled - at), at);
        if (bytesRead === 0)
          throw new TendonError("internal", "pictures that were set aside are gone", { place: { file: this.#path } });
        writeAll(target, buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
    }
    writeAll(target, ...this.#held);
  }

  async remove(): Promise<void> {
    await this.#file?.close();
    await rm(this.#path, { force: true });
  }

  async #spill(): Promise<void> {
    this.#file ??= await open(this.#path, "wx+");
    writeAll(this.#file, ...this.#held);
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Into the system's memory: to wake another thread for that costs more than to do it. */
function writeAll(file: FileHandle, ...parts: Uint8Array[]): void {
  for (let start = 0; start < parts.length; start += 512) {
    const some = parts.slice(start, start + 512).filter((part) => part.length > 0);
    const size = some.reduce((sum, part) => sum + part.length, 0);
    if (size === 0) continue;
    const bytesWritten = writevSync(file.fd, some);
    if (bytesWritten !== size) throw new TendonError("no-space", `only ${bytesWritten} of ${size} bytes could be written`);
  }
}

function sameConfig(config: CodecConfig, other: CodecConfig): void {
  if (other === config) return;
  const equal =
    other.codec === config.codec &&
    other.width === config.width &&
    other.height === config.height &&
    Buffer.compare(other.description ?? NOTHING, config.description ?? NOTHING) === 0;
  if (equal) return;
  const names = [config, other].map(({ codec, width, height }) => `${codec} ${width}×${height}`);
  throw new TendonError("internal", `packets of two codec configurations cannot share a file (${names.join(" and ")})`);
}

const NOTHING = new Uint8Array(0);
