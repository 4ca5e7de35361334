/**
 * Which shape each ray meets first. Rays start at the camera and go through (x, y, 1), so a hit's
 * parameter is its depth along the camera's z axis. Each shape is asked in closed form, a row of rays at
 * a time: what is the same for a whole row is worked out once. Only the side that faces the ray is seen,
 * and only from `NEAR` on: a camera inside a shape looks out of it.
 */
import {
  AXIS_X,
  AXIS_Y,
  AXIS_Z,
  BOX,
  CAPSULE,
  CENTRE,
  CYLINDER,
  ELLIPSOID,
  type Frame,
  HALF,
  NEAR,
  STRIDE,
} from "./rasteriserFrame.ts";

/** A part of a row of rays, and where the hits of its first column would stand were it column 0. */
export interface Span {
  /** The rays' x by column and y by row. */
  x: Float64Array;
  y: Float64Array;
  row: number;
  /** Columns, half-open. */
  from: number;
  to: number;
  /** Depth (Infinity for none yet) and shape of the nearest hit: column c at `base + c`. */
  depth: Float64Array;
  id: Int16Array;
  base: number;
}

/** Shape of a ray that meets nothing. */
export const SKY = -1;

/** Below this part of its square, a ray's component across an axis is nothing but rounding. */
const PARALLEL = 1e-12;

/** Keeps 1 / 0 times 0 from being no number. */
const TINY = 1e-30;

/** Puts a shape before whatever the rays of the span have met farther away. */
export function cast(frame: Frame, shape: number, span: Span): void {
  const kind = frame.kinds[shape];
  if (kind === CAPSULE) castCapsule(frame, shape, span);
  else if (kind === CYLINDER) castCylinder(frame, shape, span);
  else if (kind === BOX) castBox(frame, shape, span);
  else if (kind === ELLIPSOID) castEllipsoid(frame, shape, span);
  else castPlane(frame, shape, span);
}

/** The endless cylinder around the axis first; a hit beyond an end can only be a hit of the ball there. */
function castCapsule({ records }: Frame, shape: number, { x, y, row, from, to, depth, id, base }: Span): void {
  const at = shape * STRIDE;
  const [cx, cy, cz] = [records[at + CENTRE]!, records[at + CENTRE + 1]!, records[at + CENTRE + 2]!];
  const [nx, ny, nz] = [records[at + AXIS_Z]!, records[at + AXIS_Z + 1]!, records[at + AXIS_Z + 2]!];
  const radius = records[at + HALF]!;
  const half = records[at + HALF + 2]!;
  const squares = cx * cx + cy * cy + cz * cz;
  const along = cx * nx + cy * ny + cz * nz;
  const outside = squares - along * along - radius * radius;
  const ball = squares + half * half - radius * radius;
  const dy = y[row]!;
  const rowSquare = dy * dy + 1;
  const rowAxis = dy * ny + nz;
  const rowCentre = dy * cy + cz;
  for (let column = from; column < to; column++) {
    const dx = x[column]!;
    const square = dx * dx + rowSquare;
    const axis = dx * nx + rowAxis;
    const centre = dx * cx + rowCentre;
    const across = square - axis * axis;
    const towards = centre - axis * along;
    const within = towards * towards - across * outside;
    if (!(within >= 0)) continue;
    let hit = (towards - Math.sqrt(within)) / across;
    const z = hit * axis - along;
    if (!(z <= half && z >= -half) || across < PARALLEL * square) {
      const end = (across < PARALLEL * square ? axis < 0 : z > 0) ? half : -half;
      const nearer = centre + end * axis;
      const inBall = nearer * nearer - square * (ball + 2 * end * along);
      if (!(inBall >= 0)) continue;
      hit = (nearer - Math.sqrt(inBall)) / square;
    }
    if (hit >= NEAR && hit < depth[base + column]!) {
      depth[base + column] = hit;
      id[base + column] = shape;
    }
  }
}

