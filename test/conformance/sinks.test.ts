import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Episode } from "../../src/core/episode.ts";
import type { Finding } from "../../src/core/finding.ts";
import type { Json } from "../../src/core/json.ts";
import type { PlacedPart } from "../../src/core/part.ts";
import type { FileReceipt, Sink } from "../../src/core/sink.ts";
import { type Home, openHome } from "../../src/dataset/home.ts";
import { partReader } from "../../src/dataset/partReader.ts";
import { openShelf } from "../../src/dataset/shelf.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { gr00t } from "../../src/sinks/gr00t.ts";
import { lerobot } from "../../src/sinks/lerobot.ts";
import { expectGolden } from "../support/golden.ts";
import { CAMERA, episode, RATE, SCHEMA } from "./sinkEpisodes.ts";

type AnySink = Sink<Json>;

/** Every sink that makes a folder in LeRobot's manner. A new one is a new line. */
const SINKS: { name: string; make: (options?: object) => AnySink }[] = [
  { name: "lerobot", make: (options) => lerobot.create(lerobot.options.parse(options ?? {})) as unknown as AnySink },
  { name: "gr00t", make: (options) => gr00t.create(gr00t.options.parse(options ?? {})) as unknown as AnySink },
];

let folder: string;
let home: Home;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-sinks-"));
  home = await openHome(join(folder, "home"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const drops: string[] = [];
const found: Finding[] = [];
const context = () => ({
  signal: new AbortController().signal,
  seed: 0n,
  log: () => undefined,
  scratch: folder,
  hold: <T extends object>(_key: string, open: () => Promise<T>) => open(),
  drop: (_what: object, reason: string) => void drops.push(reason),
  find: (finding: Finding) => void found.push(finding),
  parts: partReader(home),
});

async function gather(sink: AnySink, of: Episode, placed: Partial<PlacedPart> = {}): Promise<PlacedPart> {
  const shelf = openShelf(home);
  const watcher = await sink.write(of, { ...context(), park: (each, wants) => shelf.park(each, wants) });
  for await (const { want, batch } of of.read(watcher.wants)) await watcher.push(want, batch);
  const part = await watcher.close();
  const rows = (await of.times("observation.state")).time.length;
  const span = { startNs: of.span.start.toString(), endNs: of.span.end.toString() };
  return { part, facts: of.facts, clock: of.clock, ...span, copies: 1, rows, ...placed };
}

let views = 0;

async function arrange(sink: AnySink, placed: readonly PlacedPart[]): Promise<{ view: string; files: FileReceipt[] }> {
  const view = join(folder, `view-${views++}`);
  const plan = { embodiment: "arm", schema: SCHEMA };
  const parts = async function* () {
    yield* placed;
  };
  const files: FileReceipt[] = [];
  for await (const file of sink.layout(plan, parts(), context())) {
    const target = join(view, file.path);
    await mkdir(dirname(target), { recursive: true });
    const result = await sink.build(file, target, context());
    files.push({ ...file, result, bytes: (await stat(target)).size, sha256: "" });
  }
  await sink.finish(plan, { parts, files, folder: view }, context());
  return { view, files };
}

type Row = Record<string, unknown> & { "observation.state": number[]; action: number[]; index: bigint; episode_index: bigint };

async function readRows(view: string, under = "data"): Promise<Row[]> {
  const rows: Row[] = [];
  for (const path of await listFiles(join(view, under), ".parquet")) {
    const bytes = await readFile(path);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    rows.push(...((await parquetReadObjects({ file })) as Row[]));
  }
  return rows;
}

async function listFiles(under: string, extension: string): Promise<string[]> {
  const entries = await readdir(under, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function readMeta(view: string, name: string) {
  return JSON.parse((await readFile(join(view, "meta", name), "utf8")).replaceAll("NaN", "null"));
}

const LENGTHS = [7, 12, 5];

describe.each(SINKS)("a $name view", ({ name, make }) => {
  let view: string;
  let files: FileReceipt[];
  let rows: Row[];
  beforeAll(async () => {
    const sink = make();
    sink.wants(SCHEMA);
    const placed = [
      await gather(sink, episode(1, LENGTHS[0]!, { facts: { split: "train" } })),
      await gather(sink, episode(2, LENGTHS[1]!, { facts: { split: "val" } }), { copies: 2 }),
      await gather(sink, episode(3, LENGTHS[2]!, { facts: { split: "train" } })),
    ];
    ({ view, files } = await arrange(sink, placed));
    rows = await readRows(view);
  });

  test("has every row once a copy, in order, with its numbers and its own time", async () => {
    const written = [1, 2, 2, 3].map((seed) => episode(seed, LENGTHS[seed - 1]!));
    let at = 0;
    for (const [index, of] of written.entries()) {
      const { time } = await of.times("action");
      for await (const { want, batch } of of.read([
        { stream: "observation.state", as: "rows" },
        { stream: "action", as: "rows" },
      ])) {
        if (batch.kind !== "rows") throw new Error("not rows");
        for (let row = 0; row < batch.time.length; row++) {
          const place = at + time.indexOf(batch.time[row]!);
          const column = want === 0 ? "observation.state" : "action";
          expect(rows[place]![column]).toEqual([...batch.values.subarray(row * 2, row * 2 + 2)]);
        }
      }
      for (let frame = 0; frame < time.length; frame++, at++) {
        expect(rows[at]).toMatchObject({
          index: BigInt(at),
          episode_index: BigInt(index),
          frame_index: BigInt(frame),
          timestamp: Math.fround(frame / RATE),
          time_ns: time[frame],
          "next.done": frame === time.length - 1,
        });
      }
    }
    expect(rows).toHaveLength(at);
  });

  test("says what is missing", () => {
    for (const row of rows) {
      const missing = Number(row.frame_index as bigint) % 3 === 1;
      expect(row["observation.force.valid"]).toBe(!missing);
      const [force] = [row["observation.force"]].flat();
      expect(Number.isNaN(force)).toBe(missing);
    }
  });

  test("numbers instructions by first appearance", async () => {
    const annotation = name === "gr00t" ? ["valid"] : [];
    const tasks =
      name === "gr00t"
        ? (await readFile(join(view, "meta/tasks.jsonl"), "utf8"))
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line).task as string)
        : (await readRows(view, "meta")).filter((row) => "task" in row).map((row) => row.task as string);
    expect(tasks).toEqual(["reach", "grasp 1", ...annotation, "grasp 2", "grasp 3"]);
    for (const row of rows) {
      const seed = Number((row.time_ns as bigint) / 5_000_000_000n);
      const expected = (row.frame_index as bigint) < 2n ? "reach" : `grasp ${seed}`;
      expect(tasks[Number(row.task_index)]).toBe(expected);
      const validity = row["annotation.human.validity"];
      expect(name === "gr00t" ? tasks[Number(validity)] : validity).toBe("valid");
    }
  });

  test("shows frame i of each episode at i / rate", async () => {
    const videos = await listFiles(join(view, "videos"), ".mp4");
    const lengths = name === "gr00t" ? [7, 12, 12, 5] : [36];
    expect(videos).toHaveLength(lengths.length);
    for (const [index, path] of videos.entries()) {
      const video = await openVideo(path);
      const { time } = video.times();
      expect(video.frames).toBe(lengths[index]);
      for (let frame = 0; frame < time.length; frame++) {
        expect(Math.abs(Number(time[frame]! - time[0]!) / 1e9 - frame / RATE)).toBeLessThan(1e-6);
      }
      await video.close();
    }
  });

  test("has statistics of just the rows that it holds", async () => {
    const stats = await readMeta(view, "stats.json");
    for (const [column, width] of [
      ["observation.state", 2],
      ["action", 2],
      ["observation.force", 1],
      ["timestamp", 1],
    ] as const) {
      for (let at = 0; at < width; at++) {
        const values = rows.map((row) => [row[column]].flat()[at] as number).filter((value) => !Number.isNaN(value));
        const told = (key: string) => stats[column][key][at] as number;
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
        const sorted = values.toSorted((a, b) => a - b);
        const quantile = (q: number) => {
          const place = q * (sorted.length - 1);
          const low = Math.floor(place);
          return sorted[low]! + (sorted[Math.min(low + 1, sorted.length - 1)]! - sorted[low]!) * (place - low);
        };
        expect(told("min")).toBe(sorted[0]);
        expect(told("max")).toBe(sorted.at(-1));
        expect(told("mean")).toBeCloseTo(mean, 6);
        expect(told("std")).toBeCloseTo(std, 6);
        expect(told("q01")).toBeCloseTo(quantile(0.01), 6);
        expect(told("q99")).toBeCloseTo(quantile(0.99), 6);
      }
    }
  });

  test("has totals, splits and features that are true", async () => {
    const info = await readMeta(view, "info.json");
    expect(info).toMatchObject({
      fps: RATE,
      robot_type: "arm-1",
      total_episodes: 4,
      total_frames: rows.length,
      splits: { train: "0:1,3:4", val: "1:3" },
      features: { [CAMERA]: { shape: [48, 64, 3], info: { "video.codec": "h264", "video.pix_fmt": "yuv420p" } } },
    });
    const columns = Object.entries(info.features).filter(([, feature]) => (feature as { dtype: string }).dtype !== "video");
    expect(Object.keys(rows[0]!).sort()).toEqual(columns.map(([column]) => column).sort());
    if (name === "gr00t") expect(info).toMatchObject({ total_videos: 4, total_chunks: 1, total_tasks: 5 });
    else expect(info).toMatchObject({ total_tasks: 4 });
  });

  test("has the bytes that it had, or another version", async () => {
    const paths = (await readdir(view, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const bytes = paths.map(async ({ parentPath, name: file }) => {
      const path = join(parentPath, file);
      return [
        relative(view, path),
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex"),
      ] as const;
    });
    expectGolden(
      name === "gr00t" ? gr00t : lerobot,
      (await Promise.all(bytes)).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  });

  test("has equal bytes for equal recipes", async () => {
    const sink = make();
    for (const file of files) {
      const again = join(folder, `again-${views++}`);
      await sink.build(file, again, context());
      expect((await readFile(again)).equals(await readFile(join(view, file.path)))).toBe(true);
    }
    const parts = [await gather(sink, episode(1, 7)), await gather(sink, episode(1, 7))];
    expect(parts[0]).toEqual(parts[1]);
  });

  test("drops an episode that cannot be copied where only a copy will do, and says why", async () => {
    await gather(make({ video: "copy" }), episode(1, 5, { copy: false }));
    expect(drops.at(-1)).toBe(`${CAMERA} cannot be copied: its rows skip frames`);
  });

  test("leaves opaque messages out, and says so", async () => {
    const features = { ...SCHEMA.features, "robot.raw": { dtype: "bytes" as const, shape: [] } };
    const schema = { ...SCHEMA, features, grid: { ...SCHEMA.grid!, streams: [...SCHEMA.grid!.streams, "robot.raw"] } };
    expect(make().wants(schema)).toEqual(make().wants(SCHEMA));
    const part = await gather(make(), { ...episode(1, 5), schema });
    expect(part).toEqual(await gather(make(), episode(1, 5)));
    expect(found.at(-1)).toMatchObject({ severity: "note", episode: "robot/1", stream: "robot.raw" });
    expect(found.at(-1)!.message).toContain("left out of the view");
  });

  test("asks for a grid where there is none", () => {
    const { grid: _none, ...schema } = SCHEMA;
    expect(() => make().wants(schema)).toThrow("add `- align: {}`");
  });
});

describe("a lerobot view", () => {
  test("tells where in its joined files each episode stands", async () => {
    const sink = SINKS[0]!.make({ dataFileMb: 0.001, videoFileMb: 0.00007 });
    const placed = [await gather(sink, episode(1, 7)), await gather(sink, episode(2, 5)), await gather(sink, episode(3, 6))];
    const { view } = await arrange(sink, placed);
    const episodes = await readRows(view, "meta/episodes");
    expect(episodes.map((each) => [each.dataset_from_index, each.dataset_to_index, each["data/file_index"]])).toEqual([
      [0n, 7n, 0n],
      [7n, 12n, 0n],
      [12n, 18n, 1n],
    ]);
    const at = (key: string) => episodes.map((each) => each[`videos/${CAMERA}/${key}`]);
    expect(at("file_index")).toEqual([0n, 0n, 1n]);
    expect(at("from_timestamp")).toEqual([0, 7 / RATE, 0]);
    expect(at("to_timestamp")).toEqual([7 / RATE, 12 / RATE, 6 / RATE]);
    expect(episodes[1]![`stats/${CAMERA}/mean`]).toEqual([[[0.5]], [[0.25]], [[0.75]]]);
    expect(await listFiles(join(view, "data"), ".parquet")).toHaveLength(2);
  });
});

describe("a gr00t view", () => {
  test("groups joints by name, prints floats as Python does, and keeps fast actions beside", async () => {
    const sink = SINKS[1]!.make({ for: "n1.7", horizon: 3, nativeActions: true });
    const { view } = await arrange(sink, [await gather(sink, episode(1, 7))]);
    expect(await readMeta(view, "modality.json")).toMatchObject({
      state: { left_arm: { start: 0, end: 1 }, right_arm: { start: 1, end: 2 }, force: { original_key: "observation.force" } },
      video: { head: { original_key: CAMERA } },
      annotation: { "human.task_description": { original_key: "task_index" } },
    });
    expect(await readFile(join(view, "meta/episodes_stats.jsonl"), "utf8")).toContain(
      '"frame_index": {"min": [0.0], "max": [6.0]',
    );
    const relative = await readMeta(view, "relative_stats.json");
    const rows = await readRows(view);
    const chunks = [0, 1, 2, 3, 4].map((row) => Math.fround(rows[row + 2]!.action[0]! - rows[row]!["observation.state"][0]!));
    expect(relative.left_arm.max[2][0]).toBe(Math.max(...chunks));
    expect(relative.left_arm.max).toHaveLength(3);
    expect((await readMeta(view, "stats.json")).__fingerprints__.action).toMatch(/^sha256:[0-9a-f]{64}$/);
    const native = await readRows(view, "native");
    expect(native).toHaveLength(21);
    expect(native[1]).toMatchObject({ "action.fast": [3, 4, 5], timestamp: 0.011111111 });
  });

  test("says what it misses", () => {
    const grid = { ...SCHEMA.grid!, streams: SCHEMA.grid!.streams.filter((stream) => stream !== "action") };
    expect(() => SINKS[1]!.make().wants({ ...SCHEMA, grid })).toThrow("GR00T needs action, what the robot was commanded");
  });
});
