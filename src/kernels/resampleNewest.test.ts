import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assembled } from "../../tools/assemble.ts";
import { previousIndex } from "./resample.ts";
import { NewestJoin, rowsWithoutNewest } from "./resampleNewest.ts";

const TIMES = fc
  .array(fc.bigInt({ min: -50n, max: 50n }), { maxLength: 40 })
  .map((times) => BigInt64Array.from(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))));

test("law: one walk gives what a join and a gather give, however it is divided", () => {
  fc.assert(
    fc.property(
      TIMES,
      TIMES,
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      (rows, times, width, step, batchRows) => {
        const grid = rows.filter((time) => times.length > 0 && time >= times[0]!);
        const words = Uint32Array.from({ length: times.length * width }, (_, at) => at);
        const index = previousIndex(grid, times);
        const cursor = { row: 0, sample: 0 };
        const got: { from: bigint; words: number[] }[] = [];
        const join = NewestJoin.take({ rows: batchRows, width });
        // Samples come in chunks of `step`.
        for (let base = 0; base < times.length; base += step) {
          const part = words.subarray(base * width, (base + step) * width);
          const bounds = { rowEnd: grid.length, sampleEnd: base + part.length / width };
          for (;;) {
            const before = cursor.sample;
            const count = join.spread({ grid, times, words: part, base }, cursor, bounds);
            for (let at = 0; at < count; at++) {
              got.push({ from: join.times[at]!, words: [...join.words.subarray(at * width, (at + 1) * width)] });
            }
            if (count === 0 && cursor.sample === before) break;
          }
        }
        join.release();
        const expected = Array.from(index, (at) => ({
          from: times[at]!,
          words: [...words.subarray(at * width, (at + 1) * width)],
        }));
        expect(got).toEqual(expected);
      },
    ),
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

test("the kernel's bytes are what its source compiles to", async () => {
  for (const { path, text } of await assembled()) expect(readFileSync(path, "utf8"), `run: node tools/assemble.ts`).toBe(text);
});
