import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addPictures,
  countPictures,
  mergeStatistics,
  noPictures,
  pictureStatistics,
  sampledPictures,
  sampledStride,
} from "./statisticsPictures.ts";

describe("pictures", () => {
  test("are sampled where LeRobot samples them", () => {
    // lerobot 0.6.1: len(sample_indices(n)) and the places around the first half-way points
    expect(sampledPictures(1)).toEqual([0]);
    expect(sampledPictures(50)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(sampledPictures(290)).toHaveLength(100);
    expect(sampledPictures(290).slice(0, 6)).toEqual([0, 3, 6, 9, 12, 15]);
    expect(sampledPictures(290).at(-1)).toBe(289);
    expect(sampledPictures(1000)).toHaveLength(177);
    expect(sampledPictures(10_000)).toHaveLength(1000);
    expect(sampledStride({ height: 480, width: 640 })).toBe(4);
    expect(sampledStride({ height: 640, width: 480 })).toBe(4);
    expect(sampledStride({ height: 256, width: 256 })).toBe(1);
  });

  test("have the statistics of their pixels", () => {
    const size = fc.record({
      height: fc.integer({ min: 1, max: 6 }),
      width: fc.integer({ min: 1, max: 6 }),
      stride: fc.integer({ min: 1, max: 3 }),
      offset: fc.integer({ min: 0, max: 3 }),
      pictures: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(size, fc.infiniteStream(fc.nat({ max: 255 })), (shape, stream) => {
        const { pictures, height, width, stride, offset } = shape;
        const length = pictures * height * width * 3;
        const rgb = Uint8Array.from({ length: offset + length }, () => stream.next().value).subarray(offset);
        const made = pictureStatistics(countPictures(noPictures(), rgb, shape), { q50: 0.5 });
        for (const channel of [0, 1, 2]) {
          const pixels: number[] = [];
          for (let picture = 0; picture < pictures; picture++)
            for (let y = 0; y < height; y += stride)
              for (let x = 0; x < width; x += stride) pixels.push(rgb[((picture * height + y) * width + x) * 3 + channel]! / 255);
          const mean = pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
          const std = Math.sqrt(pixels.reduce((sum, pixel) => sum + (pixel - mean) ** 2, 0) / pixels.length);
          expect(made.min[channel]).toBe(Math.min(...pixels));
          expect(made.max[channel]).toBe(Math.max(...pixels));
          expect(made.mean[channel]).toBeCloseTo(mean, 12);
          expect(made.std[channel]).toBeCloseTo(std, 12);
        }
        expect(made.count).toBe(pictures);
      }),
    );
  });

  test("merge to the statistics of all, and by their counts exactly", () => {
    const one = { height: 1, width: 2, stride: 1, pictures: 1 };
    const a = countPictures(noPictures(), Uint8Array.of(0, 1, 2, 10, 11, 12), one);
    const b = countPictures(noPictures(), Uint8Array.of(255, 4, 5, 6, 7, 8, 1, 1, 1, 9, 9, 9), { ...one, pictures: 2 });
    const whole = pictureStatistics(addPictures(a, b), {});
    const merged = mergeStatistics([pictureStatistics(a, {}), pictureStatistics(b, {})]);
    expect(merged.count).toBe(3);
    expect(merged.min).toEqual(whole.min);
    expect(merged.max).toEqual(whole.max);
    for (const channel of [0, 1, 2]) {
      expect(merged.mean[channel]).toBeCloseTo(whole.mean[channel]!, 12);
      expect(merged.std[channel]).toBeCloseTo(whole.std[channel]!, 12);
    }
  });
});
