import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../core/json.ts";
import { type Home, openHome } from "./home.ts";
import { openReceipts } from "./receipts.ts";

let home: Home;
beforeEach(async () => {
  home = await openHome(await mkdtemp(join(tmpdir(), "tendon-receipts-")));
});
afterEach(() => rm(home.path, { recursive: true, force: true }));

const JSON_VALUE = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const KEY = fc.stringMatching(/^[a-z0-9 :/é]{1,12}$/);

describe("receipts", () => {
  it("hold the last value of every key, here and after opening again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(KEY, JSON_VALUE), { maxLength: 30 }), async (puts) => {
        const fresh = await openHome(await mkdtemp(join(home.path, "views", "each-")));
        const last = new Map(puts);
        {
          await using receipts = await openReceipts(fresh, "w");
          for (const [key, value] of puts) await receipts.put(key, value);
          for (const [key, value] of last) expect(await receipts.get(key)).toEqual(value);
          expect(receipts.size).toBe(last.size);
        }
        await using again = await openReceipts(fresh, "w");
        for (const [key, value] of last) expect(await again.get(key)).toEqual(value);
        expect([again.has("nothing"), await again.get("nothing")]).toEqual([false, null]);
      }),
      { numRuns: 25 },
    );
  });

  it("of many at once are all kept", async () => {
    await using receipts = await openReceipts(home, "w");
    await Promise.all(Array.from({ length: 500 }, (_, index) => receipts.put(`k${index}`, { index })));
    await using again = await openReceipts(home, "other");
    for (let index = 0; index < 500; index++) expect(await again.get(`k${index}`)).toEqual({ index });
  });

  it("of another writer are learned by refreshing", async () => {
    await using one = await openReceipts(home, "run-1");
    await using two = await openReceipts(home, "run-2");
    await one.put("a", 1);
    expect(two.has("a")).toBe(false);
    await two.refresh();
    expect(await two.get("a")).toBe(1);
    await one.put("a", 2);
    await one.put("b", 3);
    await two.refresh();
    expect([await two.get("a"), await two.get("b")]).toEqual([2, 3]);
  });

  it("survive a cut at any byte: whole lines count, the torn one does not", async () => {
    {
      await using receipts = await openReceipts(home, "w");
      for (let index = 0; index < 5; index++) await receipts.put(`key${index}`, { text: "grün ".repeat(index), index });
    }
    const name = (await readdir(home.at("receipts")))[0]!;
    const whole = await readFile(home.at("receipts", name));
    for (let cut = whole.length; cut >= 0; cut--) {
      await truncate(home.at("receipts", name), cut);
      await using receipts = await openReceipts(home, "w");
      const lines = whole.subarray(0, cut).toString("latin1").split("\n").length - 1;
      expect(receipts.size).toBe(lines);
      if (lines > 0) expect(await receipts.get(`key${lines - 1}`)).toMatchObject({ index: lines - 1 });
    }
  });

  it("are forgotten whoever put them, and may be put again", async () => {
    {
      await using first = await openReceipts(home, "run1");
      for (const key of ["a", "b", "c"]) await first.put(key, `${key} of the first`);
    }
    {
      await using second = await openReceipts(home, "run2");
      await second.forget("b");
      expect([second.has("a"), second.has("b"), await second.get("b"), second.size]).toEqual([true, false, null, 2]);
      await second.put("d", "d of the second");
      expect(await second.get("c")).toBe("c of the first");
      await second.forget("c");
      await second.put("c", "c of the second");
    }
    await using third = await openReceipts(home, "run3");
    expect([third.has("b"), await third.get("a"), await third.get("c"), await third.get("d")]).toEqual([
      false,
      "a of the first",
      "c of the second",
      "d of the second",
    ]);
  });

  it("that are garbage count as none", async () => {
    await writeFile(home.at("receipts", "x.jsonl"), '{"k":"a","v":{broken}\n\0\0\0\0\n{"k":"b","v":1}\nnot json\n{"v":1}\n');
    await using receipts = await openReceipts(home, "w");
    expect([await receipts.get("a"), await receipts.get("b")]).toEqual([null, 1]);
  });

  it("may be longer than a block, and are many", async () => {
    {
      await using receipts = await openReceipts(home, "w");
      await receipts.put("long", "x".repeat(3_000_000));
      for (let index = 0; index < 3000; index++) await receipts.put(`k${index}`, "y".repeat(index));
    }
    await using again = await openReceipts(home, "w");
    expect(await again.get("long")).toHaveLength(3_000_000);
    expect(await again.get("k2999")).toHaveLength(2999);
    expect(again.size).toBe(3001);
  });
});
