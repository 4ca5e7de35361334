/**
 * Pictures of primitive shapes, without a graphics card: every pixel's ray is asked in closed form which
 * shape it meets first (so outlines are exact), lit by one far light with shadows, and smoothed where two
 * things meet. The same input gives the same bytes on every machine.
 */
import { TendonError } from "../core/errors.ts";
import { type Bounds, boundsOf, openBounds } from "./rasteriserBounds.ts";
import { cast, SKY, type Span } from "./rasteriserCast.ts";
import { colour } from "./rasteriserColour.ts";
import { castEdges, type Edges, openEdges } from "./rasteriserEdges.ts";
import { type Frame, openFrame, place } from "./rasteriserFrame.ts";
import { fillShadowGrid, openShadowGrid, type ShadowGrid, shadow } from "./rasteriserShadow.ts";
import { openSamples, type Samples, surface } from "./rasteriserSurface.ts";

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

/** Steps of light for which the screen's value is looked up. */
const LIGHT_STEPS = 1 << 14;
const SCREEN = Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, step) => Math.floor(255 * Math.sqrt(step / LIGHT_STEPS) + 0.5));

/** Memory for pictures of one size. */
interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly rays: Span;
  readonly key: Int32Array;
  readonly samples: Samples;
  readonly edges: Edges;
}

/** Makes pictures of these shapes wherever they stand. Nothing is allocated for a picture but the first of each size. */
export function openRasteriser(shapes: readonly Shape[], light: Light = DAYLIGHT): Rasteriser {
  shapes.forEach(checkShape);
  const frame = openFrame(shapes, light.direction);
  const grid = openShadowGrid(frame.count);
  const bounds = openBounds();
  let canvas: Canvas | undefined;
  return {
    render(poses, camera, pose, out) {
      checkSizes(shapes, poses, camera, out);
      if (canvas?.width !== camera.width || canvas.height !== camera.height) canvas = openCanvas(camera, frame.count);
      aim(camera, canvas);
      place(frame, poses, pose);
      castAll(frame, camera, canvas.rays, bounds);
      if (light.shadows !== "none") fillShadowGrid(frame, grid);
      const paint = { frame, grid, light, pixelSlope: 1 / camera.fy };
      drawPixels(paint, canvas, out);
      smoothEdges(paint, canvas, out);
    },
  };
}

interface Paint {
  readonly frame: Frame;
  readonly grid: ShadowGrid;
  readonly light: Light;
  readonly pixelSlope: number;
}

function castAll(frame: Frame, camera: Camera, rays: Span, bounds: Bounds): void {
  rays.depth.fill(Infinity);
  rays.id.fill(SKY);
  const { pixels } = bounds;
  for (let shape = 0; shape < frame.count; shape++) {
    if (!boundsOf(frame, shape, camera, bounds)) continue;
    rays.from = pixels[0]!;
    rays.to = pixels[1]!;
    for (let row = pixels[2]!; row < pixels[3]!; row++) {
      rays.row = row;
      rays.base = row * camera.width;
      cast(frame, shape, rays);
    }
  }
}

function drawPixels(paint: Paint, { width, height, rays, key, samples }: Canvas, out: Uint8Array): void {
  for (let row = 0; row < height; row++) {
    const start = row * width;
    for (let column = 0; column < width; column++) {
      samples.x[column] = rays.x[column]!;
      samples.y[column] = rays.y[row]!;
      samples.depth[column] = rays.depth[start + column]!;
      samples.id[column] = rays.id[start + column]!;
    }
    samples.count = width;
    shade(paint, samples);
    const { red, green, blue } = samples;
    for (let column = 0; column < width; column++) {
      key[start + column] = samples.key[column]!;
      const to = 3 * (start + column);
      out[to] = onScreen(red[column]!);
      out[to + 1] = onScreen(green[column]!);
      out[to + 2] = onScreen(blue[column]!);
    }
  }
}

function smoothEdges(paint: Paint, { width, height, rays, key, samples, edges }: Canvas, out: Uint8Array): void {
  const seen = { width, height, id: rays.id, key };
  const { red, green, blue } = samples;
  for (let row = 0; row < height; row++) {
    castEdges(paint.frame, seen, row, edges, samples);
    shade(paint, samples);
    for (let index = 0; index < edges.count; index++) {
      const from = 4 * index;
      const to = 3 * (row * width + edges.columns[index]!);
      out[to] = onScreen((clipped(red[from]!) + clipped(red[from + 1]!) + clipped(red[from + 2]!) + clipped(red[from + 3]!)) / 4);
      out[to + 1] = onScreen(
        (clipped(green[from]!) + clipped(green[from + 1]!) + clipped(green[from + 2]!) + clipped(green[from + 3]!)) / 4,
      );
      out[to + 2] = onScreen(
        (clipped(blue[from]!) + clipped(blue[from + 1]!) + clipped(blue[from + 2]!) + clipped(blue[from + 3]!)) / 4,
      );
    }
  }
}

function shade({ frame, grid, light, pixelSlope }: Paint, samples: Samples): void {
  surface(frame, samples);
  if (light.shadows === "none") samples.lit.fill(1);
  else shadow(frame, grid, samples);
  colour(frame, light.ambient, pixelSlope, samples);
}

function clipped(light: number): number {
  return Math.min(light, 1);
}

function onScreen(light: number): number {
  return SCREEN[(clipped(light) * LIGHT_STEPS) | 0]!;
}

function openCanvas({ width, height }: Camera, shapes: number): Canvas {
  const numbers = (length: number) => new Float64Array(length);
  const pixels = width * height;
  const rays = { x: numbers(width), y: numbers(height), depth: numbers(pixels), id: new Int16Array(pixels) };
  return {
    width,
    height,
    rays: { ...rays, row: 0, from: 0, to: 0, base: 0 },
    key: new Int32Array(pixels),
    samples: openSamples(4 * width),
    edges: openEdges(width, height, shapes),
  };
}

/** The rays of the pixels' centres, and of the centres of their quarters. */
function aim({ width, height, fx, fy, cx, cy }: Camera, { rays, edges: { fine } }: Canvas): void {
  for (let column = 0; column < width; column++) rays.x[column] = (column + 0.5 - cx) / fx;
  for (let row = 0; row < height; row++) rays.y[row] = (row + 0.5 - cy) / fy;
  for (let column = 0; column < 2 * width; column++) fine.x[column] = ((column + 0.5) / 2 - cx) / fx;
  for (let row = 0; row < 2 * height; row++) fine.y[row] = ((row + 0.5) / 2 - cy) / fy;
}

function checkShape({ kind, size }: Shape, index: number): void {
  const needed = { plane: 0, sphere: 1, capsule: 2, cylinder: 2, box: 3, ellipsoid: 3 }[kind];
  if (size.every((value, at) => Number.isFinite(value) && (at >= needed || value > 0))) return;
  const message = `shape ${index}, a ${kind}, has the size ${size.join(" ")}: the first ${needed} must be above 0`;
  throw new TendonError("internal", message);
}

function checkSizes(shapes: readonly Shape[], poses: Float64Array, { width, height }: Camera, out: Uint8Array): void {
  if (poses.length === 12 * shapes.length && out.length === 3 * width * height) return;
  const message =
    `${poses.length} numbers of poses for ${shapes.length} shapes, ${out.length} bytes for ` +
    `${width} × ${height} pixels: 12 for each shape and 3 for each pixel are needed`;
  throw new TendonError("internal", message);
}
