import type { ColorLook } from "../numberLane.ts";

/** Bits behind the point. Three products of a byte and a factor below 8 stay within 32 bits. */
export const COLOR_BITS = 16;
const FACTOR_MAX = 7.99;

/** How much each of R, G and B adds to how bright a pixel is (ITU-R BT.601, as in JPEG). */
const LUMA = [0.299, 0.587, 0.114] as const;
const MIDDLE_GRAY = 127.5;

/**
 * All of a colour look as one map of a pixel: row by row, the shares of R, G and B, and what is added, rounded to
 * `COLOR_BITS`. In this order: brightness multiplies; contrast spreads around middle gray; saturation spreads around the
 * pixel's own luma; hue turns around the axis of grays, which keeps luma (Haeberli, "Matrix Operations for Image
 * Processing", 1993, with the luma plane of YIQ).
 */
export function colorMap({ brightness, contrast, saturation, hue }: ColorLook): Int32Array {
  const scale = brightness * contrast;
  const shift = MIDDLE_GRAY * (1 - contrast);
  const mixed = multiply(hueTurn(hue), saturate(saturation));
  const one = 2 ** COLOR_BITS;
  const map = new Int32Array(12);
  for (let row = 0; row < 3; row++) {
    let gray = 0;
    for (let column = 0; column < 3; column++) {
      const share = mixed[3 * row + column]!;
      gray += share;
      map[4 * row + column] = Math.round(Math.max(-FACTOR_MAX, Math.min(FACTOR_MAX, share * scale)) * one);
    }
    // Half of one is added, so that what is cut off afterwards is rounded.
    map[4 * row + 3] = Math.round(gray * shift * one) + one / 2;
  }
  return map;
}

type Matrix = readonly number[];

function saturate(factor: number): Matrix {
  return [0, 1, 2].flatMap((row) => LUMA.map((share, column) => (1 - factor) * share + (row === column ? factor : 0)));
}

/** From RGB to luma and two differences of colour, turned there, and back. */
function hueTurn(turns: number): Matrix {
  const [sine, cosine] = [Math.sin(2 * Math.PI * turns), Math.cos(2 * Math.PI * turns)];
  return multiply(FROM_YIQ, multiply([1, 0, 0, 0, cosine, sine, 0, -sine, cosine], TO_YIQ));
}

const TO_YIQ: Matrix = [...LUMA, 0.5959, -0.2746, -0.3213, 0.2115, -0.5227, 0.3112];
const FROM_YIQ: Matrix = inverse(TO_YIQ);

function multiply(one: Matrix, other: Matrix): Matrix {
  return Array.from({ length: 9 }, (_, index) => {
    const [row, column] = [3 * Math.floor(index / 3), index % 3];
    return one[row]! * other[column]! + one[row + 1]! * other[3 + column]! + one[row + 2]! * other[6 + column]!;
  });
}

function inverse(m: Matrix): Matrix {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  const cofactors = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
  const determinant = a * cofactors[0]! + b * cofactors[3]! + c * cofactors[6]!;
  return cofactors.map((value) => value / determinant);
}
