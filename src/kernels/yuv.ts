/**
 * A picture of red, green and blue (`[height, width, 3]`) as Y, U and V planes one behind another, BT.601
 * in limited range, colours in the mean of each 2 × 2 pixels. Sizes are even. Whole numbers only.
 */
export function rgbToYuv420p(rgb: Uint8Array, into: Uint8Array, size: { readonly width: number; readonly height: number }): void {
  const { width, height } = size;
  const uAt = width * height;
  const vAt = uAt + uAt / 4;
  for (let row = 0; row < height; row += 2) {
    for (let column = 0; column < width; column += 2) {
      const at = row * width + column;
      let [r, g, b] = [0, 0, 0];
      for (let quarter = 0; quarter < 4; quarter++) {
        const pixel = at + (quarter & 1) + (quarter >> 1) * width;
        const red = rgb[3 * pixel]!;
        const green = rgb[3 * pixel + 1]!;
        const blue = rgb[3 * pixel + 2]!;
        into[pixel] = 16 + ((66 * red + 129 * green + 25 * blue + 128) >> 8);
        r += red;
        g += green;
        b += blue;
      }
      const chroma = (row >> 1) * (width >> 1) + (column >> 1);
      into[uAt + chroma] = 128 + ((-38 * r - 74 * g + 112 * b + 512) >> 10);
      into[vAt + chroma] = 128 + ((112 * r - 94 * g - 18 * b + 512) >> 10);
    }
  }
}

/** The same backwards: planes as red, green and blue, each 2 × 2 pixels of one colour's tint. */
export function yuv420pToRgb(
  planes: Uint8Array,
  into: Uint8Array,
  size: { readonly width: number; readonly height: number },
): void {
  const { width, height } = size;
  const uAt = width * height;
  const vAt = uAt + uAt / 4;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column;
      const chroma = (row >> 1) * (width >> 1) + (column >> 1);
      const y = 298 * (planes[pixel]! - 16) + 128;
      const u = planes[uAt + chroma]! - 128;
      const v = planes[vAt + chroma]! - 128;
      into[3 * pixel] = clamped((y + 409 * v) >> 8);
      into[3 * pixel + 1] = clamped((y - 100 * u - 208 * v) >> 8);
      into[3 * pixel + 2] = clamped((y + 516 * u) >> 8);
    }
  }
}

function clamped(value: number): number {
  return value < 0 ? 0 : Math.min(value, 255);
}
