import { expect, it } from "vitest";
import { boxBlur } from "./blur.ts";

it("a box blur spreads a point evenly over its square and keeps even pictures", () => {
  const pixels = new Uint8Array(25);
  pixels[12] = 90;
  boxBlur(pixels, { width: 5, height: 5, channels: 1 }, 1);
  expect([...pixels]).toEqual([0, 0, 0, 0, 0, 0, 10, 10, 10, 0, 0, 10, 10, 10, 0, 0, 10, 10, 10, 0, 0, 0, 0, 0, 0]);
  const even = new Uint8Array(27).fill(77);
  boxBlur(even, { width: 3, height: 3, channels: 3 }, 2);
  expect(even.every((value) => value === 77)).toBe(true);
});
