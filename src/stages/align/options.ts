import { z } from "zod";

/** How one sample a row is made of a stream. The last six look at a window; the others at one or two samples. */
export const METHODS = ["previous", "next", "nearest", "linear", "slerp", "mean", "min", "max", "sum", "first", "last"] as const;
export type Method = (typeof METHODS)[number];

const TOLERANCE = z.number().nonnegative().max(86_400_000);
const RULE = z.strictObject({
  method: z.enum(METHODS).optional().describe("How a row takes a sample of this stream"),
  toleranceMs: TOLERANCE.optional().describe("How far a sample may lie from its row"),
});

/** What `align` takes. */
export const ALIGN_OPTIONS = z.strictObject({
  camera: z
    .string()
    .min(1)
    .optional()
    .describe("The camera whose frames are the rows. Default: the first named head, ego, top, high or front, else the first"),
  rateHz: z
    .number()
    .positive()
    .min(0.001)
    .max(10_000)
    .optional()
    .describe("Rows at this rate instead, from the main camera's first frame, or from the episode's start without a camera"),
  action: z
    .enum(["next", "held"])
    .default("next")
    .describe("next: the first command at or after the row, as the field trains. held: the newest at or before it"),
  toleranceMs: TOLERANCE.optional().describe(
    "How far a sample may lie from its row. Default: two periods of the slower of stream and rows, at least 100 ms; none for text",
  ),
  gaps: z
    .enum(["cut", "mask", "hold"])
    .default("cut")
    .describe(
      "Rows without a required input. cut: keep the longest run of whole rows, report the rest. mask: mark it missing. hold: the newest sample, however old",
    ),
  streams: z
    .record(z.string().min(1), RULE)
    .default({})
    .describe('Other rules for some streams, by name or pattern: { "imu.*": { method: mean } }'),
  keep: z
    .array(z.string().min(1))
    .max(256)
    .default([])
    .describe("Streams, by name or pattern, that stay beside the rows at their own rate"),
});
export type AlignOptions = z.output<typeof ALIGN_OPTIONS>;
