import type { CodecConfig } from "../../../core/batch.ts";

/** Codecs that torchcodec, PyAV and decord all decode in mp4. */
const CODECS = new Set(["h264", "hevc", "av1"]);
const FORMATS = new Set(["yuv420p", "yuvj420p"]);

/** Why loaders would not read these coded pictures; undefined where they do. */
export function unreadable(config: CodecConfig): string | undefined {
  if (!CODECS.has(config.codec)) return `loaders do not read ${config.codec} (h264, hevc and av1 they do)`;
  const format = pixelFormatOf(config);
  if (format === undefined) return `the pixel format of its ${config.codec} is not told`;
  if (!FORMATS.has(format)) return `loaders want yuv420p, its pixels are ${format}`;
  return undefined;
}

/** FFmpeg's name of the pixel format, from the decoder's configuration where the container does not say. */
export function pixelFormatOf(config: CodecConfig): string | undefined {
  if (config.pixelFormat !== undefined) return config.pixelFormat;
  const description = config.description;
  if (description === undefined) return undefined;
  if (config.codec === "h264") return h264Format(description);
  if (config.codec === "hevc") return hevcFormat(description);
  if (config.codec === "av1") return av1Format(description);
  return undefined;
}

/** avcC (ISO/IEC 14496-15, 5.3.3.1): profiles up to High have 8 bits and 4:2:0. */
function h264Format(avcC: Uint8Array): string | undefined {
  const profile = avcC[1];
  if (profile === 66 || profile === 77 || profile === 88 || profile === 100) return "yuv420p";
  if (profile === 110) return "yuv420p10le";
  if (profile === 122) return "yuv422p10le";
  return undefined;
}

/** hvcC (ISO/IEC 14496-15, 8.3.3.1): chroma format in byte 16, bits of luma less 8 in byte 17. */
function hevcFormat(hvcC: Uint8Array): string | undefined {
  if (hvcC.length < 19) return undefined;
  return named(hvcC[16]! & 3, 8 + (hvcC[17]! & 7));
}

/** av1C (AV1 in ISOBMFF, 2.3): the third byte tells depth, monochrome and subsampling. */
function av1Format(av1C: Uint8Array): string | undefined {
  if (av1C.length < 3) return undefined;
  const flags = av1C[2]!;
  const bits = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
  if (flags & 0x10) return named(0, bits);
  const [across, down] = [(flags >> 3) & 1, (flags >> 2) & 1];
  return named(across ? (down ? 1 : 2) : 3, bits);
}

function named(chroma: number, bits: number): string {
  const base = ["gray", "yuv420p", "yuv422p", "yuv444p"][chroma]!;
  return bits === 8 ? base : `${base}${bits}le`;
}
