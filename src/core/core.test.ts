import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "./json.ts";
import { memoryEpisode } from "./memoryEpisode.ts";
import { cropBatch } from "./slice.ts";
import { suggest } from "./suggest.ts";
import { fromSeconds, toSeconds } from "./time.ts";

describe("canonical JSON", () => {
  test("is the same text for equal objects, whatever the order of their keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  test("refuses what JSON has no word for", () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(/not JSON: NaN/);
  });
});

describe("did you mean", () => {
  test.each([
    ["algin", "align"],
    ["lerobto", "lerobot"],
    ["xyz", undefined],
  ])("%s: %s", (name, meant) => {
    expect(suggest(name, ["align", "assemble", "lerobot", "gr00t"])).toBe(meant);
  });
});

test("seconds and nanoseconds: there and back within a microsecond over a day", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -86_400_000_000_000n, max: 86_400_000_000_000n }), (time) => {
      const back = fromSeconds(toSeconds(time));
      expect(Number(back - time)).toBeGreaterThan(-1000);
      expect(Number(back - time)).toBeLessThan(1000);
    }),
  );
});

test("a pass in batches of any size gives the same samples, merged by time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (steps, batchRows) => {
        let now = 0;
        const time = BigInt64Array.from(
          steps.map((step) => {
            now += step;
            return BigInt(now);
          }),
        );
        const values = Float64Array.from(time, Number);
        const schema = { key: "", embodiment: "", features: {} };
        const episode = memoryEpisode({
          id: "e",
          schema,
          batchRows,
          streams: { a: { kind: "rows", time, values }, b: { kind: "rows", time, values } },
        });
        const got: Record<number, number[]> = { 0: [], 1: [] };
        let last = -1n;
        for await (const { want, batch } of episode.read([
          { stream: "a", as: "rows" },
          { stream: "b", as: "rows" },
        ])) {
          expect(batch.time[0]! >= last).toBe(true);
          last = batch.time[0]!;
          if (batch.kind === "rows") got[want]!.push(...Array.from(batch.values as Float64Array));
        }
        expect(got).toEqual({ 0: Array.from(values), 1: Array.from(values) });
      },
    ),
  );
});

test("a crop keeps what is inside a half-open range", () => {
  const time = BigInt64Array.from([0n, 1n, 2n, 3n, 4n]);
  const batch = { kind: "rows" as const, time, values: Float32Array.from(time, Number) };
  expect(Array.from(cropBatch(batch, { start: 1n, end: 3n })!.values as Float32Array)).toEqual([1, 2]);
  expect(cropBatch(batch, { start: 9n, end: 10n })).toBeUndefined();
});
