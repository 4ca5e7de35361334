import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LoaderBenchReport, loaderBench } from "../../src/commands/loaderBench.ts";
import { CAMERA, makeDataset, removeClips } from "../support/lerobotDataset.ts";

let folder = "";
let path = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-loader-bench-")));
  path = await makeDataset({ root: join(folder, "arm"), episodes: 6 });
});
afterAll(async () => {
  await removeClips();
  await rm(folder, { recursive: true, force: true });
});

const SHORT = { seconds: 0.2, batchSize: 8, threads: 2 };

function checkShares({ time }: LoaderBenchReport): void {
  const { consumer, ...threads } = time;
  for (const share of [consumer, ...Object.values(threads)]) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
}

test("tells what was taken, where time went and what the machine could do", async () => {
  const report = await loaderBench(path, { ...SHORT, size: { height: 24, width: 32 } });
  const usual = { [CAMERA]: [-1, 0], "observation.state": [0], action: Array.from({ length: 16 }, (_, step) => step) };
  expect(report.windows).toEqual(usual);
  expect(report.samplesPerSec).toBeGreaterThan(0);
  expect(report.firstBatchSec).toBeGreaterThan(0);
  expect(report.time.decode).toBeGreaterThan(0);
  checkShares(report);
  // What is counted is what was decoded meanwhile: at the ends of so short a time it is not quite what was taken.
  expect(Math.abs(report.decodedPerServed - 1)).toBeLessThan(0.3);
  const { picturesPerSec, samplesPerSec, reached } = report.limit!;
  expect(picturesPerSec).toBeGreaterThan(0);
  expect(reached).toBeCloseTo(report.samplesPerSec / samplesPerSec, 6);
  expect(report.bytes).toMatchObject({ network: 0 });
  expect(report.bytes.memory + report.bytes.disk).toBeGreaterThan(0);
});

test("a uniform order shuffles better than the order of the recording", async () => {
  const [inOrder, uniform] = [
    await loaderBench(path, { ...SHORT, order: "sequential" }),
    await loaderBench(path, { ...SHORT, order: "uniform" }),
  ];
  expect(inOrder.spread).toBeLessThan(0.5);
  expect(uniform.spread).toBeGreaterThan(0.9);
});

test("what a number of samples a second would take is told for this order and the uniform one, by key frames", async () => {
  const { needed } = await loaderBench(path, { ...SHORT, need: 1000 });
  expect(needed!.samplesPerSec).toBe(1000);
  expect(needed!.cores).toBeGreaterThan(0);
  for (const order of ["local", "uniform"]) {
    const own = needed!.otherwise.filter((each) => each.order === order);
    expect(own.map(({ keySpacing }) => keySpacing)).toEqual([2, 8, 30]);
    // A set as small as this is decoded whole: each picture once, for the 20 samples of its episode.
    expect(own.map(({ decodedPerSample }) => decodedPerSample)).toEqual([1, 1, 1]);
  }
});

test("without pictures there is no limit of decoding, and no codec to compare", async () => {
  const report = await loaderBench(path, { ...SHORT, windows: { "observation.state": [0] }, need: 10 });
  expect(report.limit).toBeUndefined();
  expect(report.decodedPerServed).toBe(0);
  expect(report.needed!.otherwise).toEqual([]);
  checkShares(report);
});

test("what is no dataset, or has no such stream, is refused", async () => {
  await expect(loaderBench(join(folder, "nothing"), SHORT)).rejects.toMatchObject({ code: "not-found" });
  const windows = { "observation.stat": [0] };
  await expect(loaderBench(path, { ...SHORT, windows })).rejects.toThrow('did you mean "observation.state"');
  await expect(loaderBench(path, { ...SHORT, signal: AbortSignal.abort() })).rejects.toThrow();
});
