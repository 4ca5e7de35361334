import { expect, it } from "vitest";
import { avcC, toAccessUnit } from "../formats/video/h264.ts";
import { toAnnexB } from "./annexB.ts";

it("a picture with lengths comes back from a stream with start codes, parameter sets at key frames only", () => {
  const description = avcC(Uint8Array.of(0x67, 66, 0, 30, 1), Uint8Array.of(0x68, 2, 3));
  const config = { codec: "h264", width: 16, height: 16, description };
  const bytes = Uint8Array.of(0, 0, 0, 3, 0x65, 7, 9, 0, 0, 0, 2, 0x41, 5);
  expect(toAccessUnit(toAnnexB({ bytes, key: true }, config))).toEqual({ sample: bytes, key: true, description });
  const later = Uint8Array.of(0, 0, 0, 2, 0x41, 5);
  expect(toAccessUnit(toAnnexB({ bytes: later, key: false }, config))).toEqual({ sample: later, key: false });
});
