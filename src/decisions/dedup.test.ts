import { describe, expect, it } from "vitest";
import type { BytesBatch, PacketsBatch, RowsBatch } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { Json } from "../core/json.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { dedup } from "./dedup.ts";
import { decided, quiet, seenEpisode } from "./shared/deciding.ts";

interface Made {
  readonly startNs?: bigint;
  readonly pose?: number;
  readonly picture?: number;
  readonly batchRows?: number;
  readonly valid?: Uint8Array;
  readonly label?: string;
}

const config = { codec: "h264", width: 4, height: 4, description: Uint8Array.of(1) };

function recording(id: string, made: Made = {}): Episode {
  const start = made.startNs ?? 0n;
  const time = BigInt64Array.from({ length: 10 }, (_, row) => start + BigInt(row) * 100n);
  const values = Float32Array.from({ length: 20 }, (_, index) => index);
  values[7] = made.pose ?? 7;
  const bytes = Uint8Array.from({ length: 30 }, (_, index) => index);
  bytes[17] = made.picture ?? 17;
  const offsets = BigInt64Array.from({ length: 11 }, (_, packet) => BigInt(packet * 3));
  const rows: RowsBatch = { kind: "rows", time, values, ...(made.valid && { valid: made.valid }) };
  const camera: PacketsBatch = {
    kind: "packets",
    time,
    decodeTime: time,
    bytes,
    offsets,
    key: new Uint8Array(10).fill(1),
    config,
  };
  const label = new TextEncoder().encode((made.label ?? "go").repeat(10));
  const text: BytesBatch = {
    kind: "bytes",
    time,
    bytes: label,
    offsets: offsets.map((_, index) => BigInt(index * (label.length / 10))),
  };
  return memoryEpisode({
    id,
    clock: "unix",
    schema: {
      key: "k",
      embodiment: "arm",
      features: {
        "observation.state": { dtype: "float32", shape: [2] },
        camera: { dtype: "video", shape: [4, 4, 3] },
        task: { dtype: "text", shape: [] },
      },
    },
    streams: { "observation.state": rows, camera, task: text },
    ...(made.batchRows && { batchRows: made.batchRows }),
  });
}

const make = (options: Parameters<typeof dedup>[0] = {}) => dedup.create(dedup.options.parse(options));

async function content(episode: Episode, options: Parameters<typeof dedup>[0] = {}): Promise<Json> {
  const watcher = await make(options).watch!(episode, quiet());
  for await (const { want, batch } of episode.read(watcher.wants)) await watcher.push(want, batch);
  return watcher.close();
}

describe("what dedup sees", () => {
  it("is the same whatever the name, the date and the batches", async () => {
    const one = await content(recording("a"));
    expect(await content(recording("b", { startNs: 1_700_000_000_000_000_000n, batchRows: 3 }))).toBe(one);
    expect(await content(recording("c", { label: "no" }))).toBe(one);
  });

  it("is another for another number, picture or mask", async () => {
    const one = await content(recording("a"));
    expect(await content(recording("a", { pose: 7.0000005 }))).not.toBe(one);
    expect(await content(recording("a", { picture: 18 }))).not.toBe(one);
    expect(await content(recording("a", { valid: Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 1, 1, 1) }))).not.toBe(one);
  });

  it("is only what was asked for", async () => {
    const on = { on: ["trajectory"] } as const;
    expect(await content(recording("a", { picture: 18 }), { on: [...on.on] })).toBe(
      await content(recording("a"), { on: [...on.on] }),
    );
    expect(await content(recording("a", { pose: 1 }), { on: ["video"] })).toBe(await content(recording("a"), { on: ["video"] }));
  });

  it("does not tell a value that is masked from batches without a mask", async () => {
    const whole = new Uint8Array(10).fill(1);
    expect(await content(recording("a", { valid: whole }))).toBe(await content(recording("a")));
  });

  it("decodes pictures that cannot be copied", async () => {
    const episode = recording("a");
    const resized = {
      ...episode,
      times: async (stream: string) => ({ ...(await episode.times(stream)), copy: { can: false, reason: "resized" } as const }),
    };
    const watcher = await make().watch!(resized, quiet());
    expect(watcher.wants).toContainEqual({ stream: "camera", as: "frames", format: "yuv420p" });
  });
});

describe("dedup", () => {
  const a = seenEpisode("a", { seen: "same", findings: [{ check: "gaps", severity: "risk", message: "x" }] });
  const b = seenEpisode("b", { seen: "same" });
  const c = seenEpisode("c", { seen: "same" });
  const d = seenEpisode("d", { seen: "other" });

  it("keeps the twin with the least severe findings, and says which", async () => {
    expect(await decided(make(), [a, b, c, d])).toEqual([
      { episode: "a", keep: false, reason: "is an exact copy of b, which is kept" },
      { episode: "b", keep: true },
      { episode: "c", keep: false, reason: "is an exact copy of b, which is kept" },
      { episode: "d", keep: true },
    ]);
  });

  it("keeps the first where told", async () => {
    expect(
      (await decided(make({ keep: "first" }), [a, b, c, d])).filter(({ keep }) => keep).map(({ episode }) => episode),
    ).toEqual(["a", "d"]);
  });

  it("keeps episodes that hold nothing to compare, and twins of another robot or task", async () => {
    const empty = [seenEpisode("a"), seenEpisode("b")];
    expect((await decided(make(), empty)).every(({ keep }) => keep)).toBe(true);
    const robots = [b, { ...c, embodiment: "other" }];
    expect((await decided(make(), robots)).every(({ keep }) => keep)).toBe(true);
    const tasks = [b, { ...c, facts: { ...c.facts, task: "open" } }];
    expect((await decided(make(), tasks)).filter(({ keep }) => keep)).toHaveLength(1);
    expect((await decided(make({ on: ["trajectory", "task"] }), tasks)).filter(({ keep }) => keep)).toHaveLength(2);
  });

  it("takes only equal digests for twins, not equal keys", async () => {
    const { exchange } = make();
    const met = ["a", "b"].map((episode) => ({ episode, payload: { content: episode, faults: [0, 0, 0], durationSec: 1 } }));
    expect([...exchange!.meet(1n, met)]).toEqual([]);
  });
});
