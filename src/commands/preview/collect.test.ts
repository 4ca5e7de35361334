import { expect, it } from "vitest";
import type { Batch } from "../../core/batch.ts";
import { memoryEpisode } from "../../core/memoryEpisode.ts";
import { BUCKETS, type Collected, collector, positions } from "./collect.ts";

it("takes pictures from the first to the last", () => {
  expect(positions(100, 3)).toEqual([0, 50, 99]);
  expect(positions(2, 8)).toEqual([0, 1]);
  expect([positions(100, 1), positions(100, 0), positions(0, 8)]).toEqual([[0], [], []]);
});

it("keeps a spike of one sample in a long stream, and counts what is no number", async () => {
  const count = 100_000;
  const values = new Float64Array(count).fill(1);
  values[50_000] = 9;
  values[7] = Number.NaN;
  const time = BigInt64Array.from({ length: count }, (_, index) => BigInt(index) * 1_000_000n);
  const batch: Batch = { kind: "rows", time, values };
  const schema = { key: "k", embodiment: "e", features: { x: { dtype: "float64", shape: [] } } } as const;
  const episode = memoryEpisode({ id: "a", schema, streams: { x: batch } });
  let collected: Collected | undefined;
  const watcher = await collector(episode, {
    frames: 0,
    done: (one) => {
      collected = one;
    },
  });
  await watcher.push(0, batch);
  await watcher.close();
  expect(collected!.told.streams[0]).toMatchObject({ samples: count, rateHz: 1000, min: 1, max: 9, missing: 1 });
  const { high, low } = collected!.plots.get("x")!;
  expect(high[0]!.filter((value) => value === 9)).toHaveLength(1);
  expect(high[0]!.indexOf(9)).toBe(BUCKETS / 2);
  expect(low[0]!.every((value) => value === 1)).toBe(true);
});
