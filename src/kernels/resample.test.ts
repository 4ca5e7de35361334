import fc from "fast-check";
import { expect, test } from "vitest";
import { NO_TIME } from "../core/time.ts";
import { lowerBound, nearestIndex, nextIndex, previousIndex, regularTimes, timesAt, windowRanges } from "./resample.ts";

const TIMES = fc
  .array(fc.bigInt({ min: -50n, max: 50n }), { maxLength: 40 })
  .map((times) => BigInt64Array.from(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))));
const TOLERANCE = fc.option(fc.bigInt({ min: 0n, max: 30n }), { nil: undefined });

/** What a person would write: look at every input for every row. */
function naive(grid: BigInt64Array, input: BigInt64Array, best: (time: bigint) => number, tolerance?: bigint): number[] {
  return Array.from(grid, (time) => {
    const found = best(time);
    if (found < 0) return -1;
    const distance = input[found]! > time ? input[found]! - time : time - input[found]!;
    return tolerance === undefined || distance <= tolerance ? found : -1;
  });
}

test("law: the joins are what looking at every input would give", () => {
  fc.assert(
    fc.property(TIMES, TIMES, TOLERANCE, (grid, input, tolerance) => {
      const options = tolerance === undefined ? {} : { toleranceNs: tolerance };
      const before = (time: bigint) => input.findLastIndex((sample) => sample <= time);
      const after = (time: bigint) => input.findIndex((sample) => sample >= time);
      const nearest = (time: bigint) => {
        const [a, b] = [before(time), after(time)];
        if (a < 0 || b < 0) return Math.max(a, b);
        return input[b]! - time < time - input[a]! ? b : a;
      };
      expect([...previousIndex(grid, input, options)]).toEqual(naive(grid, input, before, tolerance));
      expect([...nextIndex(grid, input, options)]).toEqual(naive(grid, input, after, tolerance));
      expect([...nearestIndex(grid, input, options)]).toEqual(naive(grid, input, nearest, tolerance));
    }),
  );
});

test("times at the ends of int64 are near or far like any others", () => {
  const end = 2n ** 63n - 1n;
  const input = BigInt64Array.of(-end, 0n, end - 5n);
  const grid = BigInt64Array.of(-end, -1n, 9n, end);
  expect([...previousIndex(grid, input, { toleranceNs: 10n })]).toEqual([0, -1, 1, 2]);
  expect([...nextIndex(grid, input, { toleranceNs: 10n })]).toEqual([0, 1, -1, -1]);
  expect([...previousIndex(grid, input)]).toEqual([0, 0, 1, 2]);
  expect([...nextIndex(grid, input)]).toEqual([0, 1, 2, -1]);
});

test("law: every input between the edges is in exactly one window", () => {
  fc.assert(
    fc.property(TIMES, TIMES, (edges, input) => {
      const { start, end } = windowRanges(edges, input);
      for (let row = 0; row + 1 < edges.length; row++) {
        const inside = [...input.keys()].filter((at) => input[at]! >= edges[row]! && input[at]! < edges[row + 1]!);
        expect(Array.from({ length: end[row]! - start[row]! }, (_, at) => start[row]! + at)).toEqual(inside);
      }
    }),
  );
});

test("a rate that is no whole number of nanoseconds does not drift", () => {
  const second = 1_000_000_000n;
  const times = regularTimes(30, { start: 7n, end: 7n + 3600n * second });
  expect(times.length).toBe(3600 * 30 + 1);
  expect(times.at(-1)).toBe(7n + 3600n * second);
  expect([...times.subarray(0, 4)]).toEqual([7n, 33_333_340n, 66_666_674n, 100_000_007n]);
  const ntsc = regularTimes(29.97, { start: 0n, end: 1000n * second });
  expect(ntsc[2997]).toBe(100n * second);
  expect(ntsc[1]).toBe(33_366_700n);
  expect(regularTimes(10, { start: 5n, end: 4n }).length).toBe(0);
});

test("lower bound and the times of positions", () => {
  const times = BigInt64Array.of(1n, 3n, 3n, 9n);
  expect([0n, 1n, 2n, 3n, 9n, 10n].map((time) => lowerBound(times, time))).toEqual([0, 0, 1, 1, 3, 4]);
  const out = new BigInt64Array(3);
  timesAt(times, Int32Array.of(13, -1, 10), 10, out);
  expect([...out]).toEqual([9n, NO_TIME, 1n]);
});
