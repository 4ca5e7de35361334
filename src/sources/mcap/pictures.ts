import type { CodecConfig } from "../../core/batch.ts";
import type { VideoInfo } from "../../core/feature.ts";
import { toAccessUnit } from "../../formats/video/h264.ts";
import { follow } from "./column.ts";
import { jpegSize, pngSize } from "./imageSize.ts";
import { rawPicture } from "./rawPicture.ts";
import type { Refusal } from "./refusal.ts";
import { spsInfo } from "./sps.ts";

/** The message types that carry one picture each. */
const PICTURES: ReadonlySet<string> = new Set([
  "sensor_msgs/CompressedImage",
  "foxglove.CompressedImage",
  "foxglove.CompressedVideo",
]);
const RAW_PICTURES: ReadonlySet<string> = new Set(["sensor_msgs/Image", "foxglove.RawImage"]);

export function isPictureType(type: string): boolean {
  return PICTURES.has(type) || RAW_PICTURES.has(type);
}

/** Pictures that no codec made smaller. */
export function isRawPictureType(type: string): boolean {
  return RAW_PICTURES.has(type);
}

/** One message as a coded picture. */
export interface Picture {
  /** The packet: for H.264 with lengths before its units, as mp4 keeps it. */
  readonly packet: Uint8Array;
  readonly key: boolean;
  /** Absent where only an earlier picture tells it, as for an H.264 picture without parameter sets. */
  readonly config?: CodecConfig & { readonly depth?: boolean };
}

/** The coded picture in a message, or why it cannot be used. */
export function pictureOf(type: string, message: unknown): Picture | Refusal {
  const data = dataOf(message);
  if (!data || data.length === 0) return { refused: "the message holds no picture" };
  if (RAW_PICTURES.has(type)) {
    const [width, height, step] = ["width", "height", "step"].map((name) => Number(follow(message, [name])));
    const bigEndian = Number(follow(message, ["is_bigendian"]) ?? 0) === 1;
    return rawPicture({ encoding: textAt(message, "encoding"), width: width!, height: height!, step: step!, bigEndian, data });
  }
  const format = textAt(message, "format");
  if (format.includes("compressedDepth"))
    return { refused: `its pictures are "${format}": depth behind a ROS header of its own, which is not read yet` };
  return jpeg(data) ?? png(data) ?? coded(data, format.toLowerCase());
}

export function videoInfo(config: CodecConfig & { readonly depth?: boolean }): VideoInfo {
  const { codec, width, height, pixelFormat, depth } = config;
  return { codec, width, height, ...(pixelFormat && { pixelFormat }), ...(depth && { depth }) };
}

function textAt(message: unknown, name: string): string {
  const value = follow(message, [name]);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** JSON carries bytes as base64. */
function dataOf(message: unknown): Uint8Array | undefined {
  const data = follow(message, ["data"]);
  if (data instanceof Uint8Array) return data;
  return typeof data === "string" ? Buffer.from(data, "base64") : undefined;
}

function jpeg(data: Uint8Array): Picture | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) return undefined;
  const size = jpegSize(data);
  return size && { packet: data, key: true, config: { codec: "mjpeg", ...size } };
}

function png(data: Uint8Array): Picture | undefined {
  const size = pngSize(data);
  if (!size) return undefined;
  const { width, height, depth } = size;
  return { packet: data, key: true, config: { codec: "png", width, height, ...(depth && { pixelFormat: "gray16be", depth }) } };
}

function coded(data: Uint8Array, format: string): Picture | Refusal {
  if (format === "h264") return h264(data);
  const shown = [...data.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { refused: `its pictures are "${format}" and begin with ${shown}; known are JPEG, PNG and H.264` };
}

/** An Annex B access unit; only those that bring their parameter sets tell the configuration. */
function h264(data: Uint8Array): Picture | Refusal {
  const unit = toAccessUnit(data);
  if (unit.sample.length === 0) return { refused: "the message holds no H.264 picture" };
  if (!unit.description) return { packet: unit.sample, key: false };
  const sps = spsInfo(unit.description);
  if (!sps) return { refused: "its H.264 is not 8-bit 4:2:0, or its parameter set cannot be read" };
  const config = { codec: "h264", pixelFormat: "yuv420p", ...sps, description: unit.description };
  return { packet: unit.sample, key: unit.key, config };
}
