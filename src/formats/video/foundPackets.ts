import { type EncodedPacket, EncodedPacketSink, type InputVideoTrack } from "mediabunny";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import type { PacketIndex } from "./packetIndex.ts";
import type { BatchLimits } from "./tablePackets.ts";

/** A track whose packets Mediabunny finds. */
export interface FoundTrack {
  readonly track: InputVideoTrack;
  readonly index: PacketIndex;
  readonly config: CodecConfig;
}

/** Packets in decode order, one after another, as Mediabunny finds them. Every batch is read into the same memory. */
export async function* readFoundPackets(
  { track, index, config }: FoundTrack,
  { start, countMax, bytesMax }: BatchLimits,
): AsyncGenerator<PacketsBatch> {
  const sink = new EncodedPacketSink(track);
  const batch = new PacketBuffer(index, config, start);
  for await (const packet of sink.packets(await packetAt(sink, index, start))) {
    if (batch.count > 0 && (batch.count >= countMax || batch.bytes + packet.data.length > bytesMax)) yield batch.take();
    batch.add(packet.data);
  }
  if (batch.count > 0) yield batch.take();
}

/** Mediabunny finds packets by time; a packet's own time finds just it. */
async function packetAt(sink: EncodedPacketSink, index: PacketIndex, place: number): Promise<EncodedPacket | undefined> {
  if (place === 0) return undefined;
  // Half a microsecond on, so that rounding cannot land on the packet before.
  return (await sink.getPacket(Number(index.time[place]! + 500n) / 1e9)) ?? undefined;
}

/** Collects packets; its buffer is used again for every batch. */
class PacketBuffer {
  count = 0;
  bytes = 0;
  /** The packet after the last one added, in decode order. */
  end: number;
  #held = new Uint8Array(1 << 16);
  #offsets: bigint[] = [0n];
  readonly #index: PacketIndex;
  readonly #config: CodecConfig;

  constructor(index: PacketIndex, config: CodecConfig, start: number) {
    this.#index = index;
    this.#config = config;
    this.end = start;
  }

  add(data: Uint8Array): void {
    const size = this.bytes + data.length;
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.bytes));
      this.#held = grown;
    }
    this.#held.set(data, this.bytes);
    this.bytes = size;
    this.count++;
    this.end++;
    this.#offsets.push(BigInt(size));
  }

  take(): PacketsBatch {
    const start = this.end - this.count;
    const batch: PacketsBatch = {
      kind: "packets",
      time: this.#index.time.slice(start, this.end),
      decodeTime: this.#index.decodeTime.slice(start, this.end),
      key: this.#index.key.slice(start, this.end),
      offsets: BigInt64Array.from(this.#offsets),
      bytes: this.#held.subarray(0, this.bytes),
      config: this.#config,
    };
    this.count = 0;
    this.bytes = 0;
    this.#offsets = [0n];
    return batch;
  }
}
