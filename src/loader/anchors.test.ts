import { expect, test } from "vitest";
import { anchorsOf } from "./anchors.ts";

test("rows of all episodes are numbered, one behind another", () => {
  const anchors = anchorsOf([3, 0, 2], { least: -1, most: 1, inside: false });
  expect(anchors.count).toBe(5);
  expect(Array.from({ length: 5 }, (_, anchor) => anchors.find(anchor))).toEqual([
    { span: 0, row: 0 },
    { span: 0, row: 1 },
    { span: 0, row: 2 },
    { span: 2, row: 0 },
    { span: 2, row: 1 },
  ]);
});

test("where windows must lie inside, rows too near the ends are none", () => {
  const anchors = anchorsOf([5, 2, 4], { least: -1, most: 2, inside: true });
  expect(Array.from({ length: anchors.count }, (_, anchor) => anchors.find(anchor))).toEqual([
    { span: 0, row: 1 },
    { span: 0, row: 2 },
    { span: 2, row: 1 },
  ]);
});

test("windows longer than every episode are refused", () => {
  expect(() => anchorsOf([5, 2], { least: 0, most: 15, inside: true })).toThrow(
    "no episode is as long as the windows: they reach from 0 to 15 rows around a row",
  );
  expect(() => anchorsOf([], { least: 0, most: 0, inside: false })).toThrow("the dataset has no episode");
});
