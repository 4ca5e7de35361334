import fc from "fast-check";
import { expect, test } from "vitest";
import { mixtureOf } from "./mixture.ts";

const parts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 });

test("in every prefix each dataset has its share to within less than one sample", () => {
  fc.assert(
    fc.property(parts, fc.nat({ max: 1e9 }), (given, far) => {
      const mixture = mixtureOf(given);
      const { period } = mixture;
      const had = given.map(() => 0);
      let worst = 0;
      for (let position = 0; position < 2 * period; position++) {
        const { dataset, count } = mixture.at(position);
        if (count !== had[dataset]) throw new Error(`position ${position}: ${count} before it, counted ${had[dataset]}`);
        had[dataset]!++;
        given.forEach((part, each) => {
          worst = Math.max(worst, Math.abs(had[each]! - (part / period) * (position + 1)));
        });
      }
      expect(worst).toBeLessThan(1);
      const { dataset, count } = mixture.at(far);
      expect(mixture.countBefore(dataset, far)).toBe(count);
      expect(given.reduce((sum, _, each) => sum + mixture.countBefore(each, far), 0)).toBe(far);
      expect(Math.abs(count - (given[dataset]! / period) * far)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test("test vectors that a second implementation repeats", () => {
  const datasets = (given: number[], count: number) => {
    const mixture = mixtureOf(given);
    return Array.from({ length: count }, (_, position) => mixture.at(position).dataset);
  };
  expect(datasets([5, 3, 2], 10)).toEqual([0, 1, 0, 2, 0, 1, 0, 2, 1, 0]);
  expect(datasets([1, 1, 10], 12)).toEqual([2, 2, 2, 2, 0, 2, 2, 2, 1, 2, 2, 2]);
  expect(datasets([1], 3)).toEqual([0, 0, 0]);
});
