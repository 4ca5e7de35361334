import fc from "fast-check";
import { expect, test } from "vitest";
import { hierarchy, type OrderShape } from "./order/hierarchy.ts";
import { rootKey } from "./order/key.ts";
import { orderQuality } from "./quality.ts";
import { dialled } from "./shape.ts";

const spreadOf = (shape: OrderShape, seed: number, batchSize = 32) =>
  orderQuality(hierarchy(shape, rootKey({ dataset: "d", seed })), { batchSize }).spread;
const sets = fc.record({
  anchors: fc.integer({ min: 5_000, max: 200_000 }),
  seed: fc.nat(),
  batchSize: fc.integer({ min: 8, max: 128 }),
});

test("law: sequential is 0, uniform is 1 within noise", () => {
  fc.assert(
    fc.property(sets, ({ anchors, seed, batchSize }) => {
      expect(spreadOf(dialled(0, anchors), seed, batchSize)).toBeCloseTo(0, 6);
      expect(Math.abs(spreadOf(dialled(1, anchors), seed, batchSize) - 1)).toBeLessThan(0.04);
    }),
    { numRuns: 50 },
  );
});

test("law: turned further, the dial shuffles better, within noise", () => {
  fc.assert(
    fc.property(sets, ({ anchors, seed, batchSize }) => {
      let before = 0;
      for (let step = 0; step <= 10; step++) {
        const spread = spreadOf(dialled(step / 10, anchors), seed, batchSize);
        expect(spread).toBeGreaterThan(before - 0.05);
        before = spread;
      }
    }),
    { numRuns: 12 },
  );
});

test("law: at the uniform end each place of an epoch holds any anchor alike (chi-squared)", () => {
  const [anchors, cells, seeds] = [1000, 20, 400];
  fc.assert(
    fc.property(fc.nat({ max: anchors - 1 }), fc.nat({ max: 2 ** 40 }), (place, first) => {
      const counts = new Uint32Array(cells);
      const drawn = new Float64Array(1);
      for (let seed = first; seed < first + seeds; seed++) {
        hierarchy(dialled(1, anchors), rootKey({ dataset: "d", seed })).fill(0, place, drawn, new Float64Array(1));
        counts[Math.floor((drawn[0]! * cells) / anchors)]!++;
      }
      const expected = seeds / cells;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // With 19 degrees of freedom this is passed by chance once in a million.
      expect(chi).toBeLessThan(62);
    }),
    { numRuns: 40 },
  );
});

test("runs of neighbours are told from samples that are spread", () => {
  const anchors = 60_000;
  const runs = spreadOf({ anchors, run: 16, runsPerGroup: 4 }, 1, 16);
  const mixed = spreadOf({ anchors, run: 16, runsPerGroup: 64 }, 1, 16);
  expect(runs).toBeGreaterThan(0.3);
  expect(runs).toBeLessThan(0.8);
  expect(mixed).toBeGreaterThan(runs + 0.1);
});
