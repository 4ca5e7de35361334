/**
 * Linear light from what was met: Lambert's and a little of Blinn's for the sun, a sky and a ground that
 * light from all round, and a weak lamp on the camera, so that what lies in shadow keeps its form.
 */
import { AXIS_X, AXIS_Y, CENTRE, type Frame, PLANE, STRIDE } from "./rasteriserFrame.ts";
import type { Samples } from "./rasteriserSurface.ts";

/** Linear red, green and blue. */
const ZENITH = [0.22, 0.36, 0.58] as const;
const HORIZON = [0.72, 0.78, 0.84] as const;
const SUN = [1.06, 1.0, 0.9] as const;
const FROM_SKY = [0.94, 1.0, 1.1] as const;
const FROM_GROUND = [0.5, 0.46, 0.42] as const;

const CAMERA_LAMP = 0.1;
const GLOSS = 0.16;

/** Edge of a plane's squares, metres, and how much darker every second one is. */
const SQUARE = 0.25;
const DARKER = 0.36;

/** Planes are half hidden by haze at this distance, metres. */
const HAZE = 14;

/** Bits of `Samples.key` below the shape. */
const SIDE_BITS = 3;
const LIT_BIT = 1 << SIDE_BITS;
const SQUARE_BIT = 2 << SIDE_BITS;
const SHAPE_BIT = 4 << SIDE_BITS;

/** Fills colours, and completes `key`: two samples with one key have nothing between them that could look jagged. */
export function colour(frame: Frame, ambient: number, pixelSlope: number, samples: Samples): void {
  const { albedo, kinds, up } = frame;
  const [lx, ly, lz] = [frame.light[0]!, frame.light[1]!, frame.light[2]!];
  const [ux, uy, uz] = [up[0]!, up[1]!, up[2]!];
  const { count, x, y, id, nx, ny, nz, lit, key, red, green, blue } = samples;
  for (let index = 0; index < count; index++) {
    const shape = id[index]!;
    const [dx, dy] = [x[index]!, y[index]!];
    const perLength = 1 / Math.sqrt(dx * dx + dy * dy + 1);
    if (shape < 0) {
      sky((dx * ux + dy * uy + uz) * perLength, index, samples);
      continue;
    }
    const [ax, ay, az] = [nx[index]!, ny[index]!, nz[index]!];
    // Towards the camera.
    const [vx, vy, vz] = [-dx * perLength, -dy * perLength, -perLength];
    const facing = Math.max(0, ax * vx + ay * vy + az * vz);
    const above = 0.5 + 0.5 * (ax * ux + ay * uy + az * uz);
    const lamp = CAMERA_LAMP * facing;
    let sun = 0;
    let gloss = 0;
    if (lit[index] === 1) {
      sun = (1 - ambient) * (ax * lx + ay * ly + az * lz);
      const half = ax * (lx + vx) + ay * (ly + vy) + az * (lz + vz);
      const square = (half * half) / (2.0001 + 2 * (lx * vx + ly * vy + lz * vz));
      const fourth = square * square * square * square;
      gloss = GLOSS * (1 - ambient) * fourth * fourth * fourth;
    }
    const at = 3 * shape;
    const [skyPart, groundPart] = [ambient * above, ambient * (1 - above)];
    red[index] = albedo[at]! * (sun * SUN[0] + skyPart * FROM_SKY[0] + groundPart * FROM_GROUND[0] + lamp) + gloss;
    green[index] = albedo[at + 1]! * (sun * SUN[1] + skyPart * FROM_SKY[1] + groundPart * FROM_GROUND[1] + lamp) + gloss;
    blue[index] = albedo[at + 2]! * (sun * SUN[2] + skyPart * FROM_SKY[2] + groundPart * FROM_GROUND[2] + lamp) + gloss;
    key[index] = key[index]! + shape * SHAPE_BIT + lit[index]! * LIT_BIT;
    if (kinds[shape] === PLANE) floor(frame, shape, facing, perLength, pixelSlope, index, samples);
  }
}

/** Squares on a plane, and haze over what of it is far. `pixelSlope`: what a pixel covers at one metre. */
function floor(
  { records }: Frame,
  shape: number,
  facing: number,
  perLength: number,
  pixelSlope: number,
  index: number,
  { x, y, depth, key, red, green, blue }: Samples,
): void {
  const at = shape * STRIDE;
  const away = depth[index]!;
  const px = away * x[index]! - records[at + CENTRE]!;
  const py = away * y[index]! - records[at + CENTRE + 1]!;
  const pz = away - records[at + CENTRE + 2]!;
  const along = px * records[at + AXIS_X]! + py * records[at + AXIS_X + 1]! + pz * records[at + AXIS_X + 2]!;
  const across = px * records[at + AXIS_Y]! + py * records[at + AXIS_Y + 1]! + pz * records[at + AXIS_Y + 2]!;
  const dark = (Math.floor(along / SQUARE) + Math.floor(across / SQUARE)) & 1;
  // Squares that are hardly wider than a pixel blur into their mean.
  const blur = (away * pixelSlope) / (facing * SQUARE + 1e-9);
  const sharp = 1 / (1 + 6 * blur * blur);
  const shade = 1 - DARKER * (0.5 + (dark - 0.5) * sharp);
  const distance = away / (perLength * HAZE);
  const haze = (distance * distance) / (1 + distance * distance);
  red[index] = red[index]! * shade * (1 - haze) + HORIZON[0] * haze;
  green[index] = green[index]! * shade * (1 - haze) + HORIZON[1] * haze;
  blue[index] = blue[index]! * shade * (1 - haze) + HORIZON[2] * haze;
  if (sharp > 0.3) key[index] = key[index]! + dark * SQUARE_BIT;
}

/** `rise`: the ray's part upwards, -1 to 1. */
function sky(rise: number, index: number, { red, green, blue, key }: Samples): void {
  const high = rise > 0 ? rise * (2 - rise) : 0;
  red[index] = HORIZON[0] + (ZENITH[0] - HORIZON[0]) * high;
  green[index] = HORIZON[1] + (ZENITH[1] - HORIZON[1]) * high;
  blue[index] = HORIZON[2] + (ZENITH[2] - HORIZON[2]) * high;
  key[index] = -1;
}