/** As a capsule, with discs for ends. */
function castCylinder({ records }: Frame, shape: number, { x, y, row, from, to, depth, id, base }: Span): void {
  const at = shape * STRIDE;
  const [cx, cy, cz] = [records[at + CENTRE]!, records[at + CENTRE + 1]!, records[at + CENTRE + 2]!];
  const [nx, ny, nz] = [records[at + AXIS_Z]!, records[at + AXIS_Z + 1]!, records[at + AXIS_Z + 2]!];
  const radius = records[at + HALF]!;
  const half = records[at + HALF + 2]!;
  const squares = cx * cx + cy * cy + cz * cz;
  const along = cx * nx + cy * ny + cz * nz;
  const outside = squares - along * along - radius * radius;
  const rim = squares - half * half - radius * radius;
  const dy = y[row]!;
  const rowSquare = dy * dy + 1;
  const rowAxis = dy * ny + nz;
  const rowCentre = dy * cy + cz;
  for (let column = from; column < to; column++) {
    const dx = x[column]!;
    const square = dx * dx + rowSquare;
    const axis = dx * nx + rowAxis;
    const centre = dx * cx + rowCentre;
    const across = square - axis * axis;
    const towards = centre - axis * along;
    const within = towards * towards - across * outside;
    if (!(within >= 0)) continue;
    let hit = (towards - Math.sqrt(within)) / across;
    const z = hit * axis - along;
    if (!(z <= half && z >= -half) || across < PARALLEL * square) {
      const end = (across < PARALLEL * square ? axis < 0 : z > 0) ? half : -half;
      hit = (along + end) / axis;
      if (!(hit * (hit * square - 2 * centre) + rim <= 0)) continue;
    }
    if (hit >= NEAR && hit < depth[base + column]!) {
      depth[base + column] = hit;
      id[base + column] = shape;
    }
  }
}

/** Three slabs: the last one entered before any is left. */
function castBox({ records }: Frame, shape: number, { x, y, row, from, to, depth, id, base }: Span): void {
  const at = shape * STRIDE;
  const [cx, cy, cz] = [records[at + CENTRE]!, records[at + CENTRE + 1]!, records[at + CENTRE + 2]!];
  const [xx, xy, xz] = [records[at + AXIS_X]!, records[at + AXIS_X + 1]!, records[at + AXIS_X + 2]!];
  const [yx, yy, yz] = [records[at + AXIS_Y]!, records[at + AXIS_Y + 1]!, records[at + AXIS_Y + 2]!];
  const [zx, zy, zz] = [records[at + AXIS_Z]!, records[at + AXIS_Z + 1]!, records[at + AXIS_Z + 2]!];
  const [halfX, halfY, halfZ] = [records[at + HALF]!, records[at + HALF + 1]!, records[at + HALF + 2]!];
  const alongX = cx * xx + cy * xy + cz * xz;
  const alongY = cx * yx + cy * yy + cz * yz;
  const alongZ = cx * zx + cy * zy + cz * zz;
  const dy = y[row]!;
  const [rowX, rowY, rowZ] = [dy * xy + xz, dy * yy + yz, dy * zy + zz];
  for (let column = from; column < to; column++) {
    const dx = x[column]!;
    const perX = 1 / (dx * xx + rowX || TINY);
    const perY = 1 / (dx * yx + rowY || TINY);
    const perZ = 1 / (dx * zx + rowZ || TINY);
    const middleX = alongX * perX;
    const middleY = alongY * perY;
    const middleZ = alongZ * perZ;
    const thickX = halfX * Math.abs(perX);
    const thickY = halfY * Math.abs(perY);
    const thickZ = halfZ * Math.abs(perZ);
    let enter = middleX - thickX;
    let leave = middleX + thickX;
    if (middleY - thickY > enter) enter = middleY - thickY;
    if (middleY + thickY < leave) leave = middleY + thickY;
    if (middleZ - thickZ > enter) enter = middleZ - thickZ;
    if (middleZ + thickZ < leave) leave = middleZ + thickZ;
    if (enter <= leave && enter >= NEAR && enter < depth[base + column]!) {
      depth[base + column] = enter;
      id[base + column] = shape;
    }
  }
}

