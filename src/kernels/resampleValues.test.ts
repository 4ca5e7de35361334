import fc from "fast-check";
import { expect, test } from "vitest";
import { numbers } from "../core/batch.ts";
import type { NumberDtype } from "../core/feature.ts";
import { type Aggregate, aggregateInto, copyRows, lerpInto, slerpInto } from "./resampleValues.ts";

const DTYPES: NumberDtype[] = ["bool", "int16", "int64", "uint64", "float16", "float32", "float64"];

test("law: copied rows are equal to the bit for every dtype, width and base", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DTYPES),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 12 }),
      fc.uint8Array({ minLength: 8 * 3 * 5, maxLength: 8 * 3 * 5 }),
      (dtype, width, picks, noise) => {
        const from = numbers(dtype, 5 * width);
        new Uint8Array(from.buffer).set(noise.subarray(0, from.byteLength));
        const to = numbers(dtype, (picks.length + 1) * width);
        new Uint8Array(to.buffer).fill(255);
        const index = Int32Array.from(picks, (pick) => (pick < 0 ? -1 : pick + 100));
        copyRows(from, index, to, { base: 100, at: 1, width });
        const size = from.BYTES_PER_ELEMENT * width;
        const bytes = (array: ArrayBufferView, row: number) =>
          new Uint8Array(array.buffer, array.byteOffset + row * size, size).join(" ");
        expect(bytes(to, 0)).toBe(new Uint8Array(size).fill(255).join(" "));
        picks.forEach((pick, row) => {
          expect(bytes(to, row + 1)).toBe(pick < 0 ? new Uint8Array(size).join(" ") : bytes(from, pick));
        });
      },
    ),
  );
});

test("a line keeps its ends to the bit", () => {
  const from = Float32Array.of(0.1, 10, 0.3, 20);
  const to = new Float32Array(6);
  for (const [row, weight] of [0, 0.25, 1].entries()) lerpInto(to, row, from, { a: 0, b: 1, weight, width: 2 });
  expect([...to]).toEqual([from[0], 10, Math.fround(Math.fround(0.1) * 0.75 + Math.fround(0.3) * 0.25), 12.5, from[2], 20]);
});

test("rotations go the shorter way and come out with length one", () => {
  const half = Math.SQRT1_2;
  const from = Float64Array.of(0, 0, 0, 1, /* 90° about z, the other sign */ 0, 0, -half, -half, 0, 0, 0, 0);
  const to = new Float64Array(4);
  slerpInto(to, 0, from, { a: 0, b: 1, weight: 0.5 });
  expect(Math.hypot(...to)).toBeCloseTo(1, 12);
  expect(to[2]).toBeCloseTo(Math.sin(Math.PI / 8), 12);
  expect(to[3]).toBeCloseTo(Math.cos(Math.PI / 8), 12);
  slerpInto(to, 0, from, { a: 0, b: 0, weight: 0.3 });
  expect([...to]).toEqual([0, 0, 0, 1]);
});

test("law: aggregates are the naive ones, over valid values only", () => {
  const sample = fc.record({ value: fc.integer({ min: -100, max: 100 }), valid: fc.boolean() });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const values = Float64Array.from(samples, (one) => one.value);
      const valid = Uint8Array.from(samples, (one) => Number(one.valid));
      const kept = samples.filter((one) => one.valid).map((one) => one.value);
      const sum = kept.reduce((total, value) => total + value, 0);
      const naive: Record<Aggregate, number | undefined> = {
        mean: sum / kept.length,
        sum,
        min: Math.min(...kept),
        max: Math.max(...kept),
        first: kept[0],
        last: kept.at(-1),
      };
      for (const how of Object.keys(naive) as Aggregate[]) {
        const to = Float64Array.of(7);
        const had = new Uint8Array(1);
        aggregateInto(how, to, 0, { values, valid, validWidth: 1, start: 0, end: samples.length, width: 1 }, had);
        expect(had[0]).toBe(kept.length > 0 ? 1 : 0);
        expect(to[0]).toBe(kept.length > 0 ? naive[how] : 0);
      }
    }),
  );
});

test("an extreme over NaN is NaN, and int64 stays exact", () => {
  const to = new Float32Array(1);
  const had = new Uint8Array(1);
  const window = { values: Float32Array.of(1, Number.NaN, 3), validWidth: 1, start: 0, end: 3, width: 1 };
  aggregateInto("max", to, 0, window, had);
  expect(to[0]).toBeNaN();
  const big = new BigInt64Array(1);
  aggregateInto("max", big, 0, { ...window, values: BigInt64Array.of(2n ** 62n, 2n ** 62n + 1n, 0n) }, had);
  expect(big[0]).toBe(2n ** 62n + 1n);
});
