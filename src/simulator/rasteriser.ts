/**
 * Pictures of primitive shapes, without a graphics card: every pixel's ray is asked in closed form which
 * shape it meets first (so outlines are exact), lit by one far light with shadows, and smoothed where two
 * things meet. The same input gives the same bytes on every machine.
 */
import { TendonError } from "../core/errors.ts";
import { boundsOf, openBounds } from "./rasteriserBounds.ts";
import { openFrame, place } from "./rasteriserFrame.ts";
import { Kernel } from "./rasteriserKernel.ts";
import { fillShadowGrid, openShadowGrid } from "./rasteriserShadowGrid.ts";

/**
 * A primitive in the scene. Sizes in metres, with MuJoCo's meaning of `size` for each kind: half sizes; a
 * capsule's and a cylinder's are radius and half length, a plane's 0 is without end. `rgba` 0 to 1, as it
 * looks on a screen; with an alpha of 0 it is left out, otherwise it is opaque.
 */
export interface Shape {
  readonly kind: "plane" | "sphere" | "capsule" | "cylinder" | "box" | "ellipsoid";
  readonly size: readonly [number, number, number];
  readonly rgba: readonly [number, number, number, number];
}

/**
 * Intrinsics in pixels; the picture's origin is top left, x to the right, y down; the centre of pixel
 * (u, v) is at (u + 0.5, v + 0.5).
 */
export interface Camera {
  readonly width: number;
  readonly height: number;
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

/** A camera in the world: its position, metres, and 9 numbers row by row whose columns are its axes x right, y down, z forward. */
export interface CameraPose {
  readonly position: ArrayLike<number>;
  readonly rotation: ArrayLike<number>;
}

export interface Rasteriser {
  /**
   * Draws one picture into `out`, rgb24 `[height, width, 3]`. `poses` has 12 numbers for each shape, its
   * position and its rotation row by row (MuJoCo's `geom_xpos` and `geom_xmat`). Planes are seen from above
   * only, and nothing nearer than 1 cm is drawn: a camera inside a shape looks out of it.
   */
  render(poses: Float64Array, camera: Camera, pose: CameraPose, out: Uint8Array): void;
}

/** The light that falls everywhere: `direction` is where it travels, in the world; `ambient`, 0 to 1, how much of it comes from all round. */
export interface Light {
  readonly direction: readonly [number, number, number];
  readonly ambient: number;
  /** Left out only to measure what shadows cost. */
  readonly shadows?: "none";
}

const DAYLIGHT: Light = { direction: [-0.35, 0.45, -1], ambient: 0.42 };

/** What the kernel can count. */
const SHAPES_MAX = 4096;
const PIXELS_MAX = 1 << 24;

/** Makes pictures of these shapes wherever they stand. Nothing is allocated for a picture but the first of each size. */
export function openRasteriser(shapes: readonly Shape[], light: Light = DAYLIGHT): Rasteriser {
  checkShapes(shapes);
  const frame = openFrame(shapes, light.direction);
  const grid = openShadowGrid(frame.count);
  const bounds = openBounds();
  let kernel: Kernel | undefined;
  return {
    render(poses, camera, pose, out) {
      checkSizes(shapes, poses, camera, out);
      const { width, height } = camera;
      if (kernel?.width !== width || kernel.height !== height) kernel = new Kernel(width, height, frame.count);
      const memory = kernel.take();
      place(frame, poses, pose);
      fillShadowGrid(frame, grid, memory.starts, memory.items);
      memory.records.set(frame.records);
      memory.scene.set(frame.light, 0);
      memory.scene.set(grid.axes, 3);
      memory.scene.set(grid.origin, 9);
      memory.scene.set(grid.perCell, 11);
      memory.scene.set(frame.up, 13);
      memory.scene[16] = 1 / camera.fy;
      memory.scene[17] = light.ambient;
      memory.scene[18] = light.shadows === "none" ? 0 : 1;
      aim(memory.raysX, memory.raysY, camera, 1);
      aim(memory.fineX, memory.fineY, camera, 2);
      kernel.clear();
      for (let shape = 0; shape < frame.count; shape++)
        if (boundsOf(frame, shape, camera, bounds)) kernel.draw(shape, bounds.pixels);
      kernel.develop(out);
    },
  };
}

/** The rays of the centres of pixels, or of each one's `parts` by `parts`. */
function aim(x: Float32Array, y: Float32Array, { fx, fy, cx, cy }: Camera, parts: number): void {
  for (let column = 0; column < x.length; column++) x[column] = ((column + 0.5) / parts - cx) / fx;
  for (let row = 0; row < y.length; row++) y[row] = ((row + 0.5) / parts - cy) / fy;
}

function checkShapes(shapes: readonly Shape[]): void {
  shapes.forEach(checkShape);
  if (shapes.length > SHAPES_MAX)
    throw new TendonError("internal", `${shapes.length} shapes: at most ${SHAPES_MAX} can be drawn`);
}

function checkShape({ kind, size }: Shape, index: number): void {
  const needed = { plane: 0, sphere: 1, capsule: 2, cylinder: 2, box: 3, ellipsoid: 3 }[kind];
  if (size.every((value, at) => Number.isFinite(value) && (at >= needed || value > 0))) return;
  const message = `shape ${index}, a ${kind}, has the size ${size.join(" ")}: the first ${needed} must be above 0`;
  throw new TendonError("internal", message);
}

function checkSizes(shapes: readonly Shape[], poses: Float64Array, { width, height }: Camera, out: Uint8Array): void {
  const drawable = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!drawable || width * height > PIXELS_MAX)
    throw new TendonError("internal", `a picture of ${width} × ${height} pixels: 1 to ${PIXELS_MAX} in all can be drawn`);
  if (poses.length === 12 * shapes.length && out.length === 3 * width * height) return;
  const message =
    `${poses.length} numbers of poses for ${shapes.length} shapes, ${out.length} bytes for ` +
    `${width} × ${height} pixels: 12 for each shape and 3 for each pixel are needed`;
  throw new TendonError("internal", message);
}
