import fc from "fast-check";
import { expect, test } from "vitest";
import { frameSeconds, frameTime, rateOf } from "./rational.ts";

test("rates are the fractions that cameras mean", () => {
  expect(rateOf(30)).toEqual({ num: 30n, den: 1n });
  expect(rateOf(29.97)).toEqual({ num: 2997n, den: 100n });
  expect(rateOf(30_000 / 1001)).toEqual({ num: 30_000n, den: 1001n });
  expect(rateOf(29.8731)).toEqual({ num: 29_873_100n, den: 1_000_000n });
  expect(() => rateOf(0)).toThrow("no rate");
});

test("frame times never drift: they are within half a nanosecond of i / rate, also before 0", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1000, max: 10_000_000 }),
      fc.constantFrom(30, 20, 29.97, 30_000 / 1001, 59.94),
      (index, rateHz) => {
        const rate = rateOf(rateHz);
        const scaled = 2n * (frameTime(BigInt(index), rate) * rate.num - BigInt(index) * rate.den * 1_000_000_000n);
        expect(scaled <= rate.num && scaled >= -rate.num).toBe(true);
        expect(frameSeconds(index, rate)).toBeCloseTo(index / rateHz, 3);
      },
    ),
  );
});
