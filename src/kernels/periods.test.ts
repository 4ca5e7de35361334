import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Periods } from "./periods.ts";

const of = (times: readonly number[], keep = 8) => {
  const periods = new Periods(keep);
  periods.add(BigInt64Array.from(times, BigInt));
  return periods;
};

describe("periods", () => {
  it("have a median that a gap does not move", () => {
    const periods = of([0, 10, 20, 30, 530, 540, 550]);
    expect(periods.medianNs).toBe(10);
    expect(periods.longer(25)).toEqual([{ start: 30n, end: 530n }]);
    expect(periods.regularity).toBeCloseTo(5 / 6);
  });

  it("count repeats and steps back, and remember the first", () => {
    const periods = of([0, 10, 10, 20, 5, 15, 12]);
    expect([periods.repeats, periods.backwards, periods.longestBackNs]).toEqual([1, 2, 15n]);
    expect(periods.firstBack).toEqual({ start: 20n, end: 5n });
  });

  it("are the same however the stream was cut, and near the true median", () => {
    const gapsOf = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 3, maxLength: 100 });
    fc.assert(
      fc.property(gapsOf, fc.nat(100), (gaps, cut) => {
        const times = [0n];
        for (const gap of gaps) times.push(times.at(-1)! + BigInt(gap));
        const whole = new Periods(4);
        whole.add(BigInt64Array.from(times));
        const parts = new Periods(4);
        parts.add(BigInt64Array.from(times.slice(0, cut)));
        parts.add(BigInt64Array.from(times.slice(cut)));
        expect(parts.medianNs).toBe(whole.medianNs);
        const median = gaps.toSorted((a, b) => a - b)[Math.ceil(gaps.length / 2) - 1]!;
        expect(Math.abs(whole.medianNs - median)).toBeLessThanOrEqual(0.025 * median);
      }),
    );
  });

  it("remember the longest of any number of steps", () => {
    const times = [0];
    for (let step = 1; step <= 1000; step++) times.push(times.at(-1)! + ((step * 7919) % 1009) + 1);
    const longest = of(times, 5).longer(0);
    expect(longest.length).toBeGreaterThanOrEqual(5);
    const lengths = longest.map(({ start, end }) => Number(end - start)).sort((a, b) => b - a);
    const truth = times.slice(1).map((time, index) => time - times[index]!);
    expect(lengths.slice(0, 5)).toEqual(truth.sort((a, b) => b - a).slice(0, 5));
  });
});
