import fc from "fast-check";
import { expect, test } from "vitest";
import { GrowingHistogram } from "./coverage.ts";

const numbers = fc.array(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 30 }), {
  minLength: 1,
  maxLength: 6,
});

test("counts every number once, whatever range comes later", () => {
  fc.assert(
    fc.property(numbers, (batches) => {
      const histogram = new GrowingHistogram();
      for (const batch of batches) histogram.add(Float64Array.from(batch));
      const all = batches.flat();
      expect(histogram.count).toBe(all.length);
      if (all.length === 0) return;
      expect([histogram.min, histogram.max]).toEqual([Math.min(...all), Math.max(...all)]);
      const total = histogram.bins().reduce((sum, each) => sum + each, 0);
      expect(Math.abs(total - all.length)).toBeLessThan(48 * 0.05 + 1e-9);
    }),
    { examples: [[[[0, 5e-324]]], [[[1e6], [1e6 - 2e-10]]], [[[0], [-5e-324, 1e6]]]] },
  );
});

test("puts values where they are, and leaves out what is missing", () => {
  const histogram = new GrowingHistogram();
  histogram.add(Float64Array.of(0, 0, 0, Number.NaN, 1));
  histogram.add(Float64Array.of(-100, 100));
  const bins = histogram.bins();
  expect([bins[0], bins.at(-1), histogram.count]).toEqual([1, 1, 6]);
  expect(bins[23]! + bins[24]!).toBeCloseTo(4, 0);
});
