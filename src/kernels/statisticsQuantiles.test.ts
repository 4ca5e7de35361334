import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactQuantiles, type QuantileRows, quantileOfCounts } from "./statisticsQuantiles.ts";

const Q = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1];

/** numpy.quantile(float32 column, q), written again from its documentation: by sorting. */
function bySorting(values: readonly number[], q: number): number {
  const sorted = Float32Array.from(values).sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (sorted[high]! - sorted[low]!) * (place - low);
}

async function* batches(...all: QuantileRows[]) {
  for (const rows of all) yield [rows];
}

describe("exact quantiles", () => {
  test("are those of numpy for a column by hand", async () => {
    // numpy.quantile(np.array([3, 1, 2, 10], np.float32), [0.01, 0.5, 0.99]) = [1.03, 2.5, 9.79]
    const [[q01, q50, q99] = []] = await exactQuantiles(() => batches({ values: Float32Array.of(3, 1, 2, 10) }), {
      widths: [1],
      quantiles: [0.01, 0.5, 0.99],
    });
    expect(q01![0]).toBeCloseTo(1.03, 6);
    expect(q50![0]).toBe(2.5);
    expect(q99![0]).toBeCloseTo(9.79, 6);
  });

  test("are the same sorted in memory and selected by counting, and equal a plain sort", async () => {
    const value = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e20), max: Math.fround(1e20) }),
      fc.constantFrom(0, -0, 1, -1, 1e-40),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 200 }), fc.nat(), async (rows, cut) => {
        const values = Float32Array.from(rows.flat());
        const at = (cut % (rows.length + 1)) * 2;
        const pass = () => batches({ values: values.subarray(0, at) }, { values: values.subarray(at) });
        const [inMemory = []] = await exactQuantiles(pass, { widths: [2], quantiles: Q });
        const [counted = []] = await exactQuantiles(pass, { widths: [2], quantiles: Q, sortBytesMax: 0 });
        for (const [index, q] of Q.entries()) {
          for (const column of [0, 1]) {
            const expected = bySorting(
              rows.map((row) => row[column]!),
              q,
            );
            const near = 1e-12 * Math.max(1, Math.abs(expected));
            expect(Math.abs(inMemory[index]![column]! - expected)).toBeLessThanOrEqual(near);
            expect(Math.abs(counted[index]![column]! - inMemory[index]![column]!)).toBe(0);
          }
        }
      }),
    );
  });

  test("leave out what is missing, and are NaN of nothing", async () => {
    const pass = () =>
      batches({
        values: Float32Array.of(1, 9, 2, 9, 3, 9, Number.NaN, 9),
        valid: Uint8Array.of(1, 0, 1, 0, 1, 0, 1, 0),
      });
    for (const sortBytesMax of [1e6, 0]) {
      const [[half] = []] = await exactQuantiles(pass, { widths: [2], quantiles: [0.5], sortBytesMax });
      expect(half).toEqual([2, Number.NaN]);
    }
  });

  test("of several streams are those of each", async () => {
    const narrow = { values: Float32Array.of(1, 2, 3) };
    const wide = { values: Float64Array.of(1, 10, 2, 20) };
    const both = async function* () {
      yield [narrow, wide];
      yield [undefined, wide];
    };
    const options = { quantiles: [0.5] };
    const [first, second] = await exactQuantiles(both, { ...options, widths: [1, 2] });
    expect([first]).toEqual(await exactQuantiles(() => batches(narrow), { ...options, widths: [1] }));
    expect([second]).toEqual(await exactQuantiles(() => batches(wide, wide), { ...options, widths: [2] }));
  });

  test("of counted values equal those of the values", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1 }), (values) => {
        const counts = new Float64Array(21);
        for (const value of values) counts[value]!++;
        const names = Float64Array.from({ length: 21 }, (_, value) => value);
        for (const q of Q) expect(quantileOfCounts(names, counts, q)).toBeCloseTo(bySorting(values, q), 9);
      }),
    );
  });
});
