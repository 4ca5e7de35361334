import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import type { RandomReader } from "../../io/reader.ts";
import type { PacketIndex } from "./packetIndex.ts";

/** The first packet in decode order, and how much a batch holds: so many packets and, from two packets on, so many bytes. */
export interface BatchLimits {
  readonly start: number;
  readonly countMax: number;
  readonly bytesMax: number;
}

/** Where the packets of a track lie in the file, in decode order. */
export interface PacketPlaces {
  /** Bytes from the file's start, one a packet. */
  readonly start: Float64Array;
  readonly size: Uint32Array;
  /** Behind the last byte of any packet. */
  readonly end: number;
}

/** A track whose packets' places are known. */
export interface TabledTrack {
  readonly table: PacketPlaces;
  readonly index: PacketIndex;
  readonly config: CodecConfig;
  readonly reader: RandomReader;
}

/**
 * Packets in decode order as far as the file reaches, one read for all that lie behind one another.
 * Every batch is read into the same memory.
 */
export async function* readTablePackets(track: TabledTrack, limits: BatchLimits): AsyncGenerator<PacketsBatch> {
  const { index, config } = track;
  let memory = new Uint8Array(0);
  const whole = wholePackets(track, limits.start);
  for (let from = limits.start; from < whole; ) {
    const { to, bytes } = batchEnd(track.table.size, from, whole, limits);
    if (bytes > memory.length) memory = new Uint8Array(Math.max(bytes, Math.min(limits.bytesMax, 2 * memory.length)));
    const offsets = readRun(track, { from, to }, memory);
    yield {
      kind: "packets",
      time: index.time.slice(from, to),
      decodeTime: index.decodeTime.slice(from, to),
      key: index.key.slice(from, to),
      offsets,
      bytes: memory.subarray(0, bytes),
      config,
    };
    from = to;
  }
}

/** The first packet, from `start` on, that does not lie whole in the file. */
function wholePackets({ table, reader }: TabledTrack, start: number): number {
  if (table.end <= reader.sizeBytes) return table.size.length;
  for (let packet = start; packet < table.size.length; packet++)
    if (table.start[packet]! + table.size[packet]! > reader.sizeBytes) return packet;
  return table.size.length;
}

function batchEnd(
  size: Uint32Array,
  from: number,
  end: number,
  { countMax, bytesMax }: BatchLimits,
): { to: number; bytes: number } {
  let bytes = size[from]!;
  let to = from + 1;
  while (to < end && to - from < countMax && bytes + size[to]! <= bytesMax) bytes += size[to++]!;
  return { to, bytes };
}

function readRun({ table, reader }: TabledTrack, { from, to }: { from: number; to: number }, memory: Uint8Array): BigInt64Array {
  const offsets = new BigInt64Array(to - from + 1);
  let filled = 0;
  for (let packet = from; packet < to; ) {
    const begin = table.start[packet]!;
    let end = begin;
    let at = filled;
    for (; packet < to && table.start[packet] === end; packet++) {
      end += table.size[packet]!;
      at += table.size[packet]!;
      offsets[packet - from + 1] = BigInt(at);
    }
    reader.readInto(memory.subarray(filled, at), begin);
    filled = at;
  }
  return offsets;
}
