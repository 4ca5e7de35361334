import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loader } from "../../src/loader/loader.ts";
import { hierarchy } from "../../src/loader/order/hierarchy.ts";
import { rootKey } from "../../src/loader/order/key.ts";
import { mixtureOf } from "../../src/loader/order/mixture.ts";
import { makeDataset } from "../support/lerobotDataset.ts";

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
  const theirs = asked<number[]>(lines);
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

test("the schedule of a mixture is the same, over its period", () => {
  const parts = fc.sample(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), { numRuns: 300, seed: 7 });
  const theirs = asked<number[]>(parts.map((each) => ({ parts: each })));
  for (const [index, each] of parts.entries()) {
    const mixture = mixtureOf(each);
    expect(Array.from({ length: mixture.period }, (_, position) => mixture.at(position).dataset)).toEqual(theirs[index]);
  }
});

test("a whole loader gives each rank of a mixture what the second implementation does", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tendon-order-"));
  try {
    const path = [
      { path: await makeDataset({ root: join(folder, "a"), episodes: 3, rows: 20, frames: () => null }), weight: 3 },
      { path: await makeDataset({ root: join(folder, "b"), episodes: 2, rows: 7, frames: () => null }), weight: 2 },
    ];
    const options = { path, batchSize: 12, seed: 9, windows: { action: [0] }, order: { run: 5, runsPerGroup: 3 } } as const;
    for (const world of [1, 2, 3]) {
      const ours: number[][][][] = [];
      let order = "";
      for (let rank = 0; rank < world; rank++) {
        await using batches = await loader({ ...options, rank, world });
        order = batches.state().order;
        for await (const { index, samples, dataset, episode, row } of batches) {
          if (index === 20) break;
          const ranks = ours[index] ?? [];
          ours[index] = ranks;
          ranks[rank] = Array.from({ length: samples }, (_, at) => [dataset[at]!, episode[at]!, row[at]!]);
        }
      }
      const shapes = [options.order, options.order];
      const lengths = [Array(3).fill(20), Array(2).fill(7)];
      const batches = [...ours.keys()];
      const [theirs] = asked([{ parts: [3, 2], batchSize: 12, seed: 9, order, shapes, lengths, batches, world }]);
      for (const batch of batches) expect(ours[batch], `batch ${batch}, world ${world}`).toEqual((theirs as unknown[])[batch]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function asked<T>(cases: readonly object[]): T[] {
  const input = cases.map((each) => `${JSON.stringify(each)}\n`).join("");
  const said = execFileSync("python3", [SCRIPT], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  return said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
