import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../src/commands/run.ts";
import { openParquet } from "../../src/formats/parquet/read.ts";
import { loader } from "../../src/loader/loader.ts";

const COMMANDS = "action.joint_commands.position";
const OFFSETS = [-2, 0, 1, 2, 3, 4];
let folder = "";
let view = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-native-")));
  const report = await run({
    dataset: join(folder, "out"),
    sources: { sim: { simulate: { episodes: 1, seed: 3, cameras: "none" } } },
    stages: [{ align: { rateHz: 25, keep: [COMMANDS] } }, { assemble: {} }],
    sinks: [{ gr00t: { nativeActions: true } }],
  });
  view = report.views[0]!.path;
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function columnOf(file: string, name: string): Promise<{ values: ArrayLike<number | bigint>; rows: number }> {
  const table = await openParquet(join(view, file));
  const all: (number | bigint)[] = [];
  for await (const { columns } of table.read({ columns: [name] })) {
    const column = columns.get(name)!;
    if (column.kind === "numbers") for (const value of column.values) all.push(value);
  }
  return { values: all, rows: table.rows };
}

test("a window of native actions begins with the first command at or after the row's true time", async () => {
  const rowTime = await columnOf("data/chunk-000/episode_000000.parquet", "time_ns");
  const native = `native/chunk-000/${COMMANDS}/episode_000000.parquet`;
  const time = Array.from((await columnOf(native, "time_ns")).values as ArrayLike<bigint>);
  const { values } = await columnOf(native, COMMANDS);
  await using batches = await loader({
    path: view,
    batchSize: rowTime.rows,
    order: "sequential",
    windows: { "observation.state": [0] },
    nativeWindows: { [COMMANDS]: OFFSETS },
    epochs: 1,
  });
  let beyond = 0;
  for await (const batch of batches) {
    const { data, shape, dtype } = batch.tensors.get(COMMANDS)!;
    expect([dtype, ...shape]).toEqual(["float64", rowTime.rows, OFFSETS.length, 20]);
    for (let row = 0; row < rowTime.rows; row++) {
      const found = time.findIndex((each) => each >= (rowTime.values[row] as bigint));
      const first = found < 0 ? time.length : found;
      OFFSETS.forEach((offset, step) => {
        const wanted = first + offset;
        const inside = wanted >= 0 && wanted < time.length;
        const held = Math.max(0, Math.min(time.length - 1, wanted));
        const at = (row * OFFSETS.length + step) * 20;
        expect(data[at]).toBe(values[held * 20]);
        expect(data[at + 19]).toBe(values[held * 20 + 19]);
        expect(batch.masks.get(COMMANDS)![row * OFFSETS.length + step]).toBe(inside ? 1 : 0);
        if (!inside) beyond++;
      });
    }
  }
  expect(beyond).toBeGreaterThan(0);
  expect(beyond).toBeLessThan(20);
});

test("a stream that has no side-car is told with those that have", async () => {
  const options = { path: view, batchSize: 4, windows: { "observation.state": [0] } };
  await expect(loader({ ...options, nativeWindows: { "action.joint_comands.position": [0] } })).rejects.toThrow(
    `there is no native stream "action.joint_comands.position"; did you mean "${COMMANDS}"?`,
  );
});
