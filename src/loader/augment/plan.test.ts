import { expect, test } from "vitest";
import { planAugmentation } from "./plan.ts";

const camera = { dtype: "video", shape: [480, 640, 3] } as const;
const features = {
  "observation.images.left_wrist": camera,
  "observation.images.right_wrist": camera,
  "observation.images.top": camera,
  action: { dtype: "float32", shape: [2], names: ["left_waist", "right_waist"] },
  "next.reward": { dtype: "float32", shape: [1] },
  task: { dtype: "text", shape: [] },
} as const;
const loaded = { features, streams: Object.keys(features), size: { height: 224, width: 224 } };

test("flips need a mirror for every stream of numbers, or its word that it stays", () => {
  const flip = { robot: "aloha" as const, same: ["next.reward"] };
  const { augmentation, mirrors, cameras } = planAugmentation({ flip }, loaded);
  expect(augmentation).toEqual({ flip: 0.5 });
  expect([...mirrors.keys()]).toEqual(["action"]);
  expect([...mirrors.get("action")!.sign]).toEqual([-1, -1]);
  expect(cameras.get("observation.images.left_wrist")).toBe("observation.images.right_wrist");
  expect(() => planAugmentation({ flip: { robot: "aloha" } }, loaded)).toThrow("cannot be flipped: its numbers have no names");
  const one = { ...loaded, streams: ["observation.images.left_wrist", "action"] };
  expect(() => planAugmentation({ flip }, one)).toThrow("there is no observation.images.right_wrist among the cameras");
});

test("a crop says how large pictures are decoded", () => {
  expect(planAugmentation({ crop: 0.875 }, loaded)).toMatchObject({
    decodeSize: { height: 256, width: 256 },
    augmentation: { crop: { height: 32, width: 32 } },
  });
  expect(planAugmentation({ crop: { height: 240, width: 320 } }, loaded).augmentation.crop).toEqual({ height: 16, width: 96 });
  expect(() => planAugmentation({ crop: { height: 200, width: 320 } }, loaded)).toThrow(
    "pictures of 200 × 320 are too small for parts of 224 × 224",
  );
});

test("without options nothing changes; what is no option is named", () => {
  expect(planAugmentation({}, loaded)).toEqual({
    augmentation: {},
    decodeSize: loaded.size,
    cameras: new Map(),
    mirrors: new Map(),
  });
  expect(planAugmentation({ color: { hue: 0.1, contrast: undefined } }, loaded).augmentation).toEqual({ color: { hue: 0.1 } });
  expect(() => planAugmentation({ color: { hue: 2 } }, loaded)).toThrow("augment.color.hue: ");
});
