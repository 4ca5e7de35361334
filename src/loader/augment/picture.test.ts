import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { colorMap } from "./color.ts";
import { changePicture, type PictureChange } from "./picture.ts";

const side = fc.integer({ min: 1, max: 12 });
const factor = fc.double({ min: 0, max: 2, noNaN: true });
const look = fc.record({
  brightness: factor,
  contrast: factor,
  saturation: factor,
  hue: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
});
const crop = fc.record({
  height: side,
  width: side,
  more: fc.tuple(side, side),
  at: fc.tuple(fc.nat(), fc.nat()),
  flip: fc.boolean(),
});

function picture(height: number, width: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, index) => Math.imul(index + seed, 2654435761) >>> 24);
}

describe("a picture", () => {
  test("is cropped, flipped and coloured pixel by pixel", () => {
    fc.assert(
      fc.property(crop, fc.option(look), fc.nat(), ({ height, width, more, at, flip }, colors, seed) => {
        const from = { height: height + more[0], width: width + more[1] };
        const [y, x] = [at[0] % (more[0] + 1), at[1] % (more[1] + 1)];
        const color = colors ? colorMap(colors) : undefined;
        const source = picture(from.height, from.width, seed);
        const target = new Uint8Array(5 + height * width * 3 + 5).fill(99);
        changePicture(source, { from, to: { height, width }, y, x, flip, color }, target, 5);
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const taken = x + (flip ? width - 1 - column : column);
            const pixel = source.subarray(((y + row) * from.width + taken) * 3).slice(0, 3);
            const wanted = color ? mapped(pixel, color) : [...pixel];
            const place = 5 + (row * width + column) * 3;
            expect([...target.subarray(place, place + 3)]).toEqual(wanted);
          }
        }
        expect([...target.subarray(0, 5), ...target.subarray(-5)]).toEqual(Array.from({ length: 10 }, () => 99));
      }),
    );
  });

  test("twice flipped is as before", () => {
    const to = { height: 3, width: 5 };
    const change: PictureChange = { from: to, to, y: 0, x: 0, flip: true };
    const [source, once, twice] = [picture(3, 5, 1), new Uint8Array(45), new Uint8Array(45)];
    changePicture(source, change, once, 0);
    changePicture(once, change, twice, 0);
    expect(once).not.toEqual(source);
    expect(twice).toEqual(source);
  });
});

describe("colours", () => {
  const none = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
  const pixels = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
  const of = (change: Partial<typeof none>) => (pixel: ArrayLike<number>) => mapped(pixel, colorMap({ ...none, ...change }));

  test("stay where nothing is asked for, and after a whole turn", () => {
    fc.assert(
      fc.property(pixels, (pixel) => {
        expect(of({})(pixel)).toEqual(pixel);
        expect(of({ hue: 1 })(pixel)).toEqual(pixel);
      }),
    );
  });

  test("grays stay gray whatever becomes of saturation and hue", () => {
    fc.assert(
      fc.property(fc.nat(255), look, (gray, { saturation, hue }) => {
        expect(of({ saturation, hue })([gray, gray, gray])).toEqual([gray, gray, gray]);
      }),
    );
  });

  test("without saturation are their luma; brighter and with less contrast as told", () => {
    expect(of({ saturation: 0 })([255, 0, 0])).toEqual([76, 76, 76]);
    expect(of({ brightness: 1.5 })([100, 200, 10])).toEqual([150, 255, 15]);
    expect(of({ contrast: 0 })([100, 200, 10])).toEqual([128, 128, 128]);
    expect(of({ contrast: 2 })([100, 200, 10])).toEqual([73, 255, 0]);
  });

  test("turn around the circle: red towards green, then blue, luma kept", () => {
    const [red, green, blue] = [0, 1 / 3, -1 / 3].map((hue) => of({ hue })([140, 100, 100]));
    expect(red!.indexOf(Math.max(...red!))).toBe(0);
    expect(green!.indexOf(Math.max(...green!))).toBe(1);
    expect(blue!.indexOf(Math.max(...blue!))).toBe(2);
    const luma = ([r, g, b]: number[]) => 0.299 * r! + 0.587 * g! + 0.114 * b!;
    for (const turned of [green!, blue!]) expect(Math.abs(luma(turned) - luma(red!))).toBeLessThan(1);
  });
});

/** The map in plain arithmetic. */
function mapped(pixel: ArrayLike<number>, map: Int32Array): number[] {
  return [0, 4, 8].map((row) => {
    const sum = map[row]! * pixel[0]! + map[row + 1]! * pixel[1]! + map[row + 2]! * pixel[2]! + map[row + 3]!;
    return Math.max(0, Math.min(255, Math.floor(sum / 65_536)));
  });
}
