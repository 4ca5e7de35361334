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
