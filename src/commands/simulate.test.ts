import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-simulate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("simulate", () => {
  it("writes recordings and, aside, the truth, and reports both", async () => {
    const out = join(folder, "plain");
    const heard: number[] = [];
    const report = await simulate(out, {
      episodes: 3,
      cameras: "none",
      workers: 2,
      faults: ["nan#1"],
      onProgress: ({ episode }) => {
        if (episode) heard.push(episode.index);
      },
    });
    expect(await readdir(out)).toEqual(["episode_000.mcap", "episode_001.mcap", "episode_002.mcap"]);
    expect(report.episodes.map(({ faults }) => faults.length)).toEqual([0, 1, 0]);
    expect(heard.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    const truth = JSON.parse(await readFile(`${out}-truth/truth.json`, "utf8"));
    expect(truth.episodes).toHaveLength(3);
    for (const { signals } of truth.episodes) {
      const bytes = await readFile(join(`${out}-truth`, signals.file));
      expect(bytes.length).toBe(8 * signals.rows * truth.signalColumns.length);
    }
  }, 60_000);

  it("stops when it is told to, and leaves its folders empty for the next time", async () => {
    const out = join(folder, "stopped");
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const stopped = simulate(out, { episodes: 30, cameras: "none", workers: 1, signal: controller.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(await readdir(out)).toEqual([]);
    expect(await readdir(`${out}-truth`)).toEqual([]);
  }, 60_000);

  it("refuses what cannot be, before it writes anything", async () => {
    const out = join(folder, "refused");
    await expect(simulate(out, { episodes: 0 })).rejects.toThrow(/whole number from 1/);
    await expect(simulate(out, { seed: -1 })).rejects.toThrow(/whole number from 0/);
    await expect(simulate(out, { faults: ["frozen@tail"] })).rejects.toThrow(/no camera "tail"/);
    await expect(simulate(out, { kind: "clips", cameras: "none" })).rejects.toThrow(/clips are pictures/);
    await expect(readdir(out)).rejects.toThrow(/ENOENT/);
    await writeFile(join(folder, "file"), "");
    await expect(simulate(join(folder, "file"), { cameras: "none" })).rejects.toMatchObject({ code: expect.any(String) });
    await expect(simulate(folder, { cameras: "none" })).rejects.toThrow(/is not empty/);
  });

  it("says which episode a fault starts too late for", async () => {
    const late = simulate(join(folder, "late"), { episodes: 1, cameras: "none", faults: ["nan#0:50-51"] });
    await expect(late).rejects.toThrow(/starts at 50 s, but the episode lasts/);
  }, 60_000);
});
