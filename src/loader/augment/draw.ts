import type { Look } from "../numberLane.ts";
import { type Key, keyOf, mix } from "../order/key.ts";

/** How samples are changed at random. What is absent is left as it is. */
export interface Augmentation {
  /** The share of samples that are flipped, 0 to 1. */
  readonly flip?: number;
  /** How much larger pictures come than they leave, in pixels: the part that is kept begins anywhere within. */
  readonly crop?: { readonly height: number; readonly width: number };
  /** The farthest that a colour is changed: brightness, contrast and saturation by a factor of 1 ± this, hue by ± turns. */
  readonly color?: {
    readonly brightness?: number;
    readonly contrast?: number;
    readonly saturation?: number;
    readonly hue?: number;
  };
}

/** Among the levels of keys of the order: numbers are part of the algorithm and never change meaning. */
const LOOK_LEVEL = 4;

/** Which number of a sample is drawn for what. They never change meaning either. */
const DRAW = { flip: 0, y: 1, x: 2, brightness: 3, contrast: 4, saturation: 5, hue: 6 } as const;

/**
 * What is done to the sample at a position of an epoch. It follows from the order's root key, the epoch and the
 * position alone, so it is the same on any rank and after any resumption (docs/loader-augment.md).
 */
export function drawLook(root: Key, at: { readonly epoch: number; readonly position: number }, wanted: Augmentation): Look {
  const key = keyOf(root, { level: LOOK_LEVEL, epoch: at.epoch, group: at.position });
  const draw = (number: number) => (mix(key.a ^ mix((key.b + Math.imul(number + 1, 0x9e3779b9)) | 0)) >>> 0) / 2 ** 32;
  const { flip = 0, crop, color } = wanted;
  const around = (middle: number, most: number | undefined, number: number) =>
    most ? middle + (2 * draw(number) - 1) * most : middle;
  return {
    flip: draw(DRAW.flip) < flip,
    crop: {
      y: crop ? Math.floor(draw(DRAW.y) * (crop.height + 1)) : 0,
      x: crop ? Math.floor(draw(DRAW.x) * (crop.width + 1)) : 0,
    },
    ...(color && {
      color: {
        brightness: around(1, color.brightness, DRAW.brightness),
        contrast: around(1, color.contrast, DRAW.contrast),
        saturation: around(1, color.saturation, DRAW.saturation),
        hue: around(0, color.hue, DRAW.hue),
      },
    }),
  };
}
