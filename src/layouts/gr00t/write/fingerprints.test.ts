import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { statisticsFingerprints } from "./fingerprints.ts";

test("fingerprints are those of Python's canonical JSON", () => {
  // python: hashlib.sha256(json.dumps({"feature": "action", "dtype": "float32", "shape": [7]}, sort_keys=True, separators=(",", ":")).encode())
  const text = '{"dtype":"float32","feature":"action","shape":[7]}';
  const expected = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const features = { action: { dtype: "float32", shape: [7], names: ["a"] } };
  expect(statisticsFingerprints(features, ["action"])).toEqual({ action: expected });
});

test("letters beyond ASCII are escaped as Python escapes them", () => {
  const features = { é: { dtype: "float32", shape: [1], names: null } };
  const expected = createHash("sha256").update('{"dtype":"float32","feature":"\\u00e9","shape":[1]}').digest("hex");
  expect(statisticsFingerprints(features, ["é"])).toEqual({ é: `sha256:${expected}` });
});
