import fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf, wholeParts } from "./shares.ts";

const rows = (...all: number[]) => all.map((each, index) => ({ path: `d${index}`, rows: each }));

test("short decimals are kept exactly", () => {
  expect(wholeParts([0.7, 0.2, 0.1])).toEqual([7, 2, 1]);
  expect(wholeParts([3, 3])).toEqual([1, 1]);
  expect(partsOf(rows(6625, 2096), {})).toEqual([6625, 2096]);
});

test("others are the nearest parts of a long period, and none is left out", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 20 }), (weights) => {
      const parts = wholeParts(weights);
      const [period, all] = [parts.reduce((a, b) => a + b), weights.reduce((a, b) => a + b)];
      for (const [index, part] of parts.entries()) {
        expect(part).toBeGreaterThanOrEqual(1);
        expect(Math.abs(part / period - weights[index]! / all)).toBeLessThan((weights.length + 1) / period + 1e-9);
      }
    }),
  );
});

test("temperature evens out, tiers have what they were given", () => {
  const [heavy, light] = partsOf(rows(100, 1), { temperature: 2 });
  expect(heavy! / light!).toBeCloseTo(10, 3);
  const mixed = [
    { path: "a", rows: 300, tier: "real" },
    { path: "b", rows: 100, tier: "real" },
    { path: "c", rows: 5, tier: "synthetic" },
  ];
  expect(partsOf(mixed, { tiers: { real: 0.8, synthetic: 0.2 } })).toEqual([3, 1, 1]);
});

test.each([
  [() => partsOf(rows(1, 2), { temperature: 0 }), "must be above 0 (got 0)"],
  [() => partsOf([{ path: "a", rows: 1, weight: -1 }], {}), "the weight of a must be above 0 (got -1)"],
  [() => partsOf(rows(1), { tiers: { real: 1 } }), "d0 is of no tier, which has no weight"],
  [() => partsOf([{ path: "a", rows: 1, tier: "real" }], { tiers: { real: 1, web: 1 } }), "no dataset is of this tier"],
])("case %#: what cannot be mixed is told", (made, message) => {
  expect(made).toThrow(message);
});
