import fc from "fast-check";
import { expect, test } from "vitest";
import { rootKey } from "../order/key.ts";
import { type Augmentation, drawLook } from "./draw.ts";

const ALL: Augmentation = {
  flip: 0.5,
  crop: { height: 32, width: 16 },
  color: { brightness: 0.3, contrast: 0.4, saturation: 0.5, hue: 0.08 },
};
const root = rootKey({ dataset: "0123456789abcdef", seed: 42 });

test("everything stays within what was asked for, and is the same again", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (epoch, position) => {
      const look = drawLook(root, { epoch, position }, ALL);
      expect(look).toEqual(drawLook(root, { epoch, position }, ALL));
      const { crop, color } = look;
      expect(crop.y >= 0 && crop.y <= 32 && crop.x >= 0 && crop.x <= 16).toBe(true);
      expect(Math.abs(color!.brightness - 1)).toBeLessThanOrEqual(0.3);
      expect(Math.abs(color!.hue)).toBeLessThanOrEqual(0.08);
    }),
  );
});

test("what is not asked for changes nothing, and changes nothing else", () => {
  const place = { epoch: 1, position: 7 };
  expect(drawLook(root, place, {})).toEqual({ flip: false, crop: { y: 0, x: 0 } });
  const { crop } = drawLook(root, place, ALL);
  expect(drawLook(root, place, { crop: ALL.crop! }).crop).toEqual(crop);
  expect(drawLook(root, place, { color: { hue: 0.08 } }).color).toEqual({
    brightness: 1,
    contrast: 1,
    saturation: 1,
    hue: drawLook(root, place, ALL).color!.hue,
  });
});

test("draws are spread evenly, and apart from each other", () => {
  const looks = Array.from({ length: 6600 }, (_, position) =>
    drawLook(root, { epoch: 0, position }, { flip: 0.25, crop: { height: 32, width: 32 } }),
  );
  const flips = looks.filter(({ flip }) => flip).length;
  expect(Math.abs(flips - 1650)).toBeLessThan(4 * Math.sqrt(6600 * 0.25 * 0.75));
  const counts = new Float64Array(33);
  for (const { crop } of looks) counts[crop.y]!++;
  // 32 degrees of freedom: exceeded once in a thousand.
  expect(counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)).toBeLessThan(62.5);
  const same = looks.filter(({ crop }) => crop.y === crop.x).length;
  expect(Math.abs(same - 200)).toBeLessThan(4 * Math.sqrt(200));
});

// What a second implementation must give; docs/loader-augment.md says how.
test("test vectors", () => {
  expect([0, 1, 2].map((position) => drawLook(root, { epoch: 3, position }, ALL))).toMatchInlineSnapshot(`
    [
      {
        "color": {
          "brightness": 0.9951121515594423,
          "contrast": 1.1931913938373326,
          "hue": 0.04529345218092203,
          "saturation": 1.205442015780136,
        },
        "crop": {
          "x": 8,
          "y": 8,
        },
        "flip": false,
      },
      {
        "color": {
          "brightness": 1.2517768945079297,
          "contrast": 0.6323136616498232,
          "hue": -0.011233358047902584,
          "saturation": 0.5677836250979453,
        },
        "crop": {
          "x": 1,
          "y": 26,
        },
        "flip": true,
      },
      {
        "color": {
          "brightness": 0.9843888693489135,
          "contrast": 1.3457447092980146,
          "hue": 0.01776726618409157,
          "saturation": 0.6698218090459704,
        },
        "crop": {
          "x": 3,
          "y": 27,
        },
        "flip": true,
      },
    ]
  `);
});
