import fc from "fast-check";
import { expect, test } from "vitest";
import { jpegSize, pngSize } from "./imageSize.ts";

/** A JPEG up to its frame header: start, a comment, a table, then the header. */
function jpegHead(width: number, height: number): Uint8Array {
  const comment = [0xff, 0xfe, 0, 6, 0xff, 0xc0, 1, 2];
  const table = [0xff, 0xc4, 0, 4, 0, 0];
  const frame = [0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 0, 0, 0];
  return Uint8Array.from([0xff, 0xd8, ...comment, ...table, ...frame]);
}

test("the size of a progressive JPEG behind other segments", () => {
  expect(jpegSize(jpegHead(640, 480))).toEqual({ width: 640, height: 480 });
});

test("hostile bytes give no size and no exception", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 30 }), (bytes, cut) => {
    const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, ...bytes]);
    const size = jpegSize(jpeg);
    if (size) expect(size.width).toBeGreaterThan(0);
    expect(pngSize(bytes)).toBeUndefined();
    expect(() => jpegSize(jpegHead(9, 9).subarray(0, cut))).not.toThrow();
  });
  fc.assert(property);
});
