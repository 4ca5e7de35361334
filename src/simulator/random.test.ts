import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";

describe("random numbers", () => {
  it("stay in [0, 1) and depend on seed, name and place alone", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string(), fc.nat(1 << 30), (seed, name, index) => {
        const value = new Random(seed, name).at(index);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        expect(new Random(seed, name).at(index)).toBe(value);
      }),
    );
  });

  it("are the same in every version: other numbers would change every recording", () => {
    expect([0, 1, 2].map((index) => new Random(7, "imu").at(index))).toMatchInlineSnapshot(`
      [
        0.0876127857633926,
        0.9575324133024603,
        0.29640896100514336,
      ]
    `);
  });

  it("are even, and differ between seeds, names and places", () => {
    const random = new Random(1, "even");
    const bins = new Uint32Array(16);
    for (let count = 0; count < 16_000; count++) bins[random.below(16)]!++;
    // Chi squared with 15 degrees of freedom is above 44 once in ten thousand times.
    expect(bins.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0)).toBeLessThan(44);
    const values = [0, 1, 2, 3].flatMap((seed) =>
      ["a", "b", "ab", "ba"].flatMap((name) => [0, 1, 2, 3].map((index) => new Random(seed, name).at(index))),
    );
    expect(new Set(values).size).toBe(64);
  });

  it("that are normal have mean 0 and deviation 1", () => {
    const random = new Random(2, "normal");
    const values = Array.from({ length: 10_000 }, () => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.04);
    expect(Math.abs(spread - 1)).toBeLessThan(0.03);
  });

  it("shuffle every value to some place", () => {
    expect(new Random(3, "shuffle").shuffled([1, 2, 3, 4, 5]).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });
});
