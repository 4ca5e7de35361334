import type { NumberDtype } from "./feature.ts";
import type { Nanoseconds } from "./time.ts";

/** The columns of `rows` batches. `bool` is a Uint8Array of 0 and 1; `float16` a Float16Array. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/**
 * The input times that each sample was made from: `first` alone for a copied sample, `first` and
 * `last` (inclusive) for one made of several. NO_TIME where there was no input.
 */
export interface SourceTimes {
  readonly first: BigInt64Array;
  readonly last?: BigInt64Array;
}

/** Pixel layouts in memory. `yuv420p` is the Y, U and V planes one behind another, each without padding. */
export type PixelFormat = "rgb24" | "gray8" | "gray16" | "yuv420p";

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** What a decoder must know before the first packet. */
export interface CodecConfig {
  /** FFmpeg's name: `h264`, `av1`, `mjpeg`, … */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat?: string;
  /** avcC, hvcC, av1C and the like: the bytes of the container's box, without its header. Absent for mjpeg and png. */
  readonly description?: Uint8Array;
  /** The WebCodecs string, such as `avc1.640028`, where the container gave one. */
  readonly codecString?: string;
  /** ITU-T H.273 names as in WebCodecs (`bt709`, …), where known. */
  readonly color?: {
    readonly primaries?: string;
    readonly transfer?: string;
    readonly matrix?: string;
    readonly fullRange?: boolean;
  };
}

/** How pictures are encoded. Equal encodings share one encoder. */
export interface Encoding {
  readonly codec: "h264" | "av1";
  readonly pixelFormat: "yuv420p";
  /** Frames from one key frame to the next; groups are closed and without B-frames. */
  readonly group: number;
  /** Constant rate factor: 0 (best) to 51 for h264, to 63 for av1. */
  readonly quality: number;
}

interface BatchTimes {
  /** One a sample, ascending; for `packets` the presentation times, in decode order. */
  readonly time: BigInt64Array;
  /** `[sample]` or `[sample, ...shape]`: 0 where a value is missing. Absent where all are there. */
  readonly valid?: Uint8Array;
  readonly from?: SourceTimes;
}

/** `values` is `[sample, ...shape]`, row-major: Arrow's FixedSizeList. */
export type RowsBatch = BatchTimes & { readonly kind: "rows"; readonly values: NumberArray };
/** Sample i is `bytes[offsets[i] .. offsets[i + 1])`; `offsets` has one more entry than `time`. */
export type BytesBatch = BatchTimes & { readonly kind: "bytes"; readonly offsets: BigInt64Array; readonly bytes: Uint8Array };
/** In decode order. `key[i]` is 1 where packet i starts a closed group. */
export type PacketsBatch = BatchTimes & {
  readonly kind: "packets";
  readonly offsets: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly key: Uint8Array;
  readonly decodeTime: BigInt64Array;
  readonly config: CodecConfig;
};
/** Gives the `rgb24` of a picture in `yuv420p`, a multiple of 16 wide and of 2 high: each pixel by the luma and chroma at its place alone. */
export type PlanesToRgb = (planes: Uint8Array, size: Size, into: Uint8Array) => void;
/** Frame i is the bytes from `i * stride`; `stride` is the bytes of one frame. */
export type FramesBatch = BatchTimes & {
  readonly kind: "frames";
  readonly frames: SharedArrayBuffer;
  readonly format: PixelFormat;
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  /** On planes that stand for the rgb24 asked for (`orPlanes`): how they become it. */
  readonly toRgb?: PlanesToRgb;
};

/** Valid until the consumer's next pull; to keep it, copy it. */
export type Batch = RowsBatch | BytesBatch | PacketsBatch | FramesBatch;

/** What a reader asks of one stream. */
export type Want = { readonly stream: string } & (
  | { readonly as: "rows" | "bytes" }
  | { readonly as: "packets"; readonly encoding: "as recorded" | Encoding }
  | {
      readonly as: "frames";
      readonly format: PixelFormat;
      /** Absent: the stream's own. */
      readonly size?: Size;
      /** Only these samples, ascending positions in presentation order (0 is the stream's first). Absent: all. */
      readonly only?: readonly number[];
      /** With rgb24: batches of yuv420p with their `toRgb` will do too, where that is how they were coded. */
      readonly orPlanes?: true;
    }
);

/** A batch, and the place of its want in the list that was asked for. */
export interface Delivery {
  readonly want: number;
  readonly batch: Batch;
}

/** The bytes of one frame. */
export function frameBytes(format: PixelFormat, size: Size): number {
  const pixels = size.height * size.width;
  if (format === "rgb24") return pixels * 3;
  if (format === "gray8") return pixels;
  if (format === "gray16") return pixels * 2;
  return pixels + 2 * Math.ceil(size.height / 2) * Math.ceil(size.width / 2);
}

/** An empty column for `count` numbers of a dtype. */
export function numbers(dtype: NumberDtype, count: number): NumberArray {
  return new ARRAYS[dtype](count);
}

/** The time of a batch's first sample in reading order: packets by decode time. */
export function batchStart(batch: Batch): Nanoseconds {
  const times = batch.kind === "packets" ? batch.decodeTime : batch.time;
  return times[0] ?? 0n;
}

const ARRAYS = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Float16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
