/** Rotations as nine numbers, row by row. */

/** About the vertical, then nothing: a hand that points down, turned by `yaw`. */
export function pointingDown(yaw: number): number[] {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** About x: a hand that points down leans towards its own left by `angle`. */
export function leaning(angle: number): number[] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [1, 0, 0, 0, c, -s, 0, s, c];
}

/** The rotation vector in the world that turns `from` into `to`. */
export function rotationBetween(from: ArrayLike<number>, to: ArrayLike<number>): number[] {
  const turn = (row: number, column: number) => {
    let sum = 0;
    for (let k = 0; k < 3; k++) sum += to[3 * row + k]! * from[3 * column + k]!;
    return sum;
  };
  const axis = [turn(2, 1) - turn(1, 2), turn(0, 2) - turn(2, 0), turn(1, 0) - turn(0, 1)];
  const sine = Math.hypot(axis[0]!, axis[1]!, axis[2]!) / 2;
  const cosine = (turn(0, 0) + turn(1, 1) + turn(2, 2) - 1) / 2;
  const angle = Math.atan2(sine, cosine);
  const scale = sine < 1e-9 ? 0.5 : angle / (2 * sine);
  return axis.map((value) => value * scale);
}

/** `from`, turned by a part (0 to 1) of the way to `to`. */
export function turnedTowards(from: readonly number[], to: readonly number[], part: number): number[] {
  return multiply(fromVector(rotationBetween(from, to).map((value) => value * part)), from);
}

/** Rodrigues' formula. */
function fromVector(vector: readonly number[]): number[] {
  const [x, y, z] = vector as [number, number, number];
  const angle = Math.hypot(x, y, z);
  const a = angle < 1e-9 ? 1 : Math.sin(angle) / angle;
  const b = angle < 1e-9 ? 0.5 : (1 - Math.cos(angle)) / angle ** 2;
  const [xx, yy, zz] = [x * x, y * y, z * z];
  return [
    1 - b * (yy + zz),
    b * x * y - a * z,
    b * x * z + a * y,
    b * x * y + a * z,
    1 - b * (xx + zz),
    b * y * z - a * x,
    b * x * z - a * y,
    b * y * z + a * x,
    1 - b * (xx + yy),
  ];
}

export function multiply(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3];
    return a[3 * row]! * b[column]! + a[3 * row + 1]! * b[3 + column]! + a[3 * row + 2]! * b[6 + column]!;
  });
}
