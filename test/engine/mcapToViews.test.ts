import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openParquet } from "../../src/formats/parquet/read.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { align, assemble, check, gr00t, lerobot, mcap, pipeline, type RunReport, run, trim } from "../../src/index.ts";
import { commandValue, HUMANOID_JOINTS, HUMANOID_START, jointValue, writeHumanoidMcap } from "../support/humanoidMcap.ts";

let folder = "";
let report: RunReport;

/** Two recordings as a robot makes them, turned into both views; the second is cut short by one second. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-mcap-"));
  await mkdir(join(folder, "recordings"));
  for (const name of ["a", "b"]) await writeHumanoidMcap(join(folder, "recordings", `${name}.mcap`));
  report = await run(humanoid("home"), { workers: 2, base: folder });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function humanoid(home: string) {
  return pipeline({
    dataset: home,
    sources: { robot: mcap({ path: "recordings/*.mcap" }) },
    stages: [align(), assemble(), trim({ startSec: 0.2 }), check({ stuck: false })],
    sinks: [gr00t(), lerobot()],
  });
}

async function columnOf(file: string, name: string): Promise<number[][]> {
  const table = await openParquet(file);
  const rows: number[][] = [];
  for await (const batch of table.read({ columns: [name] })) {
    const column = batch.columns.get(name)!;
    if (column.kind !== "numbers") throw new Error(`${name} holds no numbers`);
    const width = column.values.length / batch.rows;
    for (let row = 0; row < batch.rows; row++)
      rows.push(Array.from(column.values.subarray(row * width, (row + 1) * width), Number));
  }
  return rows;
}

describe("recordings of a humanoid", () => {
  test("become both views, and nothing is lost on the way", () => {
    expect(report.failures).toEqual([]);
    expect(report.episodes).toEqual({ read: 2, kept: 2, dropped: 0, failed: 0 });
    expect(report.views.map(({ sink, version }) => [sink, version])).toEqual([
      ["gr00t", "2.1"],
      ["lerobot", "3.0"],
    ]);
  });

  test("each row has the newest joints at or before its frame, and the first command at or after it", async () => {
    const table = join(report.views[0]!.path, "data", "chunk-000", "episode_000000.parquet");
    const times = (await columnOf(table, "time_ns")).map(([time]) => BigInt(time!));
    const state = await columnOf(table, "observation.state");
    const action = await columnOf(table, "action");
    expect(times.length).toBeGreaterThan(20);
    for (const [row, time] of times.entries()) {
      const sinceMs = Number(time - HUMANOID_START) / 1e6;
      const [joint, command] = [Math.floor(sinceMs / 10 + 1e-4), Math.ceil(sinceMs / 20 - 1e-4)];
      for (const [column, expected] of HUMANOID_JOINTS.map((_, index) => jointValue(joint, index)).entries()) {
        expect(state[row]![column]).toBeCloseTo(expected, 5);
        expect(action[row]![column]).toBeCloseTo(commandValue(command, column), 5);
      }
    }
  });

  test("every video has one frame a row, at i / fps, and LeRobot's joins both episodes", async () => {
    const rows = (await columnOf(join(report.views[0]!.path, "data", "chunk-000", "episode_000000.parquet"), "time_ns")).length;
    const cameras = ["observation.images.head", "observation.images.left_wrist"];
    for (const camera of cameras) {
      const own = await openVideo(join(report.views[0]!.path, "videos", "chunk-000", camera, "episode_000000.mp4"));
      expect([own.frames, own.config.codec]).toEqual([rows, "h264"]);
      expect(own.times().time[1]).toBe(BigInt(Math.round(1e9 / own.rateHz)));
      await own.close();
      const joined = await openVideo(join(report.views[1]!.path, "videos", camera, "chunk-000", "file-000.mp4"));
      expect(joined.frames).toBe(2 * rows);
      await joined.close();
    }
  });

  test("YAML's object and the builders' are one pipeline: nothing is done again, and the id is the same", async () => {
    const written = {
      tendon: 1 as const,
      dataset: "home",
      sources: { robot: { mcap: { path: "recordings/*.mcap" } } },
      stages: [{ align: {} }, { assemble: {} }, { trim: { startSec: 0.2 } }, { check: { stuck: false } }],
      sinks: [{ gr00t: {} }, { lerobot: {} }],
    };
    const again = await run(written as never, { workers: 1, base: folder });
    expect(again.snapshot).toBe(report.snapshot);
    expect(again.work.done).toBe(0);
  });
});
