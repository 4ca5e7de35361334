import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { moments } from "./statistics.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0);

describe("moments", () => {
  test("are those of numpy for a column by hand", () => {
    // numpy: x = [1, 2, 4, 8]; x.mean() = 3.75, x.std() = 2.680951323690902
    const one = moments(1);
    one.add(Float64Array.of(1, 2, 4, 8));
    const { count, min, max, mean, std } = one.end();
    expect({ count, min, max, mean }).toEqual({ count: [4], min: [1], max: [8], mean: [3.75] });
    expect(std[0]).toBeCloseTo(2.680951323690902, 14);
  });

  test("do not change with the batches", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), fc.nat(), (values, cut) => {
        const whole = moments(1);
        whole.add(Float64Array.from(values));
        const parts = moments(1);
        const at = cut % (values.length + 1);
        parts.add(Float64Array.from(values.slice(0, at)));
        parts.add(Float64Array.from(values.slice(at)));
        expect(parts.end()).toEqual(whole.end());
      }),
    );
  });

  test("merge to those of all values, through JSON", () => {
    fc.assert(
      fc.property(fc.array(fc.array(finite, { minLength: 1 }), { minLength: 1, maxLength: 5 }), (episodes) => {
        const merged = moments(1);
        for (const episode of episodes) {
          const one = moments(1);
          one.add(Float64Array.from(episode));
          merged.merge(JSON.parse(JSON.stringify(one.state())));
        }
        const all = episodes.flat();
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        const std = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
        const end = merged.end();
        expect(end.count).toEqual([all.length]);
        expect(end.min).toEqual([Math.min(...all)]);
        expect(end.max).toEqual([Math.max(...all)]);
        expect(Math.abs(end.mean[0]! - mean)).toBeLessThanOrEqual(1e-9 * Math.max(1, ...all.map(Math.abs)));
        expect(Math.abs(end.std[0]! - std)).toBeLessThanOrEqual(1e-6 * Math.max(1, std));
      }),
    );
  });

  test("leave out what is missing: masked rows, masked numbers, NaN and infinities", () => {
    const byRow = moments(2);
    byRow.add(Float32Array.of(1, 10, 3, 30), Uint8Array.of(1, 0));
    expect(byRow.end()).toMatchObject({ count: [1, 1], mean: [1, 10] });
    const byNumber = moments(2);
    byNumber.add(Float32Array.of(1, 10, Number.NaN, 30, Number.POSITIVE_INFINITY, 50), Uint8Array.of(1, 0, 1, 1, 1, 1));
    expect(byNumber.end()).toMatchObject({ count: [1, 2], mean: [1, 40], min: [1, 30], max: [1, 50] });
    const nothing = moments(1);
    nothing.add(Float32Array.of(Number.NaN));
    expect(nothing.end()).toEqual({ count: [0], min: [Number.NaN], max: [Number.NaN], mean: [Number.NaN], std: [Number.NaN] });
  });

  test("take 64-bit integers and booleans as numbers", () => {
    const one = moments(1);
    one.add(BigInt64Array.of(-3n, 5n));
    expect(one.end()).toMatchObject({ mean: [1], std: [4] });
  });
});
