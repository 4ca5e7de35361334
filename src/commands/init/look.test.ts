import { expect, it } from "vitest";
import { spread } from "./look.ts";

it("takes a sample from the first recording to the last", () => {
  const all = Array.from({ length: 3000 }, (_, index) => index);
  expect(spread(all, 4)).toEqual([0, 1000, 1999, 2999]);
  expect(new Set(spread(all, 24)).size).toBe(24);
  expect(spread([1, 2], 24)).toEqual([1, 2]);
});
