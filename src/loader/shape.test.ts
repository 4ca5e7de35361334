import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samplesAtOnce, shapeOf, unitOf } from "./shape.ts";

const ANCHORS = 1_000_000;

/** The order `local` of samples of two pictures, and what of it is decoded together. */
function local({ side, spacing }: { side: number; spacing: number }) {
  const size = { height: side, width: side };
  const bytes = side * side * 3;
  const pictures = [{ bytes, steps: 2, sources: [{ name: "cam", stream: "cam", offsets: Int32Array.of(-1, 0), size }] }];
  const atOnce = samplesAtOnce(pictures);
  const dataset = { keySpacings: new Map([["cam", spacing]]) };
  const shape = shapeOf("local", { anchors: ANCHORS, atOnce, dataset, pictures });
  return { ...shape, group: shape.run * shape.runsPerGroup, unit: unitOf(shape, atOnce), sampleBytes: 2 * bytes };
}

const datasets = fc.record({ side: fc.integer({ min: 16, max: 2160 }), spacing: fc.integer({ min: 1, max: 600 }) });

describe("the order `local`", () => {
  it("has groups that end where batches of 16 do, and decodes each group as a whole", () => {
    fc.assert(
      fc.property(datasets, (given) => {
        const { group, unit } = local(given);
        expect(group % 16).toBe(0);
        expect(unit).toBe(group);
      }),
    );
  });

  it("holds 112 MiB of pictures at once, or one run where that is more", () => {
    fc.assert(
      fc.property(datasets, (given) => {
        const { unit, run, sampleBytes } = local(given);
        expect(unit).toBeLessThanOrEqual(Math.max(run, 48, (112 << 20) / sampleBytes));
      }),
    );
  });

  it("decodes at most a fifth for nothing, as long as three groups of pictures fit into a run", () => {
    fc.assert(
      fc.property(datasets, (given) => {
        if (3 * given.spacing > 96) return;
        // A run begins anywhere in a group of pictures.
        expect(1 + (given.spacing - 1) / 2 / local(given).run).toBeLessThanOrEqual(1.2);
      }),
    );
  });

  it("is what it is for the usual cases", () => {
    const of = (given: { side: number; spacing: number }) => {
      const { run, runsPerGroup, unit } = local(given);
      return [run, runsPerGroup, unit];
    };
    expect(of({ side: 224, spacing: 2 })).toEqual([16, 24, 384]);
    expect(of({ side: 224, spacing: 30 })).toEqual([96, 4, 384]);
    expect(of({ side: 554, spacing: 30 })).toEqual([96, 1, 96]);
    expect(of({ side: 96, spacing: 2 })).toEqual([16, 64, 1024]);
    expect(of({ side: 1080, spacing: 30 })).toEqual([96, 1, 96]);
  });
});
