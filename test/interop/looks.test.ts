import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawLook } from "../../src/loader/augment/draw.ts";
import { rootKey } from "../../src/loader/order/key.ts";

const SCRIPT = fileURLToPath(new URL("./looks.py", import.meta.url));
const share = fc.double({ min: 0.001, max: 1, noNaN: true });

const cases = fc.sample(
  fc.record({
    dataset: fc.stringMatching(/^[0-9a-f]{1,32}$/),
    seed: fc.maxSafeNat(),
    epoch: fc.oneof(fc.nat({ max: 10 }), fc.maxSafeNat()),
    position: fc.maxSafeNat(),
    flip: share,
    crop: fc.tuple(fc.nat(4096), fc.nat(4096)),
    color: fc.tuple(share, share, share, share),
  }),
  { numRuns: 2000, seed: 20_261_127 },
);

test("a second implementation, in Python, does the same to samples in 2,000 cases", () => {
  const input = cases.map((line) => `${JSON.stringify(line)}\n`).join("");
  const said = execFileSync("python3", [SCRIPT], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  const theirs = JSON.parse(said) as object[];
  expect(theirs).toHaveLength(cases.length);
  for (const [index, { dataset, seed, epoch, position, flip, crop, color }] of cases.entries()) {
    const [brightness, contrast, saturation, hue] = color;
    const wanted = { flip, crop: { height: crop[0], width: crop[1] }, color: { brightness, contrast, saturation, hue } };
    expect(drawLook(rootKey({ dataset, seed }), { epoch, position }, wanted)).toEqual(theirs[index]);
  }
});
