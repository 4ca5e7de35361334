import fc from "fast-check";
import { expect, test } from "vitest";
import type { PacketsBatch } from "../core/batch.ts";
import type { Context } from "../core/context.ts";
import type { Copy, Episode } from "../core/episode.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { trim } from "./trim.ts";

const SECOND = 1_000_000_000n;
const time = BigInt64Array.from({ length: 10 }, (_, at) => BigInt(at) * SECOND);
const packets: PacketsBatch = {
  kind: "packets",
  time,
  decodeTime: time,
  offsets: BigInt64Array.from({ length: 11 }, (_, at) => BigInt(at)),
  bytes: new Uint8Array(10),
  key: Uint8Array.from([1, 0, 1, 0, 1, 0, 1, 0, 1, 0]),
  config: { codec: "h264", width: 2, height: 2 },
};
const carried = { count: 10, min: [0], max: [1], mean: [0.5], std: [0.1] };

function recording(bFrames = false): Episode {
  const copy: Copy = { can: true, config: packets.config, bFrames, carried };
  return memoryEpisode({
    id: "a",
    schema: {
      key: "k",
      embodiment: "g1",
      features: { camera: { dtype: "video", shape: [2, 2, 3] }, state: { dtype: "float32", shape: [1] } },
      grid: { rateHz: 1, streams: ["state", "camera"] },
    },
    streams: { camera: packets, state: { kind: "rows", time, values: Float32Array.from(time, Number) } },
    span: { start: 0n, end: 10n * SECOND },
    times: { camera: { copy } },
  });
}

async function trimmed(options: object, episode = recording()) {
  const drops: string[] = [];
  const context = { drop: (what: { row?: number }, reason: string) => drops.push(`${what.row ?? "all"}: ${reason}`) };
  const stage = trim.create(trim.options.parse(options));
  return { drops, episode: (await stage.each(episode, context as unknown as Context)) as Episode | null };
}

test("seconds from the start and, negative, from the end; half-open; the rows that go are told", async () => {
  const { episode, drops } = await trimmed({ startSec: 2, endSec: -3 });
  const got: number[] = [];
  for await (const { batch } of episode!.read([{ stream: "state", as: "rows" }])) got.push(...Array.from(batch.time, Number));
  expect(got.map((one) => one / 1e9)).toEqual([2, 3, 4, 5, 6]);
  expect((await episode!.times("state")).time).toEqual(time.subarray(2, 7));
  expect(episode!.span).toEqual({ start: 2n * SECOND, end: 7n * SECOND });
  expect(drops).toEqual(["0: rows 0 to 1 (2 rows): trim from 2 s to -3 s", "7: rows 7 to 9 (3 rows): trim from 2 s to -3 s"]);
});

test("video is still copied from a key frame on, without statistics of what went", async () => {
  const { episode } = await trimmed({ startSec: 2 });
  expect((await episode!.times("camera")).copy).toEqual({ can: true, config: packets.config, bFrames: false });
  const odd = await trimmed({ startSec: 3 });
  expect((await odd.episode!.times("camera")).copy).toMatchObject({ can: false, reason: /frame 3, which is no key frame/ });
  const b = await trimmed({ endSec: 5 }, recording(true));
  expect((await b.episode!.times("camera")).copy).toMatchObject({ can: false, reason: /B-frames/ });
});

test("an episode that nothing is left of is dropped, one that keeps all is untouched", async () => {
  const nothing = await trimmed({ startSec: 20 });
  expect([nothing.episode, nothing.drops]).toEqual([null, ["all: trim from 20 s leaves nothing of an episode of 10.000 s"]]);
  const episode = recording();
  expect((await trimmed({ endSec: 99 }, episode)).episode).toBe(episode);
  expect((await trimmed({ startSec: 2.1, endSec: 2.9 })).drops).toEqual([
    "all: trim from 2.1 s to 2.9 s leaves none of its 10 rows",
  ]);
});

