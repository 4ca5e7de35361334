import fc from "fast-check";
import { expect, test } from "vitest";
import { countedStatistics, risingStatistics } from "./counted.ts";

test("numbers that rise by one have the statistics of their counts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 50 }), (first, count) => {
      const values = Array.from({ length: count }, (_, at) => first + at);
      const rising = risingStatistics(first, count);
      const counted = countedStatistics(values, new Uint8Array(count).fill(1));
      expect(rising).toMatchObject({ count: counted.count, min: counted.min, max: counted.max });
      expect(rising.mean[0]).toBeCloseTo(counted.mean[0]!, 9);
      expect(rising.std[0]).toBeCloseTo(counted.std[0]!, 9);
      for (const [name, [value]] of Object.entries(counted.quantiles)) expect(rising.quantiles[name]![0]).toBeCloseTo(value!, 9);
    }),
  );
});

test("values without a count do not matter", () => {
  expect(countedStatistics([0, 5, 9], [0, 2, 0])).toMatchObject({ count: 2, min: [5], max: [5], mean: [5], std: [0] });
});