/** A ball of radius one, in axes that are stretched to make it one. */
function castEllipsoid({ records }: Frame, shape: number, { x, y, row, from, to, depth, id, base }: Span): void {
  const at = shape * STRIDE;
  const [cx, cy, cz] = [records[at + CENTRE]!, records[at + CENTRE + 1]!, records[at + CENTRE + 2]!];
  const [perX, perY, perZ] = [1 / records[at + HALF]!, 1 / records[at + HALF + 1]!, 1 / records[at + HALF + 2]!];
  const [xx, xy, xz] = [records[at + AXIS_X]! * perX, records[at + AXIS_X + 1]! * perX, records[at + AXIS_X + 2]! * perX];
  const [yx, yy, yz] = [records[at + AXIS_Y]! * perY, records[at + AXIS_Y + 1]! * perY, records[at + AXIS_Y + 2]! * perY];
  const [zx, zy, zz] = [records[at + AXIS_Z]! * perZ, records[at + AXIS_Z + 1]! * perZ, records[at + AXIS_Z + 2]! * perZ];
  const alongX = cx * xx + cy * xy + cz * xz;
  const alongY = cx * yx + cy * yy + cz * yz;
  const alongZ = cx * zx + cy * zy + cz * zz;
  const outside = alongX * alongX + alongY * alongY + alongZ * alongZ - 1;
  const dy = y[row]!;
  const [rowX, rowY, rowZ] = [dy * xy + xz, dy * yy + yz, dy * zy + zz];
  for (let column = from; column < to; column++) {
    const dx = x[column]!;
    const toX = dx * xx + rowX;
    const toY = dx * yx + rowY;
    const toZ = dx * zx + rowZ;
    const square = toX * toX + toY * toY + toZ * toZ;
    const towards = toX * alongX + toY * alongY + toZ * alongZ;
    const within = towards * towards - square * outside;
    if (!(within >= 0)) continue;
    const hit = (towards - Math.sqrt(within)) / square;
    if (hit >= NEAR && hit < depth[base + column]!) {
      depth[base + column] = hit;
      id[base + column] = shape;
    }
  }
}

/** Seen from above only, as MuJoCo draws it. */
function castPlane({ records }: Frame, shape: number, { x, y, row, from, to, depth, id, base }: Span): void {
  const at = shape * STRIDE;
  const [cx, cy, cz] = [records[at + CENTRE]!, records[at + CENTRE + 1]!, records[at + CENTRE + 2]!];
  const [xx, xy, xz] = [records[at + AXIS_X]!, records[at + AXIS_X + 1]!, records[at + AXIS_X + 2]!];
  const [yx, yy, yz] = [records[at + AXIS_Y]!, records[at + AXIS_Y + 1]!, records[at + AXIS_Y + 2]!];
  const [nx, ny, nz] = [records[at + AXIS_Z]!, records[at + AXIS_Z + 1]!, records[at + AXIS_Z + 2]!];
  const [halfX, halfY] = [records[at + HALF]!, records[at + HALF + 1]!];
  const alongX = cx * xx + cy * xy + cz * xz;
  const alongY = cx * yx + cy * yy + cz * yz;
  const above = cx * nx + cy * ny + cz * nz;
  if (!(above < 0)) return;
  const dy = y[row]!;
  const [rowX, rowY, rowZ] = [dy * xy + xz, dy * yy + yz, dy * ny + nz];
  for (let column = from; column < to; column++) {
    const dx = x[column]!;
    const down = dx * nx + rowZ;
    if (!(down < 0)) continue;
    const hit = above / down;
    if (!(hit >= NEAR && hit < depth[base + column]!)) continue;
    if (Math.abs(hit * (dx * xx + rowX) - alongX) > halfX || Math.abs(hit * (dx * yx + rowY) - alongY) > halfY) continue;
    depth[base + column] = hit;
    id[base + column] = shape;
  }
}
