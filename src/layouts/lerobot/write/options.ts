import { z } from "zod";
import type { Encoding } from "../../../core/batch.ts";

/** How a view takes its pictures. The same defaults in every sink, so that they share one encoder. */
export const VIDEO_OPTIONS = {
  video: z
    .enum(["auto", "copy", "encode"])
    .default("auto")
    .describe(
      "`copy`: coded pictures as they are, or the episode is dropped; `encode`: always anew; `auto`: copied wherever they can be",
    ),
  encoding: z
    .strictObject({
      codec: z.enum(["h264", "av1"]).default("h264").describe("Codec of pictures that are encoded"),
      group: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe("Frames from one key frame to the next: low is fast to read at random, high is small"),
      quality: z
        .number()
        .int()
        .min(0)
        .max(63)
        .optional()
        .describe("Constant rate factor: 0 is best; up to 51 for h264 (23 unless told), 63 for av1 (30 unless told)"),
    })
    .prefault({})
    .describe("How pictures are encoded where they are not copied"),
  imageStatistics: z
    .enum(["sampled", "exact", "none"])
    .default("sampled")
    .describe(
      "Statistics of pictures: `sampled` frames and pixels as LeRobot takes them, or those that the source carried; `exact` of every pixel; `none`",
    ),
};

export type VideoOptions = z.output<z.ZodObject<typeof VIDEO_OPTIONS>>;

/** The encoding that the options ask for. */
export function encodingOf({ encoding }: Pick<VideoOptions, "encoding">): Encoding {
  const quality = encoding.quality ?? (encoding.codec === "h264" ? 23 : 30);
  return { codec: encoding.codec, pixelFormat: "yuv420p", group: encoding.group, quality };
}
