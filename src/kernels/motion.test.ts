import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Motion } from "./motion.ts";

const samples = (...rows: readonly [time: number, ...values: number[]][]) => ({
  time: BigInt64Array.from(rows, ([time]) => BigInt(time)),
  values: Float64Array.from(rows.flatMap(([, ...values]) => values)),
});

describe("motion", () => {
  it("keeps the least and greatest of each channel and block", () => {
    const motion = new Motion(2, { blockNs: 10, bytesMax: 1 << 20 });
    motion.add(samples([100, 1, -1], [105, 3, -2], [112, 2, 8]));
    expect(motion.blocks).toBe(2);
    expect([motion.least(0, 0), motion.greatest(0, 0), motion.least(1, 1)]).toEqual([1, 3, 8]);
    expect(motion.spread(1)).toBe(10);
    expect(motion.spread(1, 0, 1)).toBe(1);
    expect(motion.blockStart(1)).toBe(110n);
  });

  it("leaves out what is masked", () => {
    const motion = new Motion(2, { blockNs: 10, bytesMax: 1 << 20 });
    motion.add({ ...samples([0, 1, 1], [1, 9, 9]), valid: Uint8Array.of(1, 0) });
    expect(motion.spread(0)).toBe(0);
    motion.add({ ...samples([2, 9, 5]), valid: Uint8Array.of(0, 1) });
    expect([motion.spread(0), motion.spread(1)]).toEqual([0, 4]);
  });

  it("gives the blocks that lie wholly between two times", () => {
    const motion = new Motion(1, { blockNs: 10, bytesMax: 1 << 20 });
    motion.add(samples([0, 0], [99, 0]));
    expect(motion.between(15n, 52n)).toEqual({ from: 2, to: 5 });
    expect(motion.between(15n, 18n)).toEqual({ from: 1, to: 2 });
  });

  it("never outgrows its bytes, and never loses an extreme", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: -1000, max: 1000 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (rows) => {
        const sorted = rows.toSorted(([a], [b]) => a - b);
        const motion = new Motion(1, { blockNs: 7, bytesMax: 8 * 16 });
        motion.add(samples(...sorted));
        expect(motion.blocks).toBeLessThanOrEqual(16);
        const values = sorted.map(([, value]) => value);
        expect(motion.spread(0)).toBe(Math.max(...values) - Math.min(...values));
      }),
    );
  });

  it("survives a clock that leaps by years", () => {
    const motion = new Motion(1, { blockNs: 50_000_000, bytesMax: 1 << 10 });
    motion.add({ time: BigInt64Array.of(0n, 2n ** 60n), values: Float64Array.of(1, 2) });
    expect(motion.spread(0)).toBe(1);
  });
});
