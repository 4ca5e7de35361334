import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReadEpisode, readMcap, rowsOf, testContext } from "../../test/support/readMcap.ts";
import { simulate as simulateFiles } from "../commands/simulate.ts";
import type { Episode } from "../core/episode.ts";
import { simulate } from "./simulate.ts";

const SETTINGS = {
  episodes: 2,
  seed: 5,
  faults: ["dropped@imu#1:1-1.5", "clock-step#1:2=-0.4", "degrees#1"],
  cameras: "none",
} as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-simulate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(): Promise<Episode[]> {
  const context = testContext();
  const source = simulate.create(simulate.options.parse({ ...SETTINGS, faults: [...SETTINGS.faults] }));
  const episodes: Episode[] = [];
  for await (const partition of source.plan(context)) {
    if ("bad" in partition) throw partition.error;
    for await (const episode of source.open(partition, context)) {
      if ("bad" in episode) throw episode.error;
      episodes.push(episode);
    }
  }
  return episodes;
}

describe("the simulator as a source", () => {
  it("gives what the mcap source reads from recordings of the same", async () => {
    await simulateFiles(join(folder, "out"), { ...SETTINGS, workers: 1 });
    const { episodes: recorded } = await readMcap({ path: join(folder, "out") });
    const live = await open();
    expect(live).toHaveLength(recorded.length);
    for (const [index, episode] of live.entries()) {
      const other = recorded[index]!;
      expect(episode.facts.task).toBe(other.episode.facts.task);
      for (const [stream, feature] of Object.entries(episode.schema.features)) {
        const { names, unit, shape, dtype } = other.episode.schema.features[stream]!;
        expect({ names, unit, shape, dtype }).toEqual({
          names: feature.names,
          unit: feature.unit,
          shape: feature.shape,
          dtype: "float64",
        });
        const own = await readAll(episode, stream);
        expect(own.times).toEqual(timesOf(other, stream));
        expect(own.rows).toEqual(rowsOf(other, stream));
      }
    }
  }, 60_000);

  it("does the same thing again for a near-duplicate, with other noise", async () => {
    const options = simulate.options.parse({ episodes: 2, faults: ["duplicate=0"], cameras: "none" });
    const versions: string[] = [];
    for await (const partition of simulate.create(options).plan(testContext())) {
      if (!("bad" in partition)) versions.push(partition.version);
    }
    expect(new Set(versions).size).toBe(2);
  });

  it("refuses faults that make no sense, with the place", () => {
    const options = simulate.options.parse({ faults: ["frozen@nose"] });
    expect(() => simulate.create(options)).toThrow(/no camera "nose"/);
  });
});

async function readAll(episode: Episode, stream: string): Promise<{ times: bigint[]; rows: number[][] }> {
  const times: bigint[] = [];
  const rows: number[][] = [];
  for await (const { batch } of episode.read([{ stream, as: "rows" }])) {
    if (batch.kind !== "rows") throw new TypeError(batch.kind);
    const width = batch.values.length / batch.time.length;
    times.push(...batch.time);
    for (let row = 0; row < batch.time.length; row++)
      rows.push(Array.from(batch.values.subarray(row * width, (row + 1) * width), Number));
  }
  return { times, rows };
}

function timesOf(read: ReadEpisode, stream: string): bigint[] {
  return read.batches[stream]!.flatMap(({ time }) => [...time]);
}
