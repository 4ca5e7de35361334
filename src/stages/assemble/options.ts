import { z } from "zod";

/** The robots whose joints are known: a file each in `src/robots`. */
export const ROBOTS = ["g1", "gr1", "aloha", "so101", "franka"] as const;

const PART = z.union([
  z.string().min(1),
  z.strictObject({
    stream: z.string().min(1).describe("A stream of numbers on the rows"),
    joints: z.array(z.string().min(1)).min(1).max(4096).optional().describe("Some of its joints, in this order. Default: all"),
  }),
]);
const PARTS = z.array(PART).min(1).max(1024);
export type AssemblePart = z.output<typeof PART>;

/** What `assemble` takes. */
export const ASSEMBLE_OPTIONS = z.strictObject({
  robot: z.enum(ROBOTS).optional().describe("Joints, their order and their groups as this robot has them"),
  state: PARTS.optional().describe(
    "What `observation.state` is made of, in order: names of streams or joints, or { stream, joints }",
  ),
  action: z
    .union([z.literal("next-state"), PARTS])
    .optional()
    .describe("What `action` is made of. next-state: the state of the next row, also the default where there are no commands"),
  groups: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe("As GR00T's modality.json will name it"),
        joints: z.array(z.string().min(1)).min(1).max(4096).describe("Joints that stand side by side"),
      }),
    )
    .max(256)
    .optional()
    .describe("Parts of the body. Default: those of the robot, or one for each stream that went in"),
  inputs: z
    .enum(["remove", "keep"])
    .default("remove")
    .describe("What becomes of streams that went in whole: their numbers stand in state and action"),
});
export type AssembleOptions = z.output<typeof ASSEMBLE_OPTIONS>;
