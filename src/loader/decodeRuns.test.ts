import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRuns } from "./decodeRuns.ts";

const everyFourth = Uint8Array.from({ length: 40 }, (_, picture) => (picture % 4 === 0 ? 1 : 0));
const runs = (rows: readonly number[], first = 0) => [...decodeRuns(rows, { key: everyFourth, first })];

test("neighbours are decoded in one pass, what a key frame parts is not", () => {
  expect(runs([5, 6, 7])).toEqual([{ key: 4, from: 0, to: 3 }]);
  expect(runs([5, 7])).toEqual([{ key: 4, from: 0, to: 2 }]);
  expect(runs([6, 7, 8, 9])).toEqual([{ key: 4, from: 0, to: 4 }]);
  expect(runs([5, 30])).toEqual([
    { key: 4, from: 0, to: 1 },
    { key: 28, from: 1, to: 2 },
  ]);
  expect(runs([1], 8)).toEqual([{ key: 8, from: 0, to: 1 }]);
});

test("law: every wanted picture is in one pass, from a key frame, and no pass skips more than it needs", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { minLength: 1 }), (wanted) => {
      const rows = wanted.toSorted((a, b) => a - b);
      let next = 0;
      let decoded = 0;
      for (const { key, from, to } of decodeRuns(rows, { key: everyFourth, first: 0 })) {
        expect(from).toBe(next);
        expect(everyFourth[key]).toBe(1);
        decoded += rows[to - 1]! - key + 1;
        next = to;
      }
      expect(next).toBe(rows.length);
      const groups = new Set(rows.map((row) => Math.floor(row / 4)));
      const least = [...groups].reduce(
        (sum, group) => sum + Math.max(...rows.filter((row) => Math.floor(row / 4) === group)) - group * 4 + 1,
        0,
      );
      // A pass that goes on over a key frame decodes the rest of the group before it: at most what lies between two wanted rows.
      expect(decoded).toBe(least);
    }),
  );
});
