import { expect, test } from "vitest";
import {
  aligned,
  all,
  CAMERA,
  frames,
  inMs,
  listen,
  MS,
  ms,
  pictures,
  type Recording,
  record,
  rows,
  STATE,
  text,
  VIDEO,
} from "../../test/support/aligning.ts";
import type { Want } from "../core/batch.ts";
import type { Feature } from "../core/feature.ts";
import { align } from "./align.ts";

/** Frames at 10 Hz; joints at 25 Hz; commands at 10 Hz, between the frames. */
const FIVE_ROWS: Recording = {
  features: { [CAMERA]: VIDEO, "observation.state": STATE, action: { ...STATE, rateHz: 10 } },
  streams: {
    [CAMERA]: frames(ms(1000, 1100, 1200, 1300, 1400)),
    "observation.state": rows(
      ms(990, 1030, 1070, 1110, 1150, 1190, 1230, 1270, 1310, 1350, 1390, 1430),
      [0.99, 1.03, 1.07, 1.11, 1.15, 1.19, 1.23, 1.27, 1.31, 1.35, 1.39, 1.43],
    ),
    action: rows(ms(1020, 1120, 1220, 1320, 1420), [10, 11, 12, 13, 14]),
  },
};

test("the five rows of the docs: newest observation, first command at or after", async () => {
  const episode = await aligned(record(FIVE_ROWS));
  const state = await all(episode, "observation.state");
  const action = await all(episode, "action");
  expect(state.time).toEqual([1000, 1100, 1200, 1300, 1400]);
  expect(state.first).toEqual([990, 1070, 1190, 1270, 1390]);
  expect(state.values).toEqual([0.99, 1.07, 1.19, 1.27, 1.39].map(Math.fround));
  expect(action.first).toEqual([1020, 1120, 1220, 1320, 1420]);
  expect(action.values).toEqual([10, 11, 12, 13, 14]);
  expect(episode.schema.grid).toEqual({ rateHz: 10, camera: CAMERA, streams: [CAMERA, "observation.state", "action"] });
  expect(episode.span).toEqual({ start: 1000n * MS, end: 1500n * MS });
});

test("held takes the newest command; its first row has none and is cut, with the reason", async () => {
  const ear = listen();
  const episode = await aligned(record(FIVE_ROWS), { action: "held" }, ear);
  expect((await all(episode, "action")).first).toEqual([1020, 1120, 1220, 1320]);
  expect((await all(episode, "observation.state")).time).toEqual([1100, 1200, 1300, 1400]);
  expect(ear.drops).toEqual([{ row: 0, reason: "row 0 cut: 1 lack action" }]);
});

test("a masked row says that it has no input, and a held one takes what there was", async () => {
  const streams = { ...FIVE_ROWS.streams, action: rows(ms(1020, 1120), [10, 11]) };
  const masked = await all(await aligned(record({ ...FIVE_ROWS, streams }), { gaps: "mask" }), "action");
  expect(masked.valid).toEqual([1, 1, 0, 0, 0]);
  expect(masked.first).toEqual([1020, 1120, null, null, null]);
  expect(masked.values).toEqual([10, 11, 0, 0, 0]);
  const held = await all(await aligned(record({ ...FIVE_ROWS, streams }), { gaps: "hold" }), "action");
  expect(held.valid).toEqual([1, 1, 1, 1, 1]);
  expect(held.first).toEqual([1020, 1120, 1120, 1120, 1120]);
});

test("of a gap in the midst the longest run stays, and both sides of it are told", async () => {
  const times = [...Array(10).keys()].map((at) => 1000 + at * 100);
  const joints = times.filter((time) => time < 1200 || time > 1500);
  const features = { [CAMERA]: VIDEO, "observation.state": { ...STATE, rateHz: 10 } };
  const streams = { [CAMERA]: frames(ms(...times)), "observation.state": rows(ms(...joints), joints) };
  const ear = listen();
  const episode = await aligned(record({ features, streams }), { toleranceMs: 50 }, ear);
  expect((await all(episode, "observation.state")).time).toEqual([1600, 1700, 1800, 1900]);
  expect(ear.drops).toEqual([
    { row: 0, reason: "rows 0 to 5 (6 rows) cut: 4 lack observation.state; 2 are whole but beyond the gap" },
  ]);
  expect((await pictures(episode)).frames).toEqual([6, 7, 8, 9]);
});

