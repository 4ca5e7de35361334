import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decided, quiet, seenEpisode } from "./shared/deciding.ts";
import { split } from "./split.ts";

const make = (options: Parameters<typeof split>[0]) => split.create(split.options.parse(options));
const sides = async (options: Parameters<typeof split>[0], episodes: ReturnType<typeof seenEpisode>[], seed = 0n) =>
  new Map((await decided(make(options), episodes, quiet([], seed))).map(({ episode, facts }) => [episode, facts?.split]));
const numbered = (count: number) => Array.from({ length: count }, (_, index) => seenEpisode(`e${index}`));
const task = (episode: string, name: string) =>
  seenEpisode(episode, { facts: { source: "s", tier: "real", origin: { file: episode }, task: name } });

describe("split", () => {
  it("keeps every episode and comes near the shares", async () => {
    const put = [...(await sides({ train: 0.8, val: 0.15, test: 0.05 }, numbered(5000))).values()];
    const share = (side: string) => put.filter((each) => each === side).length / 5000;
    expect(share("train")).toBeCloseTo(0.8, 1);
    expect(share("val")).toBeCloseTo(0.15, 1);
    expect(share("test")).toBeCloseTo(0.05, 1);
  });

  it("never moves an episode when others come or go", async () => {
    const options = { train: 0.5, val: 0.5 };
    const all = await sides(options, numbered(200));
    await fc.assert(
      fc.asyncProperty(fc.subarray(numbered(200), { minLength: 2 }), async (some) => {
        for (const [episode, side] of await sides(options, some)) expect(side).toBe(all.get(episode));
      }),
      { numRuns: 20 },
    );
  });

  it("keeps the pieces of an episode that was cut on one side", async () => {
    const pieces = numbered(200).map((each, index) => ({ ...each, parent: `whole ${Math.floor(index / 4)}` }));
    const put = await sides({ train: 0.5, val: 0.5 }, pieces);
    for (let index = 0; index < 200; index++) expect(put.get(`e${index}`)).toBe(put.get(`e${index - (index % 4)}`));
  });

  it("depends on the seed", async () => {
    const options = { train: 0.5, val: 0.5 };
    expect(await sides(options, numbered(50), 1n)).not.toEqual(await sides(options, numbered(50), 2n));
  });

  it("keeps a task, or any fact, on one side", async () => {
    const episodes = Array.from({ length: 300 }, (_, index) => task(`e${index}`, `task ${index % 30}`));
    const put = await sides({ train: 0.5, val: 0.5, by: "task" }, episodes);
    for (let index = 30; index < 300; index++) expect(put.get(`e${index}`)).toBe(put.get(`e${index % 30}`));
    expect(new Set(put.values()).size).toBe(2);
  });

  it("puts a single task on the larger side, under every seed", async () => {
    const episodes = Array.from({ length: 5 }, (_, index) => task(`e${index}`, "fold"));
    for (let seed = 0n; seed < 40n; seed++) {
      expect([...(await sides({ by: "task" }, episodes, seed)).values()]).toEqual(Array(5).fill("train"));
    }
  });

  it("says which side came out empty", async () => {
    const said: string[] = [];
    await decided(make({ by: "task" }), [task("a", "fold")], quiet(said));
    expect(said).toEqual(["split: val is empty: no group of task fell into its 5 %"]);
  });

  it("refuses shares that do not add up", () => {
    expect(split.options.safeParse({ train: 0.9, val: 0.2 }).error?.issues[0]?.message).toBe(
      "train, val and test must add up to 1 (got 1.1)",
    );
    expect(split.options.safeParse({ train: 0.8, val: 0.1, test: 0.1 }).success).toBe(true);
  });
});
