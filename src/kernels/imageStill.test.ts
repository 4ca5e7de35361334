import { describe, expect, it } from "vitest";
import { type StillLimits, StillRuns } from "./imageStill.ts";

const limits: StillLimits = { meanMax: 1, largestMax: 2, minNs: 3n, minFrames: 3, runsMax: 10 };

/** One run of pictures of four equal pixels, a nanosecond apart. */
function runs(greys: readonly number[], change: Partial<StillLimits> = {}): StillRuns {
  const still = new StillRuns(4, { ...limits, ...change });
  const pixels = new Uint8Array(4 * greys.length);
  greys.forEach((grey, index) => {
    pixels.fill(grey, index * 4, index * 4 + 4);
  });
  greys.forEach((_grey, index) => {
    still.push(BigInt(index), pixels, index * 4);
  });
  still.close(BigInt(greys.length));
  return still;
}

describe("still runs", () => {
  it("last from the first of equal pictures to the first that differs, and tell the jump", () => {
    expect(runs([1, 5, 5, 6, 5, 50, 60]).runs).toEqual([
      { start: 1n, end: 5n, frames: 4, worst: 1, jump: { mean: 45, largest: 45 } },
    ]);
  });

  it("at the end of the stream have no jump", () => {
    expect(runs([1, 9, 9, 9]).runs).toEqual([{ start: 1n, end: 4n, frames: 3, worst: 0 }]);
  });

  it("do not follow slow motion: each picture is held against the first", () => {
    expect(runs([1, 2, 3, 4, 5, 6, 7, 8]).runs).toEqual([]);
  });

  it("that are short in time or pictures are left out, and too many only counted", () => {
    expect(runs([5, 5, 9, 9, 1]).runs).toEqual([]);
    const many = runs([5, 5, 5, 9, 9, 9, 5, 5, 5], { runsMax: 1 });
    expect(many.runs).toHaveLength(1);
    expect(many.count).toBe(3);
  });
});
