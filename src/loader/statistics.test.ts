import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { invert } from "./normalise.ts";
import { partsLane } from "./partsLane.ts";
import { readStatistics, wholeStream } from "./statistics.ts";

const root = await mkdtemp(join(tmpdir(), "tendon-statistics-"));
afterAll(() => rm(root, { recursive: true }));

test("a whole stream is normalised by meta/stats.json, and nothing is lost", async () => {
  expect(await readStatistics(root)).toBeUndefined();
  await mkdir(join(root, "meta"));
  const action = { min: [0, 0, 5], max: [10, 10, 5], q01: [1, 1, 5], q99: [9, 9, 5], mean: [5, 5, 5], std: [2, 2, 0] };
  await writeFile(join(root, "meta/stats.json"), JSON.stringify({ action, "observation.state": { mean: [1], std: [null] } }));
  const statistics = (await readStatistics(root))!;
  const episode = {
    index: 0,
    file: "table.parquet",
    rows: 2,
    columns: new Map([["action", Float32Array.of(0, 10, 5, 12, 5, 5)]]),
    tasks: [],
  };
  const wanted = { min_max: [-1, 1, 0, 1.4, 0, 0], q01_q99: [-1.25, 1.25, 0, 1.75, 0, 0], mean_std: [-2.5, 2.5, 0, 3.5, 0, 0] };
  for (const kind of ["min_max", "q01_q99", "mean_std"] as const) {
    const segment = wholeStream(statistics, "action", { width: 3, kind });
    const columns = { stream: "action", start: 0, end: 3 };
    const lane = partsLane({ name: "action", offsets: [0, 1], parts: [{ columns, segment, beyond: "hold" }] });
    const target = new Float32Array(6);
    lane.fill(episode, 0, target, 0);
    expect([...target]).toEqual(wanted[kind].map(Math.fround));
    const back = invert({ tendon: "normalisation 1", tensors: { action: [segment] } }, "action", target);
    for (const [index, value] of back.entries()) expect(value).toBeCloseTo(episode.columns.get("action")![index]!, 5);
  }
});

test("statistics that are not there, that are no numbers, or of another width", async () => {
  const statistics = (await readStatistics(root))!;
  const take = (stream: string, width: number) => () => wholeStream(statistics, stream, { width, kind: "mean_std" });
  expect(take("actions", 3)).toThrow('has no statistics of actions; did you mean "action"?; there are action, observation.state');
  expect(take("observation.state", 1)).toThrow("has no std of observation.state, or one that is no number");
  expect(take("action", 4)).toThrow("gives 3 numbers as mean of action, which has 4 numbers");
});
