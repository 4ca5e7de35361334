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
/** The same, checked and with defaults. */
export type Augment = z.output<typeof AUGMENT>;

/** How one dataset's samples are flipped. */
export interface Mirrors {
  /** How each stream of numbers is mirrored. */
  readonly streams: ReadonlyMap<string, MirrorMap>;
  /** Whose picture each camera shows when a sample is flipped. */
  readonly cameras: ReadonlyMap<string, string>;
}

export const NO_MIRRORS: Mirrors = { streams: new Map(), cameras: new Map() };

export function parseAugment(options: AugmentOptions): Augment {
  const parsed = AUGMENT.safeParse(options);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${["augment", ...path].join(".")}: ${message}`);
  throw new TendonError("bad-pipeline", lines.join("; "));
}

/** How much larger pictures that are handed over in a size are decoded. */
export function cropOf({ crop }: Augment, size: Size): Size {
  const larger = cropSize(crop, size);
  return { height: larger.height - size.height, width: larger.width - size.width };
}

/** What is drawn for each sample, where pictures are decoded larger by `more`. */
export function drawnOf({ crop, flip, color }: Augment, more: Size): Augmentation {
  return {
    ...(crop !== undefined && { crop: more }),
    ...(flip && { flip: flip.share }),
    ...(color && { color: defined(color) }),
  };
}

/** The mirror image of what is loaded of a dataset; cameras take each other's place whether they are loaded or not. */
export function mirrorsOf(
  { flip }: Augment,
  { features, streams }: { readonly features: { readonly [stream: string]: Feature }; readonly streams: readonly string[] },
): Mirrors {
  if (!flip) return NO_MIRRORS;
  const turned = streams.filter((stream) => !flip.same.includes(stream));
  const cameras = Object.keys(features).filter((stream) => features[stream]!.dtype === "video");
  return {
    streams: new Map(turned.map((stream) => [stream, mirrorOf(flip.robot, { stream, names: features[stream]?.names })])),
    cameras: mirrorCameras(cameras),
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

/** Without the names that nothing was said of. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
