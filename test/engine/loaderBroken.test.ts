import { copyFile, mkdtemp, realpath, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { loader } from "../../src/loader/loader.ts";
import type { LoaderOptions } from "../../src/loader/types.ts";
import { CAMERA, columns, makeDataset, removeClips, writeTable } from "../support/lerobotDataset.ts";

let folder = "";
let set = "";
beforeEach(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-broken-")));
  set = await makeDataset({ root: join(folder, "set"), episodes: 4 });
});
afterAll(async () => {
  await removeClips();
  await rm(folder, { recursive: true, force: true });
});

const videoOf = (episode: number) => join(set, `videos/chunk-000/${CAMERA}/episode_00000${episode}.mp4`);
const tableOf = (episode: number) => join(set, `data/chunk-000/episode_00000${episode}.parquet`);
const options = (): LoaderOptions => ({
  path: set,
  batchSize: 8,
  size: { height: 16, width: 24 },
  threads: 1,
  epochs: 1,
  seed: 3,
  windows: { [CAMERA]: [-1, 0], "observation.state": [0], action: [0, 1, 2] },
});

interface Read {
  readonly skipped: readonly string[];
  readonly reasons: readonly string[];
  readonly batches: number;
  readonly count: number;
}

async function read(given: LoaderOptions): Promise<Read> {
  await using batches = await loader(given);
  const skipped: string[] = [];
  const reasons = new Set<string>();
  let count = 0;
  for await (const batch of batches) {
    count++;
    const odd = new Set(batch.skipped.map(({ sample }) => sample));
    for (const { reason } of batch.skipped) reasons.add(reason);
    for (let at = 0; at < batch.samples; at++) {
      expect(batch.valid[at]).toBe(odd.has(at) ? 0 : 1);
      if (odd.has(at)) skipped.push(`${batch.episode[at]}:${batch.row[at]}`);
    }
    for (const { data } of batch.tensors.values()) expect(Array.from(data, Number).every(Number.isFinite)).toBe(true);
  }
  return { skipped: skipped.sort(), reasons: [...reasons].sort(), batches: count, count: batches.counts().skipped };
}

const whole = (episode: number, from = 0) => Array.from({ length: 20 - from }, (_, row) => `${episode}:${from + row}`).sort();

const BROKEN: readonly [string, { break: () => Promise<void>; skipped: string[]; stop: string | RegExp; file: () => string }][] =
  [
    [
      "a video is missing",
      { break: () => rm(videoOf(2)), skipped: whole(2), stop: /no such file|not there/i, file: () => videoOf(2) },
    ],
    [
      "the first video has no byte",
      { break: () => truncate(videoOf(0), 0), skipped: whole(0), stop: "is empty", file: () => videoOf(0) },
    ],
    [
      "a video is cut short",
      {
        break: () => truncate(videoOf(1), 700),
        skipped: whole(1),
        stop: /cut off|broken|no video|end missing/,
        file: () => videoOf(1),
      },
    ],
    [
      "a number is not one",
      {
        break: () =>
          writeTable(
            tableOf(3),
            columns(3).replace("(i / 10.0 + 0.1)", "").replace("i / 10.0 + 0.1", "CASE WHEN i = 7 THEN 'nan'::FLOAT ELSE i END"),
            20,
          ),
        skipped: ["3:5", "3:6", "3:7"],
        stop: "holds NaN in the window of row",
        file: () => tableOf(3),
      },
    ],
    [
      "a number has no end",
      {
        break: () =>
          writeTable(tableOf(3), columns(3).replace("i / 10.0, 3", "CASE WHEN i = 7 THEN '-inf'::FLOAT ELSE i END, 3"), 20),
        skipped: ["3:7"],
        stop: "holds -Infinity in the window of row 7",
        file: () => tableOf(3),
      },
    ],
    [
      "a table has fewer rows than the metadata says",
      {
        break: () => writeTable(tableOf(1), columns(1), 17),
        skipped: whole(1),
        stop: "episode 1 has 17 rows, the metadata says 20",
        file: () => tableOf(1),
      },
    ],
    [
      "a table is no Parquet",
      {
        break: () => writeFile(tableOf(1), "PAR1 but only at the front"),
        skipped: whole(1),
        stop: "is cut off",
        file: () => tableOf(1),
      },
    ],
    [
      "a table is missing",
      { break: () => rm(tableOf(1)), skipped: whole(1), stop: /no such file|not there/i, file: () => tableOf(1) },
    ],
  ];

