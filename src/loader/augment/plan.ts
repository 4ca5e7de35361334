import { z } from "zod";
import type { Size } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import type { Feature } from "../../core/feature.ts";
import { ROBOTS } from "../../stages/assemble/options.ts";
import type { MirrorMap } from "../numberLane.ts";
import type { Augmentation } from "./draw.ts";
import { mirrorCameras, mirrorOf } from "./mirror.ts";

const SHARE = z.number().min(0).max(1);

/** The option `augment` of a loader. */
const AUGMENT = z.strictObject({
  crop: z
    .union([z.number().gt(0).lt(1), z.strictObject({ height: z.number().int().min(1), width: z.number().int().min(1) })])
    .optional()
    .describe(
      "The size that pictures are decoded in, of which each sample keeps another part; or the share of each side that is kept: 0.95",
    ),
  flip: z
    .strictObject({
      robot: z.enum(ROBOTS).describe("Whose mirror image it is"),
      share: SHARE.default(0.5).describe("Of samples"),
      same: z.array(z.string()).default([]).describe("Streams of numbers that are no joints and stay as they are"),
    })
    .optional()
    .describe("Left and right change places: in pictures, between cameras, in joints and in instructions"),
  color: z
    .strictObject({
      brightness: SHARE.optional(),
      contrast: SHARE.optional(),
      saturation: SHARE.optional(),
      hue: z.number().min(0).max(0.5).optional(),
    })
    .optional()
    .describe("The farthest that colours are changed: by a factor of 1 ± this, the hue by ± turns"),
});
export type AugmentOptions = z.input<typeof AUGMENT>;

/** What augmentation means for one dataset and size. */
export interface AugmentationPlan {
  readonly augmentation: Augmentation;
  /** The size that pictures are decoded in; what is handed over is a part of it. */
  readonly decodeSize: Size;
  /** How each stream of numbers is mirrored. */
  readonly mirrors: ReadonlyMap<string, MirrorMap>;
  /** Whose picture each camera shows when a sample is flipped. */
  readonly cameras: ReadonlyMap<string, string>;
}

/** Checks the options against what is loaded. `size` is that of the pictures as they are handed over. */
export function planAugmentation(
  options: AugmentOptions,
  loaded: { readonly features: { readonly [stream: string]: Feature }; readonly streams: readonly string[]; readonly size: Size },
): AugmentationPlan {
  const parsed = AUGMENT.safeParse(options);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `${["augment", ...path].join(".")}: ${message}`);
    throw new TendonError("bad-pipeline", lines.join("; "));
  }
  const { crop, flip, color } = parsed.data;
  const decodeSize = cropSize(crop, loaded.size);
  const more = { height: decodeSize.height - loaded.size.height, width: decodeSize.width - loaded.size.width };
  const cameras = loaded.streams.filter((stream) => loaded.features[stream]?.dtype === "video");
  return {
    augmentation: {
      ...(crop !== undefined && { crop: more }),
      ...(flip && { flip: flip.share }),
      ...(color && { color: defined(color) }),
    },
    decodeSize,
    cameras: flip ? mirrorCameras(cameras) : new Map(),
    mirrors: flip ? mirrorsOf(flip, loaded) : new Map(),
  };
}

function cropSize(crop: number | Size | undefined, size: Size): Size {
  if (crop === undefined) return size;
  const larger =
    typeof crop === "number" ? { height: Math.round(size.height / crop), width: Math.round(size.width / crop) } : crop;
  if (larger.height >= size.height && larger.width >= size.width) return larger;
  const message = `pictures of ${larger.height} × ${larger.width} are too small for parts of ${size.height} × ${size.width}`;
  throw new TendonError("bad-pipeline", message, { place: { path: "augment.crop" } });
}

function mirrorsOf(
  { robot, same }: { readonly robot: (typeof ROBOTS)[number]; readonly same: readonly string[] },
  { features, streams }: { readonly features: { readonly [stream: string]: Feature }; readonly streams: readonly string[] },
): Map<string, MirrorMap> {
  const numbers = streams.filter((stream) => !["video", "text", "bytes"].includes(features[stream]?.dtype ?? "text"));
  const turned = numbers.filter((stream) => !same.includes(stream));
  return new Map(turned.map((stream) => [stream, mirrorOf(robot, { stream, names: features[stream]!.names })]));
}

/** Without the names that nothing was said of. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
