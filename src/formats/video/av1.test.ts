import { describe, expect, it } from "vitest";
import { av1C, av1CodecString, av1PixelFormat, withoutDelimiters } from "./av1.ts";

const DELIMITER = [0x12, 0];
/** Sequence header of SVT-AV1 for 640×480, 8 bits, 4:2:0. */
const HEADER = [0x0a, 0x0b, 0, 0, 0, 0x24, 0xc4, 0xff, 0xdf, 0, 0xbe, 0, 0x10];
const FRAME = [0x32, 3, 1, 2, 3];

describe("av1C", () => {
  it("repeats the sequence header's fields before the header itself", () => {
    const description = av1C(Uint8Array.from([...DELIMITER, ...HEADER, ...FRAME]))!;
    // Just as FFmpeg writes it.
    expect([...description]).toEqual([0x81, 4, 0x0c, 0, ...HEADER]);
    expect(av1CodecString(description)).toBe("av01.0.04M.08");
    expect(av1PixelFormat(description)).toBe("yuv420p");
  });

  it("is absent without a sequence header", () => {
    expect(av1C(Uint8Array.from(FRAME))).toBeUndefined();
  });

  it("refuses units that reach past the end", () => {
    expect(() => av1C(Uint8Array.from([0x32, 9, 1]))).toThrow("whole OBUs");
  });
});

describe("withoutDelimiters", () => {
  it("takes temporal delimiters out wherever they are", () => {
    expect([...withoutDelimiters(Uint8Array.from([...DELIMITER, ...FRAME]))]).toEqual(FRAME);
    expect([...withoutDelimiters(Uint8Array.from([...FRAME, ...DELIMITER, ...FRAME]))]).toEqual([...FRAME, ...FRAME]);
    expect([...withoutDelimiters(Uint8Array.from(DELIMITER))]).toEqual([]);
  });
});
