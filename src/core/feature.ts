/**
 * What a sample is made of. `text` is UTF-8 of any length, `bytes` an opaque message, `video` a
 * coded picture. A list of any length is a shape with one `"any"`.
 */
export type Dtype =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "text"
  | "bytes"
  | "video";

/** Dtypes whose samples stand in a typed array. */
export type NumberDtype = Exclude<Dtype, "text" | "bytes" | "video">;

/** What is known of coded pictures before any is decoded. */
export interface VideoInfo {
  /** FFmpeg's name: `h264`, `av1`, `hevc`, `mjpeg`, `png`, `mpeg4`, `vp9`, `rawvideo`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** FFmpeg's name, such as `yuv420p`; absent where only decoding would tell. */
  readonly pixelFormat?: string;
  readonly depth?: boolean;
}

/** One stream of an episode: what each sample is. */
export interface Feature {
  readonly dtype: Dtype;
  /** Of one sample: `[]` for a scalar, `[7]` for joints, `[height, width, channel]` for video. */
  readonly shape: readonly (number | "any")[];
  /** SI, as `rad`, `m`, `rad/s`. */
  readonly unit?: string;
  /** One name for each number of a one-dimensional sample. */
  readonly names?: readonly string[];
  /** Missing in some episodes: masked there. A missing required one drops the episode. */
  readonly optional?: boolean;
  readonly video?: VideoInfo;
  /** Nominal rate; the true times are in the episode. */
  readonly rateHz?: number;
}

/** The rows that a trainer reads: these streams have one sample a row, at the same times. */
export interface Grid {
  readonly rateHz: number;
  readonly streams: readonly string[];
  /** The camera whose frames are the rows, where there is one. */
  readonly camera?: string;
}

/** What every episode of one robot and layout has. */
export interface EpisodeSchema {
  /** Unique in its source: a Partition names it. */
  readonly key: string;
  /** The robot, as it names a folder: `g1`, `franka`. */
  readonly embodiment: string;
  readonly features: { readonly [stream: string]: Feature };
  /** Present once rows are aligned; sinks ask for it. */
  readonly grid?: Grid;
  /** How the columns of `observation.state` and `action` group into parts of the body, where a source or `assemble` knows. */
  readonly groups?: { readonly [stream: string]: readonly JointGroup[] };
}

/** Columns `start` to `end` (half-open) of a vector stream, as one part of the robot. */
export interface JointGroup {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** GR00T's optional fields, kept as they came: `rotation_type`, `absolute`, `dtype`, `range`. */
  readonly details?: { readonly [key: string]: string | number | boolean | readonly number[] };
}

/** The count of numbers in one sample; 1 for a scalar. */
export function width(feature: Feature): number {
  let count = 1;
  for (const size of feature.shape) {
    if (size === "any") throw new TypeError("a list of any length has no width");
    count *= size;
  }
  return count;
}

/** A stream that commands the robot: `action` and everything below it. */
export function isAction(stream: string): boolean {
  return stream === "action" || stream.startsWith("action.");
}
