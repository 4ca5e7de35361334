import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { humanoidScene, lookAt, SQUARE_CAMERA } from "../../test/support/humanoidScene.ts";
import { type Camera, type CameraPose, type Light, openRasteriser, type Shape } from "./rasteriser.ts";

type Kind = Shape["kind"];
type Three = [number, number, number];

const SOLIDS = ["sphere", "capsule", "cylinder", "box", "ellipsoid"] as const;
const SMALL: Camera = { width: 41, height: 38, fx: 50, fy: 46, cx: 20, cy: 19.5 };
const RED = [0.9, 0.1, 0.1, 1] as const;
const BLUE = [0.1, 0.1, 0.9, 1] as const;
const UPRIGHT = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const FLOOR: Shape = { kind: "plane", size: [0, 0, 0], rgba: [0.7, 0.7, 0.7, 1] };
/** Metres by which an outline may be off: somewhat over a pixel, and the steps of `passes`. */
const SLACK = 0.1;

const part = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const SIZE = fc.tuple(part(0.25, 0.7), part(0.25, 0.7), part(0.25, 0.7));
const ROTATION = fc.tuple(part(-1, 1), part(-1, 1), part(-1, 1), part(0.1, 1)).map(fromQuaternion);

describe.each(SOLIDS)("%s", (kind) => {
  it("law: is seen just where rays pass through it", () => {
    fc.assert(
      fc.property(SIZE, ROTATION, fc.tuple(part(-0.5, 0.5), part(-0.5, 0.5), part(2.5, 3.5)), (size, rotation, at) => {
        const picture = draw([{ kind, size, rgba: RED }], [...at, ...rotation], SMALL);
        const wrong = pixelsOf(SMALL).filter((pixel) => {
          const ray = rayOf(pixel, SMALL);
          const isRed = picture[3 * pixel]! > 1.5 * picture[3 * pixel + 2]!;
          return !passes([0, 0, 0], ray, grown(size, isRed ? SLACK : -SLACK), { kind, at, rotation }) === isRed;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it("law: darkens the floor just where it is in the light's way", () => {
    const pose = { position: [0, 0, 6], rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1] };
    fc.assert(
      fc.property(SIZE, ROTATION, part(-0.8, 0.8), part(-0.8, 0.8), (size, rotation, x, y) => {
        const at: Three = [0.2, -0.1, 1.6];
        const shapes = [FLOOR, { kind, size, rgba: RED }] as const;
        const poses = [0, 0, 0, ...UPRIGHT, ...at, ...rotation];
        const light: Light = { direction: [x, y, -1], ambient: 0.4 };
        const picture = draw(shapes, poses, SMALL, { pose, light });
        const without = draw(shapes, poses, SMALL, { pose, light: { ...light, shadows: "none" } });
        const wrong = pixelsOf(SMALL).filter((pixel) => {
          const [rayX, rayY] = rayOf(pixel, SMALL);
          if (passes([0, 0, 6], [rayX, -rayY, -1], grown(size, 2 * SLACK), { kind, at, rotation })) return false;
          const place: Three = [6 * rayX, -6 * rayY, 0];
          const isDark = picture[3 * pixel]! < 0.9 * without[3 * pixel]!;
          const slack = 2 * (isDark ? SLACK : -SLACK);
          return !passes(place, [-x, -y, 1], grown(size, slack), { kind, at, rotation }) === isDark;
        });
        expect(wrong).toEqual([]);
      }),
      // Light so nearly along a box's side that one over its slope has no end in 32 bits.
      { numRuns: 20, examples: [[[0.25, 0.25, 0.25], UPRIGHT, -0.35, -1e-45]] },
    );
  });

  it("is lit from where the light is, and not seen from within", () => {
    const light: Light = { direction: [1, 0, 1], ambient: 0.3 };
    const turned = fromQuaternion([0.2, 0.9, 0.3, 1]);
    const shapes = [{ kind, size: [0.5, 0.5, 0.5], rgba: RED }] as const;
    const lit = draw(shapes, [0, 0, 3, ...turned], SMALL, { light });
    const away = draw(shapes, [0, 0, 3, ...turned], SMALL, { light: { ...light, direction: [-1, 0, -1] } });
    const middle = 3 * (19 * SMALL.width + 20);
    expect(lit[middle]).toBeGreaterThan(1.4 * away[middle]!);
    expect(draw(shapes, [0, 0, 0, ...turned], SMALL)).toEqual(draw([], [], SMALL));
  });
});

describe("a picture", () => {
  it("has the same bytes on every machine", () => {
    const { shapes, poses } = humanoidScene();
    const rasteriser = openRasteriser(shapes);
    const digest = createHash("sha256");
    for (const pose of [lookAt([1.6, 0.9, 1.5], [0.4, 0, 0.8]), lookAt([0.13, 0, 1.385], [0.6, 0, 0.75])]) {
      const picture = new Uint8Array(3 * 256 * 256);
      rasteriser.render(poses, SQUARE_CAMERA, pose, picture);
      digest.update(picture);
    }
    // Another picture is another version of the simulator: what it recorded before cannot be made again.
    expect(digest.digest("hex")).toBe("122e82695d2934a6d06abcd54494e374208875cebb107d5d8e13f9030dda52f8");
  });

  it("shows what is nearest, in whichever order it is given", () => {
    const near = { shape: { kind: "sphere", size: [0.3, 0, 0], rgba: RED } as Shape, pose: [0, 0, 2, ...UPRIGHT] };
    const far = { shape: { kind: "box", size: [0.6, 0.6, 0.6], rgba: BLUE } as Shape, pose: [0, 0, 3, ...UPRIGHT] };
    const [first, second] = [
      [near, far],
      [far, near],
    ].map((order) =>
      draw(
        order.map(({ shape }) => shape),
        order.flatMap(({ pose }) => pose),
        SMALL,
      ),
    );
    expect(first).toEqual(second);
    const middle = 3 * (19 * SMALL.width + 20);
    expect(first![middle]).toBeGreaterThan(2 * first![middle + 2]!);
    expect(first![middle + 36]).toBeLessThan(0.7 * first![middle + 38]!);
  });

  it("shows planes from above only, as far as they reach, and nothing with an alpha of 0", () => {
    const down = { position: [0, 0, 2], rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1] };
    const up = { position: [0, 0, -2], rotation: UPRIGHT };
    const sheet: Shape = { kind: "plane", size: [0.4, 0.2, 0], rgba: RED };
    const poses = [0, 0, 0, ...UPRIGHT];
    const picture = draw([sheet], poses, SMALL, { pose: down });
    const isRed = (column: number, row: number) => {
      const at = 3 * (row * SMALL.width + column);
      return picture[at]! > 1.5 * picture[at + 2]!;
    };
    // 0.4 m at 2 m are 10 columns, 0.2 m are 4.6 rows.
    expect([isRed(20, 19), isRed(28, 19), isRed(32, 19), isRed(20, 22), isRed(20, 26)]).toEqual([true, true, false, true, false]);
    expect(draw([sheet], poses, SMALL, { pose: up })).toEqual(draw([], [], SMALL, { pose: up }));
    const hidden: Shape = { ...sheet, rgba: [1, 0, 0, 0] };
    expect(draw([hidden], poses, SMALL, { pose: down })).toEqual(draw([], [], SMALL, { pose: down }));
  });

  it("does not depend on what was drawn before, by whom and of which size", () => {
    const { shapes, poses } = humanoidScene();
    const pose = lookAt([1.6, 0.9, 1.5], [0.4, 0, 0.8]);
    const alone = draw(shapes, [...poses], SMALL, { pose });
    const rasteriser = openRasteriser(shapes);
    const picture = new Uint8Array(alone.length);
    rasteriser.render(poses, SQUARE_CAMERA, pose, new Uint8Array(3 * 256 * 256));
    draw([{ kind: "box", size: [3, 3, 3], rgba: RED }], [0, 0, 4, ...UPRIGHT], { ...SMALL, width: 700 });
    rasteriser.render(poses, SMALL, pose, picture);
    expect(picture).toEqual(alone);
  });

  it("is refused where its sizes do not fit", () => {
    expect(() => draw([FLOOR], [0, 0, 0], SMALL)).toThrow(/3 numbers of poses for 1 shapes/);
    expect(() => draw([], [], { ...SMALL, width: 0 })).toThrow(/0 × 38 pixels/);
    expect(() => openRasteriser([{ kind: "box", size: [1, 0, 1], rgba: RED }])).toThrow(/shape 0, a box, has the size 1 0 1/);
  });
});

/** Without a pose the camera is at the origin and looks along z. */
function draw(
  shapes: readonly Shape[],
  poses: readonly number[],
  camera: Camera,
  { pose = { position: [0, 0, 0], rotation: UPRIGHT }, light }: { pose?: CameraPose; light?: Light } = {},
): Uint8Array {
  const picture = new Uint8Array(3 * camera.width * camera.height);
  openRasteriser(shapes, light).render(Float64Array.from(poses), camera, pose, picture);
  return picture;
}

function pixelsOf({ width, height }: Camera): number[] {
  return Array.from({ length: width * height }, (_, pixel) => pixel);
}

function rayOf(pixel: number, { width, fx, fy, cx, cy }: Camera): Three {
  return [((pixel % width) + 0.5 - cx) / fx, (Math.floor(pixel / width) + 0.5 - cy) / fy, 1];
}

function grown(size: Three, by: number): Three {
  return [size[0] + by, size[1] + by, size[2] + by];
}

/** Whether a ray goes through a shape: walked in small steps, asking of each point whether it is inside. */
function passes(
  from: Three,
  along: Three,
  size: Three,
  { kind, at, rotation }: { kind: Kind; at: Three; rotation: readonly number[] },
): boolean {
  // The columns of the rotation are the shape's axes.
  const own = (x: number, y: number, z: number) =>
    [0, 1, 2].map((axis) => x * rotation[axis]! + y * rotation[3 + axis]! + z * rotation[6 + axis]!) as Three;
  const [x, y, z] = own(from[0] - at[0], from[1] - at[1], from[2] - at[2]);
  const [dx, dy, dz] = own(...along);
  for (let step = 0; step < 6; step += 0.04) if (isInside(x + step * dx, y + step * dy, z + step * dz, size, kind)) return true;
  return false;
}

function isInside(x: number, y: number, z: number, [a, b, c]: Three, kind: Kind): boolean {
  const beyond = Math.max(0, Math.abs(z) - b);
  switch (kind) {
    case "sphere":
      return Math.hypot(x, y, z) < a;
    case "capsule":
      return Math.hypot(x, y, beyond) < a;
    case "cylinder":
      return Math.hypot(x, y) < a && beyond === 0;
    case "box":
      return Math.abs(x) < a && Math.abs(y) < b && Math.abs(z) < c;
    default:
      return Math.hypot(x / a, y / b, z / c) < 1;
  }
}

function fromQuaternion(quaternion: readonly [number, number, number, number]): number[] {
  const length = Math.hypot(...quaternion);
  const [x, y, z, w] = quaternion.map((value) => value / length) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ].flat();
}
