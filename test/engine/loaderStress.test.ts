import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { arrayOf } from "../../src/loader/layout.ts";
import { sharedMemory } from "../../src/loader/memory.ts";
import { openLoader } from "../../src/loader/open.ts";
import type { LoaderOptions } from "../../src/loader/types.ts";
import { CAMERA, makeDataset, removeClips } from "../support/lerobotDataset.ts";

let folder = "";
let sets: string[] = [];
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-stress-")));
  const make = (name: string, more: object) => makeDataset({ root: join(folder, name), ...more });
  sets = [
    await make("whole", { episodes: 5 }),
    await make("blind", { episodes: 2, frames: () => null }),
    await make("gaps", { episodes: 3, frames: (episode: number) => (episode === 1 ? null : 20) }),
  ];
});
afterAll(async () => {
  await removeClips();
  await rm(folder, { recursive: true, force: true });
});

const runs = fc.record({
  datasets: fc.constantFrom([0], [2], [0, 1], [0, 1, 2]),
  batchSize: fc.constantFrom(4, 8, 12),
  world: fc.constantFrom(1, 2, 4),
  stride: fc.constantFrom(1, 3),
  order: fc.constantFrom("local" as const, "uniform" as const, "sequential" as const),
  tail: fc.constantFrom("drop" as const, "wrap" as const, "pad" as const),
  threads: fc.constantFrom(1, 2),
  slots: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
  /** After how many batches held at once each is given back, and how long that takes. */
  held: fc.array(fc.record({ most: fc.integer({ min: 1, max: 6 }), waitMs: fc.constantFrom(0, 0, 1, 3) }), {
    minLength: 3,
    maxLength: 9,
  }),
});
type Run = typeof runs extends fc.Arbitrary<infer C> ? C : never;

/** What stands in each batch of one consumer, read when the batch is given back and not before. */
async function consume(options: LoaderOptions, { slots, held }: Pick<Run, "slots" | "held">): Promise<Map<number, string>> {
  const opened = await openLoader({ ...options, verify: true });
  const { layout } = opened;
  const memory = sharedMemory(slots, layout.bytes);
  await using started = opened.start(memory);
  const { batches } = started;
  const seen = new Map<number, string>();
  const kept: { slot: number; index: number }[] = [];
  const giveBack = () => {
    const { slot, index } = kept.shift()!;
    if (memory.kind !== "shared") throw new TypeError("expected memory of this process");
    const fields = layout.fields.map((field) => Array.from(arrayOf(field, memory.buffers[slot]!), Number).join(","));
    seen.set(index, fields.join(";"));
    batches.release(slot);
  };
  for (let turn = 0, ready = await batches.next(); ready; ready = await batches.next(), turn++) {
    const { most, waitMs } = held[turn % held.length]!;
    kept.push(ready);
    // Whoever holds all there is gets no other.
    while (kept.length >= Math.min(most, slots)) {
      if (waitMs > 0) await sleep(waitMs);
      giveBack();
    }
  }
  while (kept.length > 0) giveBack();
  return seen;
}

test("with few slots, held long, shared by ranks and strides, batches are those of a reader in no hurry", async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ datasets, world, stride, slots, held, threads, ...same }) => {
      const options: LoaderOptions = {
        ...same,
        path: datasets.map((index) => sets[index]!),
        epochs: 2,
        size: { height: 4, width: 4 },
        onError: "skip",
        windows: { [CAMERA]: [-1, 0], "observation.state": [0, 1] },
      };
      for (let rank = 0; rank < world; rank++) {
        const calm = await consume({ ...options, rank, world, threads: 1 }, { slots: 40, held: [{ most: 1, waitMs: 0 }] });
        const own = await Promise.all(
          Array.from({ length: stride }, (_, index) =>
            consume({ ...options, rank, world, threads, stride: { index, count: stride } }, { slots, held }),
          ),
        );
        const together = new Map(own.flatMap((each) => [...each]).sort(([a], [b]) => a - b));
        expect([...together.keys()]).toEqual([...calm.keys()]);
        for (const [index, batch] of together) expect(batch, `batch ${index}`).toBe(calm.get(index));
      }
    }),
    { numRuns: 8, seed: 20_261_127 },
  );
}, 240_000);

test("a loader that is closed while it works ends quietly, and says so to whoever asks on", async () => {
  for (const waitMs of [0, 1, 5, 20, 60]) {
    const opened = await openLoader({ path: sets[0]!, batchSize: 4, windows: { [CAMERA]: [0] }, threads: 2 });
    const started = opened.start(sharedMemory(opened.slots, opened.layout.bytes));
    const asked = started.batches.next().catch((thrown: unknown) => thrown);
    await sleep(waitMs);
    await started[Symbol.asyncDispose]();
    const answer = await asked;
    if (answer instanceof Error) expect(answer.message).toContain("the loader was closed");
  }
});
