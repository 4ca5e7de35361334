import { describe, expect, it } from "vitest";
import { rgbToYuv420p, yuv420pToRgb } from "./yuv.ts";

const size = { width: 2, height: 2 };
const even = (r: number, g: number, b: number) => {
  const into = new Uint8Array(6);
  rgbToYuv420p(Uint8Array.from([r, g, b, r, g, b, r, g, b, r, g, b]), into, size);
  return [into[0], into[4], into[5]];
};

describe("rgb to yuv", () => {
  it("gives the colours of BT.601 in limited range, to one level", () => {
    const known = {
      "0 0 0": [16, 128, 128],
      "255 255 255": [235, 128, 128],
      "255 0 0": [82, 90, 240],
      "0 255 0": [144, 54, 34],
      "0 0 255": [41, 240, 110],
    };
    for (const [colour, wanted] of Object.entries(known)) {
      const [r, g, b] = colour.split(" ").map(Number) as [number, number, number];
      even(r, g, b).forEach((value, plane) => {
        expect(Math.abs(value! - wanted[plane]!), `${colour}, plane ${plane}`).toBeLessThanOrEqual(1);
      });
    }
  });

  it("takes colours in the mean of four pixels and light of each", () => {
    const into = new Uint8Array(6);
    rgbToYuv420p(Uint8Array.from([0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255]), into, size);
    expect([...into]).toEqual([16, 235, 16, 235, 128, 128]);
  });

  it("is undone where a block has one colour", () => {
    const colours = [
      [0, 0, 0],
      [255, 255, 255],
      [200, 30, 40],
      [20, 180, 90],
      [10, 60, 230],
      [128, 128, 128],
    ];
    const size = { width: 2 * colours.length, height: 2 };
    const rgb = Uint8Array.from([0, 1].flatMap(() => colours.flatMap((colour) => [...colour, ...colour])));
    const planes = new Uint8Array(1.5 * size.width * size.height);
    rgbToYuv420p(rgb, planes, size);
    const back = new Uint8Array(rgb.length);
    yuv420pToRgb(planes, back, size);
    back.forEach((value, index) => {
      expect(Math.abs(value - rgb[index]!)).toBeLessThanOrEqual(4);
    });
  });
});