describe.each(BROKEN)("%s", (_, broken) => {
  beforeEach(() => broken.break());

  test("stops with the file's name", async () => {
    await expect(read(options())).rejects.toMatchObject({
      message: expect.stringMatching(broken.stop),
      place: { file: broken.file() },
    });
  });

  test("or skips just those samples, whatever the ranks, threads and order", async () => {
    const skip: LoaderOptions = { ...options(), onError: "skip" };
    const alone = await read(skip);
    expect(alone).toMatchObject({ skipped: broken.skipped, batches: 10, count: broken.skipped.length });
    for (const reason of alone.reasons) expect(reason).toContain(broken.file());
    const shares = await Promise.all([0, 1].map((rank) => read({ ...skip, rank, world: 2, threads: 2 })));
    expect(shares.flatMap(({ skipped }) => skipped).sort()).toEqual(broken.skipped);
    expect(await read({ ...skip, threads: 3, order: "uniform" })).toEqual(alone);
    const padded = await read({ ...skip, tail: "pad", batchSize: 80, order: "sequential" });
    expect(padded.count).toBe(broken.skipped.length);
  });
});

test("a video that has too few pictures loses the rows behind its end", async () => {
  await rm(set, { recursive: true });
  await makeDataset({ root: set, episodes: 4, frames: (episode) => (episode === 2 ? 15 : 20) });
  await expect(read(options())).rejects.toThrow("has 15 pictures of this episode");
  expect((await read({ ...options(), onError: "skip" })).skipped).toEqual(whole(2, 15).sort());
});

test("windows longer than every episode leave nothing where they must lie inside", async () => {
  await expect(loader({ ...options(), edges: "drop", windows: { action: [-15, 6] } })).rejects.toThrow(
    "no episode is as long as the windows: they reach from -15 to 6 rows around a row",
  );
});

test("a batch that ranks cannot share is refused", async () => {
  await expect(loader({ ...options(), world: 3 })).rejects.toThrow("8 samples cannot be shared evenly by 3 ranks");
});

describe("a dataset that changes under the reader", () => {
  /** Takes one batch, changes something, and reads on. */
  async function change(what: () => Promise<void>, more: Partial<LoaderOptions> = {}): Promise<void> {
    await using batches = await loader({ ...options(), order: "sequential", epochs: 50, ...more });
    let count = 0;
    for await (const _ of batches) {
      if (count++ === 0) {
        await what();
        await sleep(250);
      }
    }
  }

  test.each([
    [
      "a video is replaced",
      () => videoOf(1),
      () => copyFile(videoOf(2), videoOf(1)).then(() => utimes(videoOf(1), 1, 1)),
      "changed since",
    ],
    ["a video is gone", () => videoOf(1), () => rename(videoOf(1), `${videoOf(1)}.old`), "is gone since"],
    [
      "the list of episodes grows",
      () => join(set, "meta/episodes.jsonl"),
      () => writeFile(join(set, "meta/episodes.jsonl"), "\n", { flag: "a" }),
      "changed since",
    ],
  ])("%s: an error that names it", async (_, file, what, message) => {
    await expect(change(what)).rejects.toMatchObject({
      message: expect.stringContaining(`${message} the loader opened the dataset: open it again`),
      place: { file: file() },
    });
  });

  test("a table that has other rows than the metadata says: an error when it is first read", async () => {
    const narrow = { windows: { action: [0] } };
    const path = await makeDataset({ root: join(folder, "many"), episodes: 8, frames: () => null });
    const table = join(path, "data/chunk-000/episode_000007.parquet");
    await using batches = await loader({ ...options(), ...narrow, path, order: "sequential", epochs: 2 });
    // What is kept needs no reading; a loader of another process reads it for the first time.
    await writeTable(table, columns(7), 19);
    const reading = async () => {
      for await (const _ of batches);
    };
    await expect(reading()).rejects.toThrow("episode 7 has 19 rows, the metadata says 20");
  });
});
