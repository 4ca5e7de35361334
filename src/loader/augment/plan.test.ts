import { expect, test } from "vitest";
import { cropOf, drawnOf, mirrorsOf, parseAugment } from "./plan.ts";

const camera = { dtype: "video", shape: [480, 640, 3] } as const;
const features = {
  "observation.images.left_wrist": camera,
  "observation.images.right_wrist": camera,
  "observation.images.top": camera,
  action: { dtype: "float32", shape: [2], names: ["left_waist", "right_waist"] },
  "next.reward": { dtype: "float32", shape: [1] },
} as const;
const loaded = { features, streams: ["action", "next.reward"] };
const size = { height: 224, width: 224 };

test("flips need a mirror for every stream of numbers, or its word that it stays", () => {
  const augment = parseAugment({ flip: { robot: "aloha", same: ["next.reward"] } });
  const { streams, cameras } = mirrorsOf(augment, loaded);
  expect(drawnOf(augment, { height: 0, width: 0 })).toEqual({ flip: 0.5 });
  expect([...streams.keys()]).toEqual(["action"]);
  expect([...streams.get("action")!.sign]).toEqual([-1, -1]);
  expect(cameras.get("observation.images.left_wrist")).toBe("observation.images.right_wrist");
  const all = parseAugment({ flip: { robot: "aloha" } });
  expect(() => mirrorsOf(all, loaded)).toThrow("cannot be flipped: its numbers have no names");
  const { "observation.images.right_wrist": _, ...one } = features;
  expect(() => mirrorsOf(augment, { ...loaded, features: one })).toThrow(
    "there is no observation.images.right_wrist among the cameras",
  );
});

test("a crop says how large pictures are decoded", () => {
  expect(cropOf(parseAugment({ crop: 0.875 }), size)).toEqual({ height: 32, width: 32 });
  expect(cropOf(parseAugment({ crop: { height: 240, width: 320 } }), size)).toEqual({ height: 16, width: 96 });
  expect(() => cropOf(parseAugment({ crop: { height: 200, width: 320 } }), size)).toThrow(
    "pictures of 200 × 320 are too small for parts of 224 × 224",
  );
});

test("without options nothing changes; what is no option is named", () => {
  const nothing = parseAugment({});
  expect(cropOf(nothing, size)).toEqual({ height: 0, width: 0 });
  expect(drawnOf(nothing, { height: 0, width: 0 })).toEqual({});
  expect(mirrorsOf(nothing, loaded)).toEqual({ streams: new Map(), cameras: new Map() });
  expect(drawnOf(parseAugment({ color: { hue: 0.1, contrast: undefined } }), size)).toEqual({ color: { hue: 0.1 } });
  expect(() => parseAugment({ color: { hue: 2 } })).toThrow("augment.color.hue: ");
});