/** Joints at 10 Hz; null is missing. */
function joints(values: readonly (readonly (number | null)[])[]): Episode {
  const width = values[0]!.length;
  const time = BigInt64Array.from(values, (_, at) => BigInt(at) * 100_000_000n);
  return memoryEpisode({
    id: "a",
    schema: {
      key: "k",
      embodiment: "g1",
      features: { "arm.position": { dtype: "float64", shape: [width] }, "action.arm.position": { dtype: "float64", shape: [1] } },
      grid: { rateHz: 10, streams: ["arm.position"] },
    },
    batchRows: 3,
    streams: {
      "arm.position": {
        kind: "rows",
        time,
        values: Float64Array.from(values.flat(), (value) => value ?? 99),
        valid: Uint8Array.from(values.flat(), (value) => (value === null ? 0 : 1)),
      },
      "action.arm.position": { kind: "rows", time, values: Float64Array.from(values, (_, at) => at) },
    },
    span: { start: 0n, end: BigInt(values.length) * 100_000_000n },
  });
}

const rowsOf = async (episode: Episode | null) =>
  [...((await episode?.times("arm.position"))?.time ?? [])].map((one) => Number(one) / 1e8);

test("still edges go, stillness in the middle stays, and what goes is told", async () => {
  const still = (value: number, count: number) => Array.from({ length: count }, () => [value, 0.5]);
  const values = [...still(0, 15), [0.3, 0.5], ...still(0.6, 20), [1, 0.5], ...still(1.01, 12)];
  const { episode, drops } = await trimmed({ idle: { below: 0.02, forSec: 1 } }, joints(values));
  expect(await rowsOf(episode)).toEqual(Array.from({ length: 21 }, (_, at) => 15 + at));
  expect(drops).toEqual([
    "0: rows 0 to 14 (15 rows): trim still edges (within 0.02 for 1 s or more)",
    "36: rows 36 to 48 (13 rows): trim still edges (within 0.02 for 1 s or more)",
  ]);
  const left = await trimmed({ idle: { below: 0.02, forSec: 1, leaveSec: 0.3 } }, joints(values));
  expect(await rowsOf(left.episode)).toEqual(Array.from({ length: 27 }, (_, at) => 12 + at));
  const whole = joints(values);
  expect((await trimmed({ idle: { below: 0.02, forSec: 1.6 } }, whole)).episode).toBe(whole);
});

test("an episode that stands still throughout is dropped; where motion would be looked for is said or asked", async () => {
  const { episode, drops } = await trimmed({ idle: { below: 0.1 } }, joints([[1], [1.05], [1]]));
  expect([episode, drops]).toEqual([
    null,
    ["all: nothing in it moves by more than 0.1: trim still edges (within 0.1 for 1 s or more)"],
  ]);
  const stage = (idle: object) => trim.create(trim.options.parse({ idle: { below: 1, ...idle } }));
  expect(() => stage({}).schema(recording().schema)).toThrow(/no observation.state and no \*.position; name what moves/);
  expect(() => stage({ streams: ["camera"] }).schema(recording().schema)).toThrow(/"camera" is video, not numbers/);
  expect(() => stage({ streams: ["stat"] }).schema(recording().schema)).toThrow(/did you mean "state"/);
});

test("law: nothing that was cut off lies further from its edge than allowed, and what is next to it does", async () => {
  const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 4 }));
  const recorded = fc
    .integer({ min: 1, max: 2 })
    .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 30 }));
  const away = (row: readonly (number | null)[], edge: readonly (number | null)[]) =>
    row.some((one, at) => one !== null && (edge[at] === null || Math.abs(one - edge[at]!) > 1));
  await fc.assert(
    fc.asyncProperty(recorded, async (values) => {
      const { episode } = await trimmed({ idle: { below: 1, forSec: 0 } }, joints(values));
      const first = values.findIndex((row) => away(row, values[0]!));
      const last = values.findLastIndex((row) => away(row, values.at(-1)!));
      const expected = first < 0 ? [] : [...values.keys()].slice(first, Math.max(first, last) + 1);
      expect(await rowsOf(episode)).toEqual(expected);
    }),
  );
});
