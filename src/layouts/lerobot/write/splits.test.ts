import { expect, test } from "vitest";
import { splitOf, splitRanges } from "./splits.ts";

test("sides are ranges of episodes, several where they do not follow each other", () => {
  const ranges = splitRanges();
  for (const side of [undefined, "train", "val", "val", "train", "test"]) ranges.add(side);
  expect(ranges.end()).toEqual({ train: "0:2,4:5", val: "2:4", test: "5:6" });
  expect(splitRanges().end()).toEqual({});
  expect([splitOf({ split: "val" }), splitOf({ split: 3 }), splitOf({})]).toEqual(["val", undefined, undefined]);
});
