import fc from "fast-check";
import { expect, test } from "vitest";
import { hierarchy, type Order } from "./order/hierarchy.ts";
import { rootKey } from "./order/key.ts";
import { mixtureOf } from "./order/mixture.ts";
import { drawsOf, type SequenceOptions, sequence } from "./sequence.ts";

const cases = fc
  .record({
    anchors: fc.integer({ min: 1, max: 300 }),
    run: fc.integer({ min: 1, max: 40 }),
    runsPerGroup: fc.integer({ min: 1, max: 20 }),
    share: fc.integer({ min: 1, max: 8 }),
    world: fc.integer({ min: 1, max: 6 }),
    tail: fc.constantFrom("drop" as const, "wrap" as const),
    seed: fc.nat(),
  })
  .filter(({ anchors, share, world, tail }) => tail === "wrap" || share * world <= anchors);
type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

const alone = (order: Order, options: SequenceOptions) => sequence([order], mixtureOf([1]), options);

function batchOf(given: Case, rank: number, world: number, batch: number): number[] {
  const order = hierarchy(given, rootKey({ dataset: "d", seed: given.seed }));
  const batchSize = given.share * given.world;
  const draws = drawsOf(batchSize / world);
  alone(order, { batchSize, tail: given.tail, rank, world }).fill(batch, draws);
  return [...draws.anchor];
}

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);

test("ranks share every batch without gap or overlap, and the batch is the same whatever the world", () => {
  fc.assert(
    fc.property(cases, fc.nat({ max: 50 }), (given, batch) => {
      const whole = batchOf(given, 0, 1, batch);
      const shares = Array.from({ length: given.world }, (_, rank) => batchOf(given, rank, given.world, batch));
      expect(sorted(shares.flat())).toEqual(sorted(whole));
      for (const share of shares)
        expect(whole.filter((anchor) => share.includes(anchor)).slice(0, share.length)).toHaveLength(share.length);
    }),
  );
});

test("an epoch holds every sample once, but for the tail that was dropped", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const batchSize = given.share * given.world;
      const perEpoch = Math.floor(given.anchors / batchSize);
      const seen = Array.from({ length: perEpoch }, (_, batch) => batchOf(given, 0, 1, batch)).flat();
      expect(new Set(seen).size).toBe(perEpoch * batchSize);
    }),
  );
});

test("with wrap, the batches together are epoch after epoch", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const wrapped = { ...given, tail: "wrap" as const };
      const batchSize = given.share * given.world;
      const count = Math.ceil((3 * given.anchors) / batchSize);
      const stream = Array.from({ length: count }, (_, batch) => batchOf(wrapped, 0, 1, batch)).flat();
      for (const epoch of [0, 1, 2]) {
        const own = stream.slice(epoch * given.anchors, (epoch + 1) * given.anchors);
        expect(new Set(own).size).toBe(given.anchors);
      }
    }),
    { numRuns: 40 },
  );
});

test.each([
  [{ batchSize: 0, rank: 0, world: 1 }, "must be a whole number from 1 (got 0)"],
  [{ batchSize: 10, rank: 0, world: 4 }, "10 samples cannot be shared evenly by 4 ranks"],
  [{ batchSize: 8, rank: 4, world: 4 }, "must be from 0 to 3 (got 4)"],
  [{ batchSize: 200, rank: 0, world: 1 }, "is 200, but the dataset has 100 samples"],
])("%j is refused", (given, message) => {
  const order = hierarchy({ anchors: 100, run: 10, runsPerGroup: 2 }, rootKey({ dataset: "d", seed: 0 }));
  expect(() => alone(order, { tail: "drop", ...given })).toThrow(message);
});

test("with pad, an epoch holds every sample, and what fills up its last batch is marked", () => {
  fc.assert(
    fc.property(cases, (given) => {
      const batchSize = given.share * given.world;
      const order = hierarchy(given, rootKey({ dataset: "d", seed: given.seed }));
      const padded = alone(order, { batchSize, tail: "pad", rank: 0, world: 1 });
      const seen: number[] = [];
      let filling = 0;
      for (let batch = padded.perEpoch; batch < 2 * padded.perEpoch; batch++) {
        const draws = drawsOf(batchSize);
        padded.fill(batch, draws);
        draws.anchor.forEach((anchor, sample) => {
          if (draws.valid[sample] === 1) seen.push(anchor);
          else filling++;
        });
      }
      expect(sorted(seen)).toEqual(Array.from({ length: given.anchors }, (_, anchor) => anchor));
      expect(filling).toBe(padded.perEpoch * batchSize - given.anchors);
    }),
  );
});

test("in a mixture each dataset goes through its own epochs, and ranks share every batch", () => {
  const mixed = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 5 }),
    parts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5, maxLength: 5 }),
    share: fc.integer({ min: 1, max: 7 }),
    world: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(mixed, ({ sizes, parts, share, world, seed }) => {
      const orders = sizes.map((anchors, index) =>
        hierarchy({ anchors, run: 4, runsPerGroup: 3 }, rootKey({ dataset: String(index), seed })),
      );
      const mixture = mixtureOf(parts.slice(0, sizes.length));
      const batchSize = share * world;
      const seen = sizes.map((): number[] => []);
      for (let batch = 0; batch * batchSize < 300; batch++) {
        const options = { batchSize, tail: "drop" as const };
        const ranks = Array.from({ length: world }, (_, rank) => sequence(orders, mixture, { ...options, rank, world }));
        const shares = ranks.map((rank) => {
          const draws = drawsOf(share);
          rank.fill(batch, draws);
          return [...draws.count.keys()].map((at) => [draws.dataset[at]!, draws.count[at]!, draws.anchor[at]!] as const);
        });
        for (const [dataset, count, anchor] of shares.flat()) seen[dataset]![count] = anchor;
        expect(ranks[0]!.reached(batch)).toEqual(seen.map(({ length }) => length));
      }
      seen.forEach((anchors, dataset) => {
        const size = sizes[dataset]!;
        for (let epoch = 0; (epoch + 1) * size <= anchors.length; epoch++)
          expect(new Set(anchors.slice(epoch * size, (epoch + 1) * size)).size).toBe(size);
      });
    }),
    { numRuns: 100 },
  );
});
