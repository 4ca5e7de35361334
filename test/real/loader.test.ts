import { cp, mkdtemp, realpath, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertPipeline } from "../../src/commands/convert.ts";
import { run } from "../../src/commands/run.ts";
import type { NumberArray, Size } from "../../src/core/batch.ts";
import { openParquet } from "../../src/formats/parquet/read.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { loader } from "../../src/loader/loader.ts";
import type { LoaderBatch, LoaderOptions } from "../../src/loader/types.ts";

const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: the loader over real sets (set TENDON_TEST_DATA to their folder)");

const CAMERA = "observation.images.cam_high";
const G1 = join(data ?? "", "robot", "g1_teleop_v21");
const EPISODES_READ = [0, 7, 19];
const small: Size = { height: 96, width: 128 };

/** An episode as it stands in its own files, read from the first to the last row. */
interface Whole {
  readonly rows: number;
  readonly state: NumberArray;
  readonly action: NumberArray;
  readonly pictures: readonly Uint8Array[];
}

describe.skipIf(data === undefined)("the loader on G1 (v2.1 and v3.0)", () => {
  const whole = new Map<number, Whole>();
  let folder = "";
  let v30 = "";
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-loader-")));
    for (const episode of EPISODES_READ) whole.set(episode, await readWhole(episode));
    const input = await convertPipeline(
      { source: G1, target: join(folder, "out") },
      { to: ["lerobot"], checks: "none", broken: "keep" },
    );
    v30 = (await run(input)).views[0]!.path;
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const options = (path: string): LoaderOptions => ({
    path,
    batchSize: 32,
    seed: 3,
    size: small,
    windows: { [CAMERA]: [-1, 0], "observation.state": [0], action: Array.from({ length: 16 }, (_, step) => step) },
    epochs: 1,
    threads: 2,
  });

  it.each(["v2.1", "v3.0"] as const)(
    "%s: every sample of an epoch is what the files hold, read from their start",
    async (version) => {
      const seen = new Set<string>();
      let compared = 0;
      await using batches = await loader(options(version === "v2.1" ? G1 : v30));
      for await (const batch of batches) {
        for (let sample = 0; sample < batch.samples; sample++) {
          seen.add(`${batch.episode[sample]}:${batch.row[sample]}`);
          const source = whole.get(batch.episode[sample]!);
          if (!source) continue;
          expectSample(batch, sample, source);
          compared++;
        }
      }
      expect(seen.size).toBe(Math.floor(6625 / 32) * 32);
      expect(compared).toBeGreaterThan(850);
      const { decoded, wanted } = batches.counts();
      expect(decoded / wanted).toBeLessThan(1.2);
    },
    120_000,
  );

  it("another world, other threads and a resumed state give the same samples", async () => {
    const uninterrupted = await rows({ ...options(G1), order: "uniform" }, 6);
    await using first = await loader({ ...options(G1), order: "uniform", threads: 1 });
    const begun: string[][] = [];
    for await (const batch of first) {
      begun.push(names(batch));
      if (begun.length === 2) break;
    }
    const state = JSON.parse(JSON.stringify(first.state()));
    expect(JSON.stringify(state).length).toBeLessThan(200);
    const shares = await Promise.all([0, 1].map((rank) => rows({ ...options(G1), order: "uniform", state, rank, world: 2 }, 4)));
    const resumed = shares[0]!.map((own, batch) => [...own, ...shares[1]![batch]!].sort());
    expect([...begun.map((each) => each.sort()), ...resumed]).toEqual(uninterrupted.map((each) => each.sort()));
  }, 120_000);

  it("windows that must lie inside an episode are whole", async () => {
    await using batches = await loader({ ...options(G1), edges: "drop" });
    expect(batches.samples).toBe(6625 - 20 * 16);
    for await (const batch of batches) {
      for (const mask of batch.masks.values()) expect(mask.every((each) => each === 1)).toBe(true);
      if (batch.index > 3) break;
    }
  }, 60_000);

  it("a state of other options, seed or dataset is refused by name", async () => {
    await using batches = await loader(options(G1));
    const state = batches.state();
    await expect(loader({ ...options(G1), seed: 4, state })).rejects.toThrow("was taken with seed 3, this loader has 4");
    await expect(loader({ ...options(G1), batchSize: 16, state })).rejects.toThrow(
      "was taken of another dataset, or with other windows",
    );
  });

  it("a stream that is not there is told with what is", async () => {
    const windows = { "observation.images.cam_hihg": [0] };
    await expect(loader({ ...options(G1), windows })).rejects.toThrow(
      'there is no stream "observation.images.cam_hihg"; did you mean "observation.images.cam_high"?',
    );
    await expect(loader({ ...options(G1), windows: { action: [0.5] } })).rejects.toThrow(
      "must hold whole numbers of rows (got 0.5)",
    );
    await expect(loader({ ...options(G1), threads: 0 })).rejects.toThrow("must be a whole number from 1 to 1024 (got 0)");
    await expect(loader({ ...options(G1), seed: -1 })).rejects.toThrow("must be a whole number from 0 (got -1)");
    await expect(loader({ ...options(G1), windows: { task: [0] } })).rejects.toThrow("instructions come as `tasks`");
  });

  it("what is closed gives an error, not silence", async () => {
    const closed = await loader(options(G1));
    await closed[Symbol.asyncDispose]();
    const read = async () => {
      for await (const _ of closed);
    };
    await expect(read()).rejects.toThrow("the loader was closed");
  });

  it("is closed at any moment, also while its threads decode", async () => {
    // A thread that is ended within a decoder takes the whole process along.
    for (let turn = 0; turn < 30; turn++) {
      await using batches = await loader({ ...options(G1), batchSize: 4 });
      await batches[Symbol.asyncIterator]().next();
      await sleep(turn);
    }
  }, 120_000);

  it("a video that is cut short ends the epoch with its name", async () => {
    const broken = join(folder, "broken");
    await cp(G1, broken, { recursive: true, dereference: true });
    const video = join(broken, "videos", "chunk-000", CAMERA, "episode_000004.mp4");
    await truncate(video, 300_000);
    await using batches = await loader({ ...options(broken), order: "sequential" });
    const read = async () => {
      for await (const _ of batches);
    };
    await expect(read()).rejects.toMatchObject({ code: "bad-data", place: { file: video } });
  }, 60_000);
});

