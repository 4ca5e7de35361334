import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexPackets, ticksToTime } from "./packetIndex.ts";

const index = (ticks: number[], key: number[], timescale = 10) =>
  indexPackets({ timescale, ticks: Float64Array.from(ticks), key: Uint8Array.from(key) });

describe("indexPackets", () => {
  it("gives frame i of 30 Hz the nanosecond nearest to i / 30 s", () => {
    const ticks = Array.from({ length: 1000 }, (_, i) => i * 512);
    const { time, rateHz, bFrames } = index(ticks, ticks.fill.call([...ticks], 1), 15_360);
    expect([...time]).toEqual(ticks.map((_, i) => BigInt(Math.round((i * 1e9) / 30))));
    expect([rateHz, bFrames]).toEqual([30, false]);
  });

  it("sees B-frames, and decodes before it shows", () => {
    const { time, decodeTime, bFrames } = index([0, 3, 1, 2], [1, 0, 0, 0]);
    expect(bFrames).toBe(true);
    expect([...decodeTime]).toEqual([-1n, 0n, 1n, 2n].map((tick) => tick * 100_000_000n));
    expect(time.every((shown, i) => shown >= decodeTime[i]!)).toBe(true);
  });

  it("takes a group for open when a picture before its key frame comes after it", () => {
    expect([...index([0, 1, 4, 2, 3, 5], [1, 0, 1, 0, 0, 0]).key]).toEqual([1, 0, 0, 0, 0, 0]);
    expect([...index([0, 1, 2, 4, 3, 5], [1, 0, 1, 0, 0, 0]).key]).toEqual([1, 0, 1, 0, 0, 0]);
  });

  it.each([
    ["whole milliseconds of 30 Hz", Array.from({ length: 90 }, (_, i) => Math.round((i * 1000) / 30)), 1000, 30],
    ["NTSC", Array.from({ length: 90 }, (_, i) => i * 1001), 30_000, 30_000 / 1001],
    ["a single frame", [0], 1000, 0],
  ])("finds the rate of %s", (_, ticks, timescale, rate) => {
    expect(index(ticks, [], timescale).rateHz).toBe(rate);
  });
});

describe("ticksToTime", () => {
  it("is the nearest nanosecond, halves up", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 1, max: 1e7 }), (ticks, timescale) => {
        const twice = 2n * (ticksToTime(ticks, timescale) * BigInt(timescale) - BigInt(ticks) * 1_000_000_000n);
        expect(twice > -BigInt(timescale) && twice <= BigInt(timescale)).toBe(true);
      }),
    );
  });
});
