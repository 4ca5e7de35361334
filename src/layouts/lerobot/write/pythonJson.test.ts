import { expect, test } from "vitest";
import { pythonJson } from "./pythonJson.ts";

test("numbers of a Float64Array are floats to Python, whole ones too", () => {
  const text = pythonJson({
    mean: Float64Array.of(1, -0, 2.5, 1e21, 1e-7),
    count: [3],
    image: [[Float64Array.of(1)]],
    none: undefined,
  });
  expect(text).toBe('{"mean": [1.0, -0.0, 2.5, 1e+21, 1e-7], "count": [3], "image": [[[1.0]]]}');
});

test("a missing float is NaN, and no other number may be", () => {
  expect(pythonJson(Float64Array.of(Number.NaN))).toBe("[NaN]");
  expect(() => pythonJson({ fps: Number.NaN })).toThrow("not JSON");
  expect(() => pythonJson(Float64Array.of(Number.POSITIVE_INFINITY))).toThrow("not JSON");
});

test("objects are indented, arrays stay on a line", () => {
  expect(pythonJson({ a: { b: [1, 2] }, c: {} }, 2)).toBe('{\n  "a": {\n    "b": [1, 2]\n  },\n  "c": {}\n}');
});
