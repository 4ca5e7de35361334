import type { BytesBatch, Encoding, PacketsBatch, RowsBatch } from "./batch.ts";
import type { EpisodeId, Facts, StreamStatistics } from "./episode.ts";
import type { EpisodeSchema } from "./feature.ts";
import type { Json } from "./json.ts";
import type { Clock } from "./time.ts";

/** A parked table: streams that share their times, as columns. `key` is the digest of its content. */
export interface ParkedTable {
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  readonly streams: readonly string[];
}

/** A parked packet stream. `key` is the digest of its content. */
export interface ParkedPackets {
  readonly key: string;
  readonly encoding: "as recorded" | Encoding;
  /** Packet count, which is the frame count. */
  readonly samples: number;
  readonly bytes: number;
  /** Equal for streams that one decoder set-up can play one after another. */
  readonly configKey: string;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat?: string;
  readonly keyFrames: number;
  readonly bFrames: boolean;
  readonly carried?: StreamStatistics;
}

/** What an episode left for a sink: tables and packet streams by name, no index or position inside. */
export interface Parked {
  readonly tables: { readonly [name: string]: ParkedTable };
  readonly packets: { readonly [stream: string]: ParkedPackets };
}

/** An episode's part for one sink. `key` is the digest of all of it. */
export interface Part<P extends Json = Json> extends Parked {
  readonly key: string;
  readonly episode: EpisodeId;
  /** What the sink wants to know again when files are laid out, such as statistics. */
  readonly summary: P;
}

/** A part that was kept, with what the decisions added to its facts. */
export interface PlacedPart<P extends Json = Json> {
  readonly part: Part<P>;
  readonly facts: Facts;
  readonly clock: Clock;
  readonly startNs: string;
  readonly endNs: string;
  /** How often the sink writes it: 1 unless a decision said otherwise. */
  readonly copies: number;
  readonly rows: number;
}

/** A sink's view of one embodiment, before and while it is laid out. */
export interface ViewPlan {
  readonly embodiment: string;
  /** The schema after the last stage; where layouts differ in optional streams, their union. */
  readonly schema: EpisodeSchema;
}

/** What a parked table gives back: a column for each stream, batch by batch. */
export type TableChunk = ReadonlyMap<string, RowsBatch | BytesBatch>;

/** Reads what was parked. */
export interface PartReader {
  table(key: string): AsyncIterable<TableChunk>;
  /** A batch is valid until the next pull. */
  packets(key: string): AsyncIterable<PacketsBatch>;
  /** The same batches without the coded pictures themselves, for who must know all their times and sizes first. */
  packetTimes(key: string): AsyncIterable<Omit<PacketsBatch, "bytes">>;
}