test("an episode without a required stream is dropped, and one without an optional stream masked", async () => {
  const streams = { ...FIVE_ROWS.streams, action: rows(ms(), []) };
  const ear = listen();
  expect(await aligned(record({ ...FIVE_ROWS, streams }), {}, ear)).toBeNull();
  expect(ear.drops).toEqual([{ reason: "no samples of action" }]);
  const features = { ...FIVE_ROWS.features, action: { ...STATE, optional: true } };
  expect((await all(await aligned(record({ features, streams })), "action")).valid).toEqual([0, 0, 0, 0, 0]);
});

test("linear, nearest and window methods say what they were made from", async () => {
  const rule = (method: string) => ({ gaps: "mask", streams: { "observation.*ate": { method } } });
  const linear = await all(await aligned(record(FIVE_ROWS), rule("linear")), "observation.state");
  expect(linear.values.map((value) => Math.round(Number(value) * 1000))).toEqual([1000, 1100, 1200, 1300, 1400]);
  expect([linear.first[0], linear.last[0]]).toEqual([990, 1030]);
  const nearest = await all(await aligned(record(FIVE_ROWS), rule("nearest")), "observation.state");
  expect(nearest.first).toEqual([990, 1110, 1190, 1310, 1390]);
  const mean = await all(await aligned(record(FIVE_ROWS), rule("mean")), "observation.state");
  expect([mean.first[1], mean.last[1]]).toEqual([1030, 1070]);
  expect(Number(mean.values[1])).toBeCloseTo(1.05, 6);
  expect(mean.valid).toEqual([1, 1, 1, 1, 1]);
});

test("text holds until the next, and a row before the first has none", async () => {
  const features = { ...FIVE_ROWS.features, task: { dtype: "text", shape: [] } as Feature };
  const streams = { ...FIVE_ROWS.streams, task: text(ms(1050, 1290), ["reach", "grasp"]) };
  const task = await all(await aligned(record({ features, streams })), "task", "bytes");
  expect(task.values).toEqual(["", "reach", "reach", "grasp", "grasp"]);
  expect(task.valid).toEqual([0, 1, 1, 1, 1]);
});

test("a fixed rate repeats and skips frames, each decoded once", async () => {
  const fast = await aligned(record(FIVE_ROWS), { rateHz: 20 });
  expect(await pictures(fast)).toEqual({
    times: [1000, 1050, 1100, 1150, 1200, 1250, 1300, 1350, 1400],
    frames: [0, 0, 1, 1, 2, 2, 3, 3, 4],
  });
  const slow = await aligned(record(FIVE_ROWS), { rateHz: 5 });
  expect((await pictures(slow)).frames).toEqual([0, 2, 4]);
  expect((await pictures(slow, { only: [0, 2] })).frames).toEqual([0, 4]);
  expect(slow.schema.grid!.camera).toBeUndefined();
});

test("a recording that pairs by position stays as it is at its rate, and gives every n-th row at another", async () => {
  const time = BigInt64Array.from({ length: 7 }, (_, at) => BigInt(Math.round(Math.fround(at / 30) * 1e9)));
  const names = [CAMERA, "observation.state", "action"];
  const recording: Recording = {
    features: {
      [CAMERA]: { ...VIDEO, rateHz: 30 },
      "observation.state": { ...STATE, rateHz: 30 },
      action: { ...STATE, rateHz: 30 },
    },
    streams: {
      [CAMERA]: frames(time),
      "observation.state": rows(time, [0, 1, 2, 3, 4, 5, 6]),
      action: rows(time, [0, 1, 2, 3, 4, 5, 6]),
    },
    grid: { rateHz: 30, streams: names, camera: CAMERA },
    copy: true,
  };
  const episode = record(recording);
  expect(await aligned(episode)).toBe(episode);
  expect(await aligned(episode, { rateHz: 30 })).toBe(episode);
  const half = await aligned(episode, { rateHz: 15 });
  expect((await all(half, "action")).values).toEqual([0, 2, 4, 6]);
  expect((await pictures(half)).frames).toEqual([0, 2, 4, 6]);
  expect((await half.times(CAMERA)).copy).toMatchObject({ can: false, reason: /row 1 takes frame 2 after frame 0/ });
  const twenty = await aligned(episode, { rateHz: 20 });
  expect((await all(twenty, "observation.state")).values).toEqual([0, 1, 3, 4, 6]);
  expect((await all(twenty, "action")).values).toEqual([0, 2, 3, 5, 6]);
});