function expectSample(batch: LoaderBatch, sample: number, source: Whole): void {
  const row = batch.row[sample]!;
  const inside = (at: number) => Math.min(source.rows - 1, Math.max(0, at));
  const { data: state } = batch.tensors.get("observation.state")!;
  expect(state.slice(sample * 26, sample * 26 + 26)).toEqual(source.state.slice(row * 26, row * 26 + 26));
  const { data: action } = batch.tensors.get("action")!;
  const mask = batch.masks.get("action")!;
  for (let step = 0; step < 16; step++) {
    const at = (sample * 16 + step) * 26;
    const from = inside(row + step) * 26;
    expect(action.slice(at, at + 26)).toEqual(source.action.slice(from, from + 26));
    expect(mask[sample * 16 + step]).toBe(row + step < source.rows ? 1 : 0);
  }
  const { data: pictures, shape } = batch.tensors.get(CAMERA)!;
  expect(shape).toEqual([32, 2, small.height, small.width, 3]);
  const bytes = small.height * small.width * 3;
  for (const step of [0, 1]) {
    const own = Buffer.from(pictures.buffer, pictures.byteOffset + (sample * 2 + step) * bytes, bytes);
    expect(own.equals(source.pictures[inside(row - 1 + step)]!), `picture of row ${row - 1 + step}`).toBe(true);
  }
  expect(batch.tasks[sample]).toBe("Pick up the yellow bottle on the table.");
}

async function readWhole(episode: number): Promise<Whole> {
  const name = `episode_${String(episode).padStart(6, "0")}`;
  const table = await openParquet(join(G1, "data", "chunk-000", `${name}.parquet`));
  const columns: { [name: string]: NumberArray } = {};
  for (const column of ["observation.state", "action"]) {
    const all = new Float32Array(table.rows * 26);
    let at = 0;
    for await (const rows of table.read({ columns: [column] })) {
      const { values } = rows.columns.get(column) as { values: Float32Array };
      all.set(values, at);
      at += values.length;
    }
    columns[column] = all;
  }
  const video = await openVideo(join(G1, "videos", "chunk-000", CAMERA, `${name}.mp4`));
  const pictures: Uint8Array[] = [];
  const decoder = await (await openCodecs()).decoder(video.config, [{ format: "rgb24", size: small }]);
  const deliver = async (
    _want: number,
    { frames, stride, time }: { frames: SharedArrayBuffer; stride: number; time: BigInt64Array },
  ) => {
    for (let index = 0; index < time.length; index++) pictures.push(new Uint8Array(frames, index * stride, stride).slice());
  };
  for await (const packets of video.packets()) await decoder.push(packets, deliver);
  await decoder.flush(deliver);
  await decoder[Symbol.asyncDispose]();
  await video.close();
  return { rows: table.rows, state: columns["observation.state"]!, action: columns.action!, pictures };
}

const names = (batch: LoaderBatch) => Array.from(batch.row, (row, sample) => `${batch.episode[sample]}:${row}`);

async function rows(options: LoaderOptions, count: number): Promise<string[][]> {
  const all: string[][] = [];
  await using batches = await loader(options);
  for await (const batch of batches) {
    all.push(names(batch));
    if (all.length === count) break;
  }
  return all;
}
