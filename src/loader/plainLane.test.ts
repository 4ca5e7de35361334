import fc from "fast-check";
import { expect, test } from "vitest";
import { held } from "./numberLane.ts";
import { plainLane } from "./plainLane.ts";

const episode = (rows: number, width: number) => ({
  rows,
  columns: new Map([["action", Float32Array.from({ length: rows * width }, (_, index) => index)]]),
  tasks: [],
  index: 0,
  file: "table.parquet",
});

test("a window is the rows at its offsets, the first or last where there are none", () => {
  const offsets = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 8 });
  const runs = fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: 1, max: 8 }));
  const run = runs.map(([from, length]) => Array.from({ length }, (_, step) => from + step));
  fc.assert(
    fc.property(
      fc.oneof(offsets, run),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (at, rows, width, n) => {
        const lane = plainLane({ stream: "action", dtype: "float32", shape: [width], offsets: at });
        const row = n % rows;
        const target = new Float32Array(3 + at.length * width).fill(-1);
        lane.fill(episode(rows, width), row, target, 3);
        const wanted = at.flatMap((offset) =>
          Array.from({ length: width }, (_, item) => held(row + offset, rows) * width + item),
        );
        expect([...target]).toEqual([-1, -1, -1, ...wanted]);
      },
    ),
  );
});

test("a scalar stream has one number a step", () => {
  const lane = plainLane({ stream: "reward", dtype: "int64", shape: [], offsets: [0, 1] });
  const target = new BigInt64Array(2);
  lane.fill(
    { index: 0, file: "table.parquet", rows: 2, columns: new Map([["reward", BigInt64Array.of(5n, 7n)]]), tasks: [] },
    1,
    target,
    0,
  );
  expect([...target]).toEqual([7n, 7n]);
});

test("a flipped sample is mirrored where a map says how", () => {
  const mirror = { from: Int32Array.of(1, 0, 2), sign: Float64Array.of(1, 1, -1) };
  const lane = plainLane({ stream: "action", dtype: "float32", shape: [3], offsets: [0, 1], mirror });
  const target = new Float32Array(6);
  const look = { flip: true, crop: { y: 0, x: 0 } };
  lane.fill(episode(2, 3), 0, target, 0, look);
  expect([...target]).toEqual([1, 0, -2, 4, 3, -5]);
  lane.fill(episode(2, 3), 0, target, 0, { ...look, flip: false });
  expect([...target]).toEqual([0, 1, 2, 3, 4, 5]);
});
