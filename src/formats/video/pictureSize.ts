import { type CodecConfig, type Encoding, type FramesBatch, frameBytes, type Size } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";

/** More than any camera gives: a header that claims more would only fill the memory. */
export const PIXELS_MAX = 16_384 * 16_384;

/** Refuses sizes that no decoder should be given. */
export function checkSize({ codec, width, height }: CodecConfig): void {
  if (width > 0 && height > 0 && width * height <= PIXELS_MAX) return;
  throw new TendonError("bad-data", `${codec} pictures of ${width}×${height} cannot be decoded (1 to ${PIXELS_MAX} pixels can)`);
}

/** Refuses pictures whose size is not the one that the stream was announced with. */
export function checkPicture(config: CodecConfig, got: Size, time: bigint): void {
  if (got.width === config.width && got.height === config.height) return;
  const sizes = `${got.width}×${got.height} where the stream says ${config.width}×${config.height}`;
  throw new TendonError("bad-data", `the picture at ${time} ns is ${sizes}; one stream holds one size`);
}

/** Refuses sizes that a 4:2:0 encoder does not take. */
export function checkEncodable({ codec }: Encoding, { width, height }: Size): void {
  if (width > 0 && height > 0 && width % 2 === 0 && height % 2 === 0 && width * height <= PIXELS_MAX) return;
  throw new TendonError(
    "bad-data",
    `${width}×${height} pixels cannot be encoded as ${codec} with yuv420p, which takes even sizes; a resize stage before can make it so`,
  );
}

/** When packets went in and not one picture came out. */
export function nothingDecoded(config: CodecConfig, packets: number): TendonError {
  const what = `none of ${packets} packets decodes as ${config.codec}`;
  return new TendonError("bad-data", `${what}: the stream is broken, or holds another codec than it says`);
}

/** Refuses frames that are not what the encoder was opened for. */
export function checkFrames(frames: FramesBatch, size: Size): void {
  const { format, width, height, stride } = frames;
  if (format === "yuv420p" && width === size.width && height === size.height && stride === frameBytes(format, size)) return;
  const [given, wanted] = [`${format} ${width}×${height}`, `yuv420p ${size.width}×${size.height}`];
  throw new TendonError("internal", `the encoder was given ${given} frames, it was opened for ${wanted}`);
}
