import { expect, test } from "vitest";
import { pixelFormatOf, unreadable } from "./pixels.ts";

const config = (codec: string, description?: number[], pixelFormat?: string) => ({
  codec,
  width: 64,
  height: 48,
  ...(description && { description: Uint8Array.from(description) }),
  ...(pixelFormat && { pixelFormat }),
});
const hevc = (chroma: number, bits: number) => [...new Uint8Array(16), 0xfc | chroma, 0xf8 | (bits - 8), 0];

test("pixel formats are read from the decoder's configuration", () => {
  expect(pixelFormatOf(config("h264", [1, 100, 0, 30]))).toBe("yuv420p");
  expect(pixelFormatOf(config("h264", [1, 110, 0, 30]))).toBe("yuv420p10le");
  expect(pixelFormatOf(config("h264", [1, 244, 0, 30]))).toBeUndefined();
  expect(pixelFormatOf(config("hevc", hevc(1, 8)))).toBe("yuv420p");
  expect(pixelFormatOf(config("hevc", hevc(1, 10)))).toBe("yuv420p10le");
  expect(pixelFormatOf(config("av1", [0x81, 0, 0b0000_1100, 0]))).toBe("yuv420p");
  expect(pixelFormatOf(config("av1", [0x81, 0, 0b0100_1100, 0]))).toBe("yuv420p10le");
  expect(pixelFormatOf(config("av1", [0x81, 0, 0b0000_0000, 0]))).toBe("yuv444p");
  expect(pixelFormatOf(config("vp9"))).toBeUndefined();
});

test("only what every loader reads is copied", () => {
  expect(unreadable(config("h264", [1, 66, 0, 30]))).toBeUndefined();
  expect(unreadable(config("mjpeg"))).toBe("loaders do not read mjpeg (h264, hevc and av1 they do)");
  expect(unreadable(config("hevc", hevc(1, 10)))).toBe("loaders want yuv420p, its pixels are yuv420p10le");
  expect(unreadable(config("h264"))).toBe("the pixel format of its h264 is not told");
});
