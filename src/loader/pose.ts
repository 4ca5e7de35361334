/**
 * An end effector's pose as numbers: three of its place, then its rotation, as the first two rows of the matrix
 * (`xyz+rot6d`, 9 numbers) or as a rotation vector (`xyz+rotvec`, 6 numbers, rad).
 */
export type PoseFormat = "xyz+rot6d" | "xyz+rotvec";

/** Makes a pose into one told in the frame of another: inverse(reference) · pose. In place. */
export function relativePose(pose: Float64Array, reference: Float64Array, format: PoseFormat): void {
  const [rotation, frame] = [matrixOf(pose, format), matrixOf(reference, format)];
  const away = [0, 1, 2].map((axis) => pose[axis]! - reference[axis]!);
  for (let axis = 0; axis < 3; axis++)
    pose[axis] = frame[axis]! * away[0]! + frame[3 + axis]! * away[1]! + frame[6 + axis]! * away[2]!;
  put(pose, multiply(transpose(frame), rotation), format);
}

/** The way back: reference · pose. In place. */
export function absolutePose(pose: Float64Array, reference: Float64Array, format: PoseFormat): void {
  const [rotation, frame] = [matrixOf(pose, format), matrixOf(reference, format)];
  const [x, y, z] = [pose[0]!, pose[1]!, pose[2]!];
  for (let axis = 0; axis < 3; axis++)
    pose[axis] = reference[axis]! + frame[3 * axis]! * x + frame[3 * axis + 1]! * y + frame[3 * axis + 2]! * z;
  put(pose, multiply(frame, rotation), format);
}

/** Row by row. */
type Matrix = readonly number[];

function matrixOf(pose: Float64Array, format: PoseFormat): Matrix {
  return format === "xyz+rot6d" ? fromRows(pose.subarray(3, 9)) : fromVector(pose.subarray(3, 6));
}

function put(pose: Float64Array, matrix: Matrix, format: PoseFormat): void {
  pose.set(format === "xyz+rot6d" ? matrix.slice(0, 6) : toVector(matrix), 3);
}

/** Two rows made upright by Gram and Schmidt; the third is their cross product (Zhou et al., "On the Continuity of Rotation Representations", 2019). */
function fromRows(rows: Float64Array): Matrix {
  const first = unit([rows[0]!, rows[1]!, rows[2]!]);
  const along = first[0]! * rows[3]! + first[1]! * rows[4]! + first[2]! * rows[5]!;
  const second = unit([0, 1, 2].map((axis) => rows[3 + axis]! - along * first[axis]!));
  const [a, b, c] = first as [number, number, number];
  const [d, e, f] = second as [number, number, number];
  return [a, b, c, d, e, f, b * f - c * e, c * d - a * f, a * e - b * d];
}

/** Rodrigues' formula. */
function fromVector(vector: Float64Array): Matrix {
  const angle = Math.hypot(...vector);
  // Below this the series' next term is lost in a double.
  const small = angle < 1e-6;
  const sine = small ? 1 - angle ** 2 / 6 : Math.sin(angle) / angle;
  const cosine = small ? 0.5 - angle ** 2 / 24 : (1 - Math.cos(angle)) / angle ** 2;
  const [x, y, z] = [vector[0]!, vector[1]!, vector[2]!];
  const same = 1 - cosine * angle ** 2;
  return [
    same + cosine * x * x,
    cosine * x * y - sine * z,
    cosine * x * z + sine * y,
    cosine * y * x + sine * z,
    same + cosine * y * y,
    cosine * y * z - sine * x,
    cosine * z * x - sine * y,
    cosine * z * y + sine * x,
    same + cosine * z * z,
  ];
}

/** By way of the quaternion, from its largest number on, so that nothing small is divided by; the angle is 0 to pi. */
function toVector(matrix: Matrix): number[] {
  const [a, b, c, d, e, f, g, h, i] = matrix as [number, number, number, number, number, number, number, number, number];
  const trace = a + e + i;
  const squares = [trace, a, e, i];
  const largest = squares.indexOf(Math.max(...squares));
  const quaternion = [
    [1 + trace, h - f, c - g, d - b],
    [h - f, 1 + 2 * a - trace, b + d, c + g],
    [c - g, b + d, 1 + 2 * e - trace, f + h],
    [d - b, c + g, f + h, 1 + 2 * i - trace],
  ][largest]!;
  const sign = quaternion[0]! < 0 ? -1 : 1;
  const [w, x, y, z] = quaternion.map((value) => sign * value) as [number, number, number, number];
  const sine = Math.hypot(x, y, z);
  const scale = sine === 0 ? 0 : (2 * Math.atan2(sine, w)) / sine;
  return [scale * x, scale * y, scale * z];
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function transpose(m: Matrix): Matrix {
  return [m[0]!, m[3]!, m[6]!, m[1]!, m[4]!, m[7]!, m[2]!, m[5]!, m[8]!];
}

function multiply(one: Matrix, other: Matrix): Matrix {
  return Array.from({ length: 9 }, (_, index) => {
    const [row, column] = [3 * Math.floor(index / 3), index % 3];
    return one[row]! * other[column]! + one[row + 1]! * other[3 + column]! + one[row + 2]! * other[6 + column]!;
  });
}
