import type { CodecConfig, Encoding, FramesBatch, PacketsBatch, PixelFormat, Size } from "./batch.ts";

/** Pictures wanted of one decoder: all at the stream's own size unless told. */
export interface DecodeWant {
  readonly format: PixelFormat;
  readonly size?: Size;
  /** With rgb24: batches of yuv420p with their `toRgb` will do too, where that is how pictures were coded. */
  readonly orPlanes?: true;
  /** Only pictures at these times are converted and delivered. Absent: all. */
  readonly only?: ReadonlySet<bigint>;
  /** Hands each picture over as it comes, valid until it returns; nothing is delivered then. */
  readonly each?: (time: bigint, picture: DecodedPicture) => void;
}

/** One picture in the wanted format and size. It is converted when it is asked for. */
export interface DecodedPicture {
  /** In memory that the next one takes. */
  bytes(): Uint8Array;
  /** Writes it where it is to stand: `into` has exactly its bytes. */
  write(into: Uint8Array): void;
}

/**
 * Decodes one stream of packets. Each picture is decoded once and converted once for every want.
 * Batches are valid until the next pull of the same decoder.
 */
export interface Decoder extends AsyncDisposable {
  /** After `flush`: packets that gave no frame, because they or what they build on are broken. */
  readonly skipped: number;
  /** What converting pictures for `each` took so far, where that is known. */
  readonly convertMs?: number;
  /** `deliver` is called in presentation order with the place of the want; packets may give no frame yet. */
  push(packets: PacketsBatch, deliver: (want: number, frames: FramesBatch) => Promise<void>): Promise<void>;
  /** Delivers what the decoder still holds. */
  flush(deliver: (want: number, frames: FramesBatch) => Promise<void>): Promise<void>;
}

/** Encodes one stream of yuv420p frames. */
export interface Encoder extends AsyncDisposable {
  push(frames: FramesBatch, deliver: (packets: PacketsBatch) => Promise<void>): Promise<void>;
  flush(deliver: (packets: PacketsBatch) => Promise<void>): Promise<void>;
}

/** What decodes and encodes pictures here. Throws a TendonError `missing-tool` that says what to install. */
export interface Codecs {
  decoder(config: CodecConfig, wants: readonly DecodeWant[]): Promise<Decoder>;
  encoder(encoding: Encoding, size: Size, rateHz: number): Promise<Encoder>;
}
