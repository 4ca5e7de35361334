import { expect, test } from "vitest";
import { wilsonInterval } from "./wilson.ts";

test.each([
  // As statsmodels.stats.proportion.proportion_confint(method="wilson") gives them.
  [41, 50, 0.692, 0.9023],
  [0, 50, 0, 0.0714],
  [50, 50, 0.9286, 1],
  [1, 3, 0.0615, 0.7923],
])("%i of %i", (hits, count, low, high) => {
  const interval = wilsonInterval(hits, count);
  expect(interval[0]).toBeCloseTo(low, 3);
  expect(interval[1]).toBeCloseTo(high, 3);
});

test("of no trials anything may be true", () => {
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});
