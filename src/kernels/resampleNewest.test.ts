import fc from "fast-check";
import { expect, test } from "vitest";
import { previousIndex } from "./resample.ts";
import { rowsWithoutNewest, spreadNewest } from "./resampleNewest.ts";

const TIMES = fc
  .array(fc.bigInt({ min: -50n, max: 50n }), { maxLength: 40 })
  .map((times) => BigInt64Array.from(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))));

test("law: one walk gives what a join and a gather give, however it is divided", () => {
  fc.assert(
    fc.property(TIMES, TIMES, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 }), (rows, times, width, step) => {
      const grid = rows.filter((time) => times.length > 0 && time >= times[0]!);
      const words = Uint32Array.from({ length: times.length * width }, (_, at) => at);
      const index = previousIndex(grid, times);
      const cursor = { row: 0, sample: 0 };
      const got: { from: bigint; words: number[] }[] = [];
      // Samples come in chunks of `step`, rows go in batches of two.
      for (let base = 0; base < times.length; base += step) {
        const part = words.subarray(base * width, (base + step) * width);
        for (;;) {
          const out = { words: new Uint32Array(2 * width), times: new BigInt64Array(2) };
          const bounds = { rowEnd: Math.min(grid.length, cursor.row + 2), sampleEnd: base + part.length / width };
          const count = spreadNewest({ grid, times, words: part, base, width }, cursor, bounds, out);
          for (let at = 0; at < count; at++) {
            got.push({ from: out.times[at]!, words: [...out.words.subarray(at * width, (at + 1) * width)] });
          }
          if (count === 0) break;
        }
      }
      const expected = Array.from(index, (at) => ({
        from: times[at]!,
        words: [...words.subarray(at * width, (at + 1) * width)],
      }));
      expect(got).toEqual(expected);
    }),
  );
});

test("law: rows lack their input just where the join says so", () => {
  fc.assert(
    fc.property(TIMES, TIMES, fc.bigInt({ min: 0n, max: 40n }), (grid, times, toleranceNs) => {
      const runs = rowsWithoutNewest(grid, times, toleranceNs);
      const lacks = Array.from(grid, () => false);
      for (let at = 0; at < runs.length; at += 2) {
        expect(runs[at]).toBeLessThan(runs[at + 1]!);
        if (at > 0) expect(runs[at]).toBeGreaterThan(runs[at - 1]!);
        lacks.fill(true, runs[at], runs[at + 1]);
      }
      expect(lacks).toEqual(Array.from(previousIndex(grid, times, { toleranceNs }), (at) => at < 0));
    }),
  );
});
