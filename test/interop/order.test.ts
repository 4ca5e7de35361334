import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hierarchy } from "../../src/loader/order/hierarchy.ts";
import { rootKey } from "../../src/loader/order/key.ts";

const SCRIPT = fileURLToPath(new URL("./order.py", import.meta.url));

const cases = fc.sample(
  fc.record({
    dataset: fc.string({ maxLength: 40 }),
    seed: fc.maxSafeNat(),
    epoch: fc.oneof(fc.nat({ max: 10 }), fc.maxSafeNat()),
    anchors: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 2 ** 45 })),
    run: fc.integer({ min: 1, max: 300 }),
    runsPerGroup: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 40 })),
    starts: fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 20 }),
  }),
  { numRuns: 3000, seed: 20_261_124 },
);

test("a second implementation, in Python, gives the same order in 3,000 cases", () => {
  const lines = cases.map(({ starts, ...given }) => ({ ...given, positions: starts.map((start) => start % given.anchors) }));
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const said = execFileSync("python3", [SCRIPT], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  const theirs = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as number[]);
  expect(theirs).toHaveLength(lines.length);
  for (const [index, { positions, ...given }] of lines.entries()) {
    const order = hierarchy(given, rootKey(given));
    const ours = positions.map((position) => {
      const anchor = new Float64Array(1);
      order.fill(given.epoch, position, anchor, new Float64Array(1));
      return anchor[0];
    });
    expect(ours, JSON.stringify(given)).toEqual(theirs[index]);
  }
});
