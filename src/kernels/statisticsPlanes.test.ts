import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlanesToRgb } from "../core/batch.ts";
import { countPictures, noPictures } from "./statisticsPictures.ts";
import { PlaneCounts } from "./statisticsPlanes.ts";

/** A made-up way to RGB in which every channel tells luma and both chroma values apart. */
const toRgb: PlanesToRgb = (planes, { height, width }, into) => {
  const luma = height * width;
  for (let at = 0; at < luma; at++) {
    const block = Math.floor(Math.floor(at / width) / 2) * (width / 2) + ((at % width) >>> 1);
    const [y, u, v] = [planes[at]!, planes[luma + block]!, planes[luma * 1.25 + block]!];
    into[at * 3] = y + 3 * u + 5 * v;
    into[at * 3 + 1] = 7 * y + u;
    into[at * 3 + 2] = 11 * y + v;
  }
};

function converted(pictures: readonly Uint8Array[], size: { height: number; width: number }) {
  const rgb = new Uint8Array(size.height * size.width * 3);
  return pictures.reduce((counts, planes) => {
    toRgb(planes, size, rgb);
    return countPictures(counts, rgb, { pictures: 1, ...size, stride: 1 });
  }, noPictures());
}

function counted(pictures: readonly Uint8Array[], size: { height: number; width: number }) {
  const planes = PlaneCounts.take(size);
  for (const picture of pictures) planes.push(picture, toRgb);
  const counts = planes.end(toRgb);
  planes.release();
  return counts;
}

/** Pictures that change in some bytes each, some not at all. */
const video = fc
  .record({
    size: fc.record({ height: fc.integer({ min: 1, max: 4 }), width: fc.integer({ min: 1, max: 3 }) }),
    first: fc.infiniteStream(fc.nat({ max: 255 })),
    changes: fc.array(fc.array(fc.record({ at: fc.nat(), value: fc.nat({ max: 255 }) }), { maxLength: 5 }), { maxLength: 8 }),
  })
  .map(({ size: { height, width }, first, changes }) => {
    const size = { height: height * 2, width: width * 16 };
    let picture = Uint8Array.from({ length: size.height * size.width * 1.5 }, () => first.next().value);
    const pictures = [picture];
    for (const change of changes) {
      picture = picture.slice();
      for (const { at, value } of change) picture[at % picture.length] = value;
      pictures.push(picture);
    }
    return { size, pictures };
  });

describe("planes", () => {
  test("are counted as their RGB is", () => {
    fc.assert(
      fc.property(video, ({ size, pictures }) => {
        expect(counted(pictures, size)).toEqual(converted(pictures, size));
      }),
    );
  });

  test("of more colours than there is room for are counted all the same", () => {
    const size = { height: 256, width: 512 };
    // Pairs of chroma values that never repeat in a picture: 32,768 each, where 16,384 have room.
    const pictures = [0, 1, 2].map((seed) => {
      const picture = new Uint8Array(size.height * size.width * 1.5);
      const luma = size.height * size.width;
      for (let at = 0; at < luma; at++) picture[at] = Math.imul(at + seed, 2_654_435_761) >>> 24;
      for (let at = 0; at < luma / 4; at++) {
        picture[luma + at] = at >>> 7;
        picture[luma * 1.25 + at] = (at + seed * 64) & 255;
      }
      return picture;
    });
    expect(counted(pictures, size)).toEqual(converted(pictures, size));
  });

  test("are counted from nothing when they are counted again", () => {
    const size = { height: 2, width: 16 };
    const [a, b] = [new Uint8Array(48).fill(9), new Uint8Array(48).fill(200)];
    counted([a, b], size);
    const given = PlaneCounts.take(size);
    given.push(b, toRgb);
    given.release();
    expect(counted([a], size)).toEqual(converted([a], size));
    expect(counted([], size)).toEqual(noPictures());
  });

  test("of a size that cannot be walked are refused", () => {
    expect(() => PlaneCounts.take({ height: 2, width: 24 })).toThrow("24");
  });
});
