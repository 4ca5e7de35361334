import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Partition } from "../../core/source.ts";
import type { Receipts } from "../../dataset/receipts.ts";
import type { SourceReply } from "../protocol.ts";
import { backlog, startTally } from "./backlog.ts";

const SOURCE: SourceReply = {
  source: "a",
  schemas: [],
  findings: [],
  watchers: [{ path: "check", kind: "check", at: -1, place: 0, fingerprint: "f" }],
  chain: "c",
};
const nothing = async () => undefined;
const NO_RECEIPTS: Receipts = {
  size: 0,
  has: () => false,
  get: async () => null,
  put: nothing,
  forget: nothing,
  refresh: nothing,
  flush: nothing,
  [Symbol.asyncDispose]: nothing,
};

/** Lists `partitions` in pages as a worker would; what was known at each range, and the pages that were asked for. */
async function listed(partitions: readonly Partition[]) {
  const tally = startTally();
  const pages: number[] = [];
  const known: { episodes: number; whole: boolean }[] = [];
  const ranges = backlog({
    sources: [SOURCE],
    receipts: NO_RECEIPTS,
    list: { path: "", add: nothing, close: nothing },
    tally,
    failed: () => undefined,
    found: () => undefined,
    partitions: async ({ skip, max }) => {
      pages.push(max);
      const page = partitions.slice(skip, skip + max);
      return { partitions: page, failures: [], findings: [], ended: skip + page.length >= partitions.length };
    },
  });
  for await (const _ of ranges) {
    known.push({ episodes: tally.episodes, whole: tally.whole });
    // The page behind this one comes while this range is worked on.
    await setImmediate();
  }
  return { known, pages };
}

const partition = (index: number, episodes?: number): Partition => ({
  key: `p${index}`,
  schema: "s",
  version: "v",
  bytes: 1,
  open: index,
  ...(episodes !== undefined && { episodes }),
});

it("knows the total before the first range where all fits one page", async () => {
  const { known } = await listed(Array.from({ length: 20 }, (_, index) => partition(index, 2)));
  expect(known).toEqual(Array.from({ length: 20 }, () => ({ episodes: 40, whole: true })));
});

it("knows the total at half way at the latest, and says before that it does not", async () => {
  const count = 3841;
  const { known, pages } = await listed(Array.from({ length: count }, (_, index) => partition(index, 1)));
  expect(pages).toEqual([256, 512, 1024, 2048, 4096]);
  expect(known[0]!.whole).toBe(false);
  for (const { episodes, whole } of known) expect(whole).toBe(episodes === count);
  expect(known[Math.floor(count / 2)]).toEqual({ episodes: count, whole: true });
});

it("never calls a total whole where a partition does not say what it holds", async () => {
  const { known } = await listed([partition(0, 3), partition(1)]);
  expect(known).toEqual([
    { episodes: 3, whole: false },
    { episodes: 3, whole: false },
  ]);
});