test("a longer step has the reward of all it was made of, and ends where any of them does", async () => {
  const time = BigInt64Array.from({ length: 6 }, (_, at) => BigInt(Math.round((at * 1e9) / 30)));
  const scalar: Feature = { dtype: "float32", shape: [], rateHz: 30 };
  const episode = record({
    features: { [CAMERA]: { ...VIDEO, rateHz: 30 }, "next.reward": scalar, "next.done": scalar },
    streams: {
      [CAMERA]: frames(time),
      "next.reward": rows(time, [1, 2, 3, 4, 5, 6]),
      "next.done": rows(time, [0, 0, 0, 0, 0, 1]),
    },
    grid: { rateHz: 30, streams: [CAMERA, "next.reward", "next.done"], camera: CAMERA },
  });
  const half = await aligned(episode, { rateHz: 15 });
  expect((await all(half, "next.reward")).values).toEqual([3, 7, 11]);
  expect((await all(half, "next.done")).values).toEqual([0, 0, 1]);
  const twice = await aligned(episode, { rateHz: 60 });
  expect((await all(twice, "next.done")).valid).not.toContain(0);
});

test("video whose every frame is taken is copied; after a cut only from a key frame", async () => {
  const copied = await aligned(record({ ...FIVE_ROWS, copy: true }));
  const { copy, key } = await copied.times(CAMERA);
  expect([copy?.can, [...key!]]).toEqual([true, [1, 0, 1, 0, 1]]);
  const got: number[] = [];
  for await (const { batch } of copied.read([{ stream: CAMERA, as: "packets", encoding: "as recorded" }]))
    got.push(batch.time.length);
  expect(got).toEqual([5]);
  const cut = await aligned(record({ ...FIVE_ROWS, copy: true }), { action: "held" });
  expect((await cut.times(CAMERA)).copy).toMatchObject({ can: false, reason: /cannot be decoded without the frames before/ });
});

test("a range and several wants give the same rows as one whole read", async () => {
  const episode = await aligned(record({ ...FIVE_ROWS, batchRows: 2 }));
  const wants: Want[] = [
    { stream: "action", as: "rows" },
    { stream: CAMERA, as: "frames", format: "rgb24" },
    { stream: "observation.state", as: "rows" },
  ];
  const got: number[][] = [[], [], []];
  const starts: bigint[] = [];
  for await (const { want, batch } of episode.read(wants, { start: 1100n * MS, end: 1400n * MS })) {
    starts.push(batch.time[0]!);
    if (batch.kind === "rows") got[want]!.push(...(batch.values as Float32Array));
    if (batch.kind === "frames") got[want]!.push(...batch.time.keys().map((at) => new Uint8Array(batch.frames)[at * 12]!));
  }
  expect(got).toEqual([[11, 12, 13], [1, 2, 3], [1.07, 1.19, 1.27].map(Math.fround)]);
  expect(starts).toEqual(starts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
});

test("streams that are kept stay at their own rate", async () => {
  const episode = await aligned(record(FIVE_ROWS), { keep: ["observation.st*"] });
  expect(episode.schema.grid!.streams).toEqual([CAMERA, "action"]);
  const got: unknown[] = [];
  for await (const { batch } of episode.read([{ stream: "observation.state", as: "rows" }])) got.push(...inMs(batch.time));
  expect(got).toEqual([1030, 1070, 1110, 1150, 1190, 1230, 1270, 1310, 1350, 1390, 1430]);
  expect(inMs((await episode.times("observation.state")).time)).toEqual(got);
});

test("options that cannot be are told with their place", () => {
  const schema = record(FIVE_ROWS).schema;
  const attempt = (options: object, features = schema.features) =>
    align.create(align.options.parse(options)).schema({ ...schema, features });
  const { [CAMERA]: _, ...blind } = schema.features;
  expect(() => attempt({}, blind)).toThrow(expect.objectContaining({ place: { path: "align.rateHz" } }));
  expect(attempt({ rateHz: 50 }, blind).grid).toEqual({ rateHz: 50, streams: ["observation.state", "action"] });
  expect(() => attempt({ camera: "observation.images.haed" })).toThrow(/did you mean "observation.images.head"/);
  expect(() => attempt({ streams: { actoin: {} } })).toThrow(/no stream "actoin"; did you mean "action"/);
  expect(() => attempt({ streams: { [CAMERA]: { method: "linear" } } })).toThrow(/is video: use previous, next or nearest/);
  expect(() => attempt({ keep: ["*"] })).toThrow(/is a camera/);
  const { rateHz: __, ...unknown } = VIDEO;
  expect(() => attempt({}, { ...schema.features, [CAMERA]: unknown })).toThrow(/say at which rate/);
});

test("a camera that runs at another rate than it says is told", async () => {
  const times = [...Array(12).keys()].map((at) => at * 50);
  const ear = listen();
  await aligned(record({ features: { [CAMERA]: VIDEO }, streams: { [CAMERA]: frames(ms(...times)) } }), {}, ear);
  expect(ear.found[0]).toMatch(/told to come at 10 Hz.*came at 20.00 Hz/);
});
