import { describe, expect, it } from "vitest";
import { avcCodecString, nalUnits, toAccessUnit } from "./h264.ts";

const START = [0, 0, 0, 1];
const SPS = [0x67, 0x64, 0, 0x0a, 1, 2, 3];
const PPS = [0x68, 9, 8];
const SLICE = [0x65, 0x88, 0, 0, 3, 1, 7];

describe("toAccessUnit", () => {
  it("puts lengths before slices and leaves out delimiter, SEI and parameter sets", () => {
    const annexB = Uint8Array.from([
      ...START,
      9,
      0x10,
      ...START,
      ...SPS,
      ...START,
      ...PPS,
      0,
      0,
      1,
      6,
      5,
      1,
      0x80,
      0,
      0,
      1,
      ...SLICE,
      0,
    ]);
    const unit = toAccessUnit(annexB);
    expect([...unit.sample]).toEqual([0, 0, 0, SLICE.length, ...SLICE]);
    expect(unit.key).toBe(true);
    expect([...unit.description!]).toEqual([1, 0x64, 0, 0x0a, 0xff, 0xe1, 0, 7, ...SPS, 1, 0, 3, ...PPS, 0xfd, 0xf8, 0xf8, 0]);
    expect(avcCodecString(unit.description!)).toBe("avc1.64000a");
  });

  it("knows a slice that is no key frame, without a description", () => {
    const unit = toAccessUnit(Uint8Array.from([...START, 0x41, 1, 2]));
    expect(unit).toEqual({ sample: Uint8Array.from([0, 0, 0, 3, 0x41, 1, 2]), key: false });
  });
});

describe("nalUnits", () => {
  it("finds nothing in bytes without a start code", () => {
    expect(nalUnits(Uint8Array.from([0, 0, 2, 1, 0, 0]))).toEqual([]);
  });

  it("finds start codes wherever they begin", () => {
    for (let lead = 0; lead < 6; lead++) {
      const bytes = Uint8Array.from([...Array(lead).fill(5), 0, 0, 1, 0x41, 2, 0, 0, 1, 0x42]);
      expect(nalUnits(bytes)).toEqual([lead + 3, lead + 5, lead + 8, lead + 9]);
    }
  });
});
