import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extremes, MISSING, packSamples, sampleBytes, textTracks } from "./samples.ts";

/** What the page does with a block, said again. */
function unpacked(bytes: Uint8Array, width: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const points = view.getUint32(0, true);
  const value = (channel: number, point: number) => {
    const ranges = 4 + 8 * points;
    const step = view.getUint16(ranges + 8 * width + 2 * (channel * points + point), true);
    const low = view.getFloat32(ranges + 8 * channel, true);
    const high = view.getFloat32(ranges + 8 * channel + 4, true);
    return step === MISSING ? Number.NaN : low + ((high - low) * step) / 65534;
  };
  const seconds = (point: number) => view.getFloat32(4 + 4 * point, true);
  const row = (point: number) => view.getUint32(4 + 4 * points + 4 * point, true);
  return { points, value, seconds, row };
}

function rowsOf(columns: readonly number[][]) {
  const channels = columns.map((column) => Float64Array.from(column));
  return { channels, seconds: Float64Array.from(columns[0]!, (_, row) => row / 10), texts: new Map<string, string[]>() };
}

describe("an episode's block", () => {
  test("gives every value back to a part in 65,534 of its channel's range", () => {
    const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, (column) => {
        const { bytes, points } = packSamples(rowsOf([column]), 100);
        const block = unpacked(bytes, 1);
        expect([block.points, bytes.length]).toEqual([points, sampleBytes(points, 1)]);
        const span = Math.max(...column) - Math.min(...column);
        for (const [row, value] of column.entries()) {
          expect(Math.abs(block.value(0, row) - value)).toBeLessThanOrEqual(span / 65534 + 1e-3 * Math.fround(span) + 1e-4);
          expect(block.row(row)).toBe(row);
        }
      }),
    );
  });

  test("keeps what is missing missing, and a channel that never moves where it is", () => {
    const { bytes } = packSamples(
      rowsOf([
        [1, Number.NaN, 3],
        [7, 7, 7],
      ]),
      10,
    );
    const block = unpacked(bytes, 2);
    expect([block.value(0, 0), block.value(0, 1), block.value(0, 2)]).toEqual([1, Number.NaN, 3]);
    expect([0, 1, 2].map((point) => block.value(1, point))).toEqual([7, 7, 7]);
  });

  test("keeps a spike of a single row where there are more rows than points", () => {
    const column = Array.from({ length: 10_000 }, (_, row) => (row === 6_543 ? 9 : Math.sin(row / 500)));
    const { bytes, points, every } = packSamples(rowsOf([column]), 200);
    const block = unpacked(bytes, 1);
    const seen = Array.from({ length: points }, (_, point) => block.value(0, point));
    expect([points, every]).toEqual([200, 50]);
    expect(Math.max(...seen)).toBeCloseTo(9, 3);
    const at = seen.indexOf(Math.max(...seen));
    expect(Math.abs(block.seconds(at) - 654.3)).toBeLessThan(10);
  });
});

test("extremes are those of each bucket, in the order in which they came", () => {
  expect([...extremes(Float64Array.of(1, 5, 2, 4, 0, 3), 2)]).toEqual([1, 5, 4, 0]);
  expect([...extremes(Float64Array.of(Number.NaN, Number.NaN, 2, 2), 2)]).toEqual([Number.NaN, Number.NaN, 2, 2]);
});

test("language is kept where it changes", () => {
  const seconds = Float64Array.of(0, 0.1, 0.2, 0.3);
  const texts = new Map([
    ["task", ["a", "a", "a", "a"]],
    ["annotation.step", ["reach", "reach", "grasp", "grasp"]],
  ]);
  expect(textTracks(texts, seconds)).toEqual([{ stream: "annotation.step", from: [0, 0.2], text: ["reach", "grasp"] }]);
});
