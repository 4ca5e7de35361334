/**
 * Arithmetic on eight-bit pictures that stand one behind another in memory. Results go into a
 * Float64Array of the caller's, so that nothing is allocated for each picture.
 */

/** `into[0]`: the mean of bytes `start` to `end` (half-open), 0 to 255; `into[1]`: their standard deviation. */
export function pictureMoments(pixels: Uint8Array, start: number, end: number, into: Float64Array): void {
  let sum = 0;
  let squares = 0;
  for (let index = start; index < end; index++) {
    const value = pixels[index]!;
    sum += value;
    squares += value * value;
  }
  const count = end - start;
  const mean = count === 0 ? 0 : sum / count;
  into[0] = mean;
  into[1] = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean));
}

/** Two pictures of equal size, each by the place of its first byte. */
export interface PicturePair {
  readonly a: Uint8Array;
  readonly aStart: number;
  readonly b: Uint8Array;
  readonly bStart: number;
  readonly length: number;
}

/** `into[0]`: the mean of the absolute differences, pixel by pixel; `into[1]`: the largest of them. */
export function pictureDifference(pair: PicturePair, into: Float64Array): void {
  const { a, aStart, b, bStart, length } = pair;
  let sum = 0;
  let largest = 0;
  for (let index = 0; index < length; index++) {
    const step = a[aStart + index]! - b[bStart + index]!;
    const size = step < 0 ? -step : step;
    sum += size;
    if (size > largest) largest = size;
  }
  into[0] = length === 0 ? 0 : sum / length;
  into[1] = largest;
}
