import fc from "fast-check";
import { expect, test } from "vitest";
import { hierarchy } from "./order/hierarchy.ts";
import { rootKey } from "./order/key.ts";
import { mixtureOf } from "./order/mixture.ts";
import { type Draws, drawsOf, type Sequence, sequence } from "./sequence.ts";

const ROOTS = Array.from({ length: 16 }, (_, seed) => rootKey({ dataset: "laws", seed }));
const PER_PROPERTY = 25_000;

/** A loader's order, where it is stopped, and with which worlds it goes on. */
const resumed = fc.record({
  sizes: fc.array(fc.integer({ min: 8, max: 90 }), { minLength: 1, maxLength: 3 }),
  parts: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 }),
  run: fc.integer({ min: 1, max: 20 }),
  runsPerGroup: fc.integer({ min: 1, max: 6 }),
  // Whatever divides it is a world.
  batchSize: fc.constantFrom(1, 2, 4, 6, 8),
  seed: fc.nat({ max: ROOTS.length - 1 }),
  from: fc.nat({ max: 40 }),
  stops: fc.array(fc.record({ batches: fc.integer({ min: 1, max: 3 }), world: fc.nat() }), { minLength: 1, maxLength: 3 }),
});
type Resumed = typeof resumed extends fc.Arbitrary<infer C> ? C : never;
type Tail = "drop" | "wrap" | "pad";

function opened({ sizes, parts, run, runsPerGroup, batchSize, seed }: Resumed, tail: Tail, alone: boolean) {
  const own = alone ? sizes.slice(0, 1) : sizes;
  const orders = own.map((anchors) => hierarchy({ anchors, run, runsPerGroup }, ROOTS[seed]!));
  const mixture = mixtureOf(parts.slice(0, own.length));
  return (rank: number, world: number) => sequence(orders, mixture, { batchSize, tail, rank, world });
}

/** Each sample as one number, ascending. */
function keysOf({ dataset, count, anchor, valid }: Draws): number[] {
  return Array.from(anchor, (at, sample) => (count[sample]! * 1000 + at) * 8 + dataset[sample]! * 2 + valid[sample]!).sort(
    (a, b) => a - b,
  );
}

function batchOf(given: Sequence, batch: number, samples: number): Draws {
  const draws = drawsOf(samples);
  given.fill(batch, draws);
  return draws;
}

test.each([
  ["drop", true],
  ["wrap", true],
  ["pad", true],
  ["drop", false],
] as const)(
  "tail %s, one dataset alone: %s: any stop, resumption and change of world gives the uninterrupted samples",
  (tail, alone) => {
    fc.assert(
      fc.property(resumed, (given) => {
        const at = opened(given, tail, alone);
        const uninterrupted = at(0, 1);
        let batch = given.from;
        for (const { batches, world: wish } of given.stops) {
          const worlds = [1, 2, 3, 4, 6, 8].filter((world) => given.batchSize % world === 0);
          const world = worlds[wish % worlds.length]!;
          const ranks = Array.from({ length: world }, (_, rank) => at(rank, world));
          for (const end = batch + batches; batch < end; batch++) {
            const shares = ranks.map((rank) => batchOf(rank, batch, given.batchSize / world));
            const together = shares.flatMap(keysOf).sort((a, b) => a - b);
            const whole = keysOf(batchOf(uninterrupted, batch, given.batchSize));
            if (together.join() !== whole.join())
              throw new Error(`batch ${batch}, world ${world}: ${together.join()} is not ${whole.join()}`);
          }
        }
      }),
      { numRuns: PER_PROPERTY },
    );
  },
  60_000,
);

test("in every prefix of batches of a mixture each dataset has its share to within less than one sample", () => {
  const mixed = fc.record({
    parts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 2, maxLength: 6 }),
    prefix: fc.nat({ max: 1e9 }),
  });
  fc.assert(
    fc.property(mixed, ({ parts, prefix }) => {
      const mixture = mixtureOf(parts);
      const period = parts.reduce((sum, each) => sum + each, 0);
      for (const [dataset, part] of parts.entries())
        expect(Math.abs(mixture.countBefore(dataset, prefix) * period - part * prefix)).toBeLessThan(period);
    }),
    { numRuns: 5000 },
  );
});
