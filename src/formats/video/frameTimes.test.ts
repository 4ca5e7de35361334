import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateFraction, trackTimes } from "./frameTimes.ts";

const at = (...times: (bigint | number)[]) => BigInt64Array.from(times, BigInt);

describe("trackTimes", () => {
  it("gives a steady rate whole ticks", () => {
    const time = at(...Array.from({ length: 100 }, (_, i) => Math.round((i * 1e9) / 30)));
    const { timescale, deltas, delay } = trackTimes(time);
    expect([timescale, delay]).toEqual([15_360, 0]);
    expect(new Set(deltas)).toEqual(new Set([512]));
  });

  it("takes the rate of a single frame from the caller", () => {
    expect([...trackTimes(at(0), 20).deltas]).toEqual([512]);
  });

  it("refuses what does not begin at 0, and two frames at once", () => {
    expect(() => trackTimes(at(1, 2))).toThrow("must be shown at 0");
    expect(() => trackTimes(at(0, 40, 40))).toThrow("frames 0 and 1");
  });

  it("keeps every time to half a microsecond in any order of decoding", () => {
    const gaps = fc.array(fc.integer({ min: 2_000, max: 10_000_000_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gaps, fc.integer(), (steps, seed) => {
        let last = 0n;
        const shown = [0n, ...steps.map((step) => (last += BigInt(step)))];
        const order = shown.map((time, i) => [(i * 7 + seed) % 3, i, time] as const);
        order.sort(([a, i], [b, j]) => Math.floor(i / 3) - Math.floor(j / 3) || a - b);
        const time = BigInt64Array.from(order, ([, , each]) => each);
        const { timescale, deltas, offsets, delay } = trackTimes(time);
        let decode = 0;
        for (let i = 0; i < time.length; i++) {
          const seconds = (decode + offsets[i]! - delay) / timescale;
          expect(Math.abs(seconds - Number(time[i]) / 1e9)).toBeLessThan(1.01e-6);
          decode += deltas[i]!;
        }
      }),
    );
  });
});

describe("rateFraction", () => {
  it.each([
    [30, 30, 1],
    [30_000 / 1001, 30_000, 1001],
    [12.5, 125, 10],
  ])("%d Hz", (rate, numerator, denominator) => {
    expect(rateFraction(rate)).toEqual({ numerator, denominator });
  });

  it("knows none for a rate that is no short fraction", () => {
    expect(rateFraction(45_000 / 1499)).toBeUndefined();
    expect(rateFraction(0)).toBeUndefined();
  });
});
