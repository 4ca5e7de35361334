/**
 * Blurs a picture of bytes, `[height, width, channels]`, in place: every value becomes the mean of the
 * square of `2 · radius + 1` pixels around it; what lies outside counts as the edge does.
 */
export function boxBlur(
  pixels: Uint8Array,
  size: { readonly width: number; readonly height: number; readonly channels: number },
  radius: number,
): void {
  const { width, height, channels } = size;
  const line = new Uint8Array(Math.max(width, height));
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++)
      blurLine(pixels, line, { start: row * width * channels + channel, step: channels, count: width, radius });
    for (let column = 0; column < width; column++)
      blurLine(pixels, line, { start: column * channels + channel, step: width * channels, count: height, radius });
  }
}

function blurLine(
  pixels: Uint8Array,
  line: Uint8Array,
  { start, step, count, radius }: { start: number; step: number; count: number; radius: number },
): void {
  for (let at = 0; at < count; at++) line[at] = pixels[start + at * step]!;
  const held = (at: number) => line[at < 0 ? 0 : at >= count ? count - 1 : at]!;
  let sum = 0;
  for (let at = -radius; at <= radius; at++) sum += held(at);
  const window = 2 * radius + 1;
  for (let at = 0; at < count; at++) {
    pixels[start + at * step] = Math.floor((sum + radius) / window);
    sum += held(at + radius + 1) - held(at - radius);
  }
}
