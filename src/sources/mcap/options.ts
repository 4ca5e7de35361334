import { z } from "zod";
import { unfingerprinted } from "../../core/plugin.ts";
import { MCAP_LIMITS, type McapLimits } from "../../formats/mcap/limits.ts";

export const mcapOptions = z.strictObject({
  path: unfingerprinted(
    z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe(
        "A file, a folder (searched for *.mcap, with its subfolders), a glob such as recordings/*.mcap, or a list of these",
      ),
  ),
  streams: z
    .record(z.string(), z.union([z.string().min(1), z.literal(false)]))
    .default({})
    .describe(
      "Names by topic, such as /head/image: observation.images.head. A topic of several streams takes it as their beginning; false leaves the topic out",
    ),
  time: z
    .enum(["auto", "header", "log", "publish"])
    .default("auto")
    .describe(
      "Which of a message's times counts: auto (its header's, unless that clock is over a minute away from the recorder's), header, log (when it was recorded) or publish",
    ),
  robot: z.string().min(1).optional().describe("The robot's name; default the one in the file's metadata, else robot"),
  task: z.string().min(1).optional().describe("The instruction; default the one in the file's metadata"),
  join: z
    .enum(["rosbag2", "numbered", "none"])
    .default("rosbag2")
    .describe(
      "Which files are parts of one recording: rosbag2 (those that metadata.yaml lists, or bag/bag_0.mcap, bag/bag_1.mcap, ...), numbered (any x_0.mcap, x_1.mcap, ... of a folder) or none",
    ),
  limits: unfingerprinted(
    z
      .strictObject({
        chunkBytesMax: limit("Bytes of one chunk or record, packed or unpacked", MCAP_LIMITS.chunkBytesMax),
        summaryBytesMax: limit("Bytes of a file's index", MCAP_LIMITS.summaryBytesMax),
        detailBytesMax: limit("Bytes of one schema, metadata or attachment that is read", MCAP_LIMITS.detailBytesMax),
        cacheBytesMax: limit("Bytes of unpacked chunks held at once", MCAP_LIMITS.cacheBytesMax),
        channelsMax: limit("Channels of one file", MCAP_LIMITS.channelsMax),
        messagesMax: limit("Messages of one recording; each costs 16 bytes of memory", MCAP_LIMITS.messagesMax),
      })
      .prefault({})
      .describe("How much of a hostile file is believed"),
  ),
});

export type McapOptions = z.output<typeof mcapOptions> & { readonly limits: McapLimits };

function limit(about: string, standard: number) {
  return z.number().int().positive().default(standard).describe(about);
}
