import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loader } from "../../src/loader/loader.ts";
import type { LoaderBatch, LoaderOptions } from "../../src/loader/types.ts";
import { CAMERA, columns, makeDataset } from "../support/lerobotDataset.ts";

const CONFIG = { batchSize: 4, threads: 1, size: { height: 16, width: 16 }, order: "sequential" } as const;
let folder = "";
let set = "";
let other = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-windows-")));
  set = join(folder, "set");
  other = join(folder, "other");
  await makeDataset({ root: set, episodes: 2, rows: 20 });
  const lines = [
    { episode_index: 0, tasks: ["lift the cube"], length: 20, sub_tasks: [sub(2, 8, "reach"), sub(8, 20, "lift")] },
    { episode_index: 1, tasks: ["lift the cube"], length: 20, sub_tasks: [sub(0, 5, "reach")] },
  ];
  await writeFile(join(set, "meta/episodes.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  // A robot with fewer joints and no camera.
  const narrow = (episode: number) => columns(episode).replace(`[i / 10.0, ${episode}, -i]`, "[100 + i]");
  await makeDataset({ root: other, episodes: 1, rows: 12, select: narrow, frames: () => null, info: { robot_type: "small" } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function sub(start: number, end: number, text: string) {
  return { start, end, text };
}

interface Sample {
  readonly where: string;
  readonly task: string | undefined;
  readonly state: readonly number[];
  readonly mask: readonly number[];
  readonly valid: number;
}

async function samplesOf(options: LoaderOptions): Promise<Sample[]> {
  await using batches = await loader(options);
  const samples: Sample[] = [];
  for await (const batch of batches) samples.push(...Array.from({ length: batch.samples }, (_, at) => sampleOf(batch, at)));
  return samples;
}

function sampleOf(batch: LoaderBatch, at: number): Sample {
  const { shape, data } = batch.tensors.get("observation.state")!;
  const across = shape[1]! * shape[2]!;
  return {
    where: `${batch.dataset[at]} ${batch.episode[at]} ${batch.row[at]}`,
    task: batch.tasks[at],
    state: Array.from(data.slice(at * across, (at + 1) * across) as Float32Array),
    mask: Array.from(batch.masks.get("observation.state")!.subarray(at * shape[1]!, (at + 1) * shape[1]!)),
    valid: batch.valid[at]!,
  };
}

test("windows stay within a sub-task, and its text is the task", async () => {
  const windows = { "observation.state": [-1, 0, 1], [CAMERA]: [-1, 0] };
  const samples = await samplesOf({ ...CONFIG, path: set, windows, segments: "sub_tasks", batchSize: 23, epochs: 1 });
  const texts = samples.map(({ where, task }) => `${where} ${task}`);
  expect(texts.slice(0, 7)).toEqual([2, 3, 4, 5, 6, 7].map((row) => `0 0 ${row} reach`).concat("0 0 8 lift"));
  expect(texts.slice(-5)).toEqual([0, 1, 2, 3, 4].map((row) => `0 1 ${row} reach`));
  const last = samples.find(({ where }) => where === "0 0 7")!;
  expect(last.mask).toEqual([1, 1, 0]);
  expect(last.state.filter((_, index) => index % 3 === 2)).toEqual([-6, -7, -7]);
  const first = samples.find(({ where }) => where === "0 0 8")!;
  expect(first.mask).toEqual([0, 1, 1]);
  expect(first.state.filter((_, index) => index % 3 === 2)).toEqual([-8, -8, -9]);
});

test("sub-tasks that no metadata lists are refused", async () => {
  const wrong = { ...CONFIG, path: other, windows: { "observation.state": [0] }, segments: "sub_tasks" as const };
  await expect(loader(wrong)).rejects.toThrow("lists no sub_tasks of any episode");
});

test("a mixture has exact shares, its own epochs of each dataset, and pads the narrower robot", async () => {
  const path = [
    { path: set, weight: 3 },
    { path: other, weight: 1 },
  ];
  await using batches = await loader({ ...CONFIG, path, windows: { "observation.state": [0], [CAMERA]: [0] }, epochs: 2 });
  expect(batches.datasets).toMatchObject([
    { tag: "test_arm", share: 0.75, samples: 40 },
    { tag: "small", share: 0.25, samples: 12 },
  ]);
  expect(batches.samples).toBe(52);
  const rows: number[][] = [[], []];
  for await (const batch of batches) {
    expect([...batch.dataset].filter((each) => each === 1)).toHaveLength(1);
    for (let at = 0; at < batch.samples; at++) {
      const dataset = batch.dataset[at]!;
      rows[dataset]!.push(batch.row[at]!);
      const state = (batch.tensors.get("observation.state")!.data as Float32Array).slice(at * 3, at * 3 + 3);
      const picture = (batch.tensors.get(CAMERA)!.data as Uint8Array).slice(at * 768, (at + 1) * 768);
      expect(Array.from(batch.widths.get("observation.state")!.subarray(at * 3, at * 3 + 3))).toEqual(
        dataset === 1 ? [1, 0, 0] : [1, 1, 1],
      );
      expect(batch.masks.get(CAMERA)![at]).toBe(dataset === 1 ? 0 : 1);
      expect(picture.some((byte) => byte > 0)).toBe(dataset === 0);
      expect(state[0]).toBeCloseTo(dataset === 1 ? 100 + batch.row[at]! : batch.row[at]! / 10);
    }
  }
  expect(rows[1]!.slice(0, 24)).toEqual([...Array(12).keys(), ...Array(12).keys()]);
});

test("a padded tail is marked, and seconds are rows", async () => {
  const samples = await samplesOf({
    ...CONFIG,
    path: set,
    deltaTimestamps: { "observation.state": [-0.1, 0] },
    tail: "pad",
    batchSize: 16,
    epochs: 1,
  });
  expect(samples.map(({ valid }) => valid)).toEqual([...Array(40).fill(1), ...Array(8).fill(0)]);
  expect(samples[5]!.state.filter((_, index) => index % 3 === 2)).toEqual([-4, -5]);
});

test.each([
  [{ deltaTimestamps: { action: [0.05] } }, "0.05 s is no multiple of a frame at 10 Hz"],
  [{ windows: { action: [0] }, deltaTimestamps: { action: [0] } }, "stands in `windows` too"],
  [{ windows: {} }, "names no stream"],
  [{ windows: { actoin: [0] } }, 'there is no stream "actoin"; did you mean "action"?'],
  [{ windows: { action: [0] }, order: 1.5 }, "must be from 0 (sequential) to 1 (uniform) (got 1.5)"],
  [{ windows: { action: [0] }, stride: { index: 2, count: 2 } }, "must be from 0 to 1 (got 2)"],
])("%j is refused", async (wrong, message) => {
  await expect(loader({ batchSize: 4, path: set, ...wrong })).rejects.toThrow(message);
});

test("every second batch is every second batch", async () => {
  const options = { ...CONFIG, path: set, windows: { "observation.state": [0] }, order: "uniform" as const, epochs: 1 };
  const whole = await samplesOf(options);
  const halves = await Promise.all([0, 1].map((index) => samplesOf({ ...options, stride: { index, count: 2 } })));
  const together = Array.from({ length: 10 }, (_, batch) => halves[batch % 2]!.slice(Math.floor(batch / 2) * 4).slice(0, 4));
  expect(together.flat()).toEqual(whole);
});

test("a mixture of a home's views opens by its mixture.json", async () => {
  const datasets = [
    { path: "set", tag: "big", rows: 40, weight: 40 / 52 },
    { path: "other", tag: "small", rows: 12, weight: 12 / 52 },
  ];
  await writeFile(join(folder, "mixture.json"), JSON.stringify({ datasets }));
  await using batches = await loader({ ...CONFIG, path: folder, windows: { "observation.state": [0] } });
  expect(batches.datasets.map(({ tag, share }) => [tag, share])).toEqual([
    ["big", 40 / 52],
    ["small", 12 / 52],
  ]);
});

test("the order of streams in `windows` is no matter", async () => {
  const [one, other] = [
    { "observation.state": [0], action: [0, 1] },
    { action: [0, 1], "observation.state": [0] },
  ];
  const orderOf = async (windows: LoaderOptions["windows"]) => {
    await using batches = await loader({ ...CONFIG, path: set, windows: windows! });
    return batches.state().order;
  };
  expect(await orderOf(one)).toBe(await orderOf(other));
  expect(await orderOf(one)).not.toBe(await orderOf({ "observation.state": [0] }));
});
