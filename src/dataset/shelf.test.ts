import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Batch, BytesBatch, CodecConfig, Delivery, NumberArray, PacketsBatch, RowsBatch } from "../core/batch.ts";
import { numbers } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import type { Feature, NumberDtype } from "../core/feature.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import type { Parked } from "../core/part.ts";
import type { ParkWants } from "../core/sink.ts";
import { sliceBatch } from "../core/slice.ts";
import type { Watcher } from "../core/watcher.ts";
import { type Home, openHome } from "./home.ts";
import { hasPart, partPath } from "./partFile.ts";
import { partReader } from "./partReader.ts";
import { openShelf } from "./shelf.ts";

const NUMBER_DTYPES: readonly NumberDtype[] = [
  ...(["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"] as const),
  ...(["float16", "float32", "float64"] as const),
];
const CONFIG: CodecConfig = { codec: "h264", width: 64, height: 48, pixelFormat: "yuv420p", description: Uint8Array.of(1, 2, 3) };

let folder: string;
let home: Home;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-shelf-"));
  home = await openHome(join(folder, "home"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Numbers that fill every bit pattern of a dtype in time. */
function someNumbers(dtype: NumberDtype, count: number, seed: number): NumberArray {
  const values = numbers(dtype, count);
  const bytes = new Uint8Array(values.buffer);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 131 + seed * 17 + (index >> 3)) & 255;
  if (dtype === "bool") for (let index = 0; index < bytes.length; index++) bytes[index]! &= 1;
  return values;
}

const times = (rows: number): BigInt64Array => BigInt64Array.from({ length: rows }, (_, row) => BigInt(row) * 33_333_333n);

interface Made {
  readonly features: { readonly [stream: string]: Feature };
  readonly streams: { readonly [stream: string]: Batch };
}

/** An episode with a stream of every kind. */
function everything(rows: number, seed: number, flaws: { masked: boolean; from: "none" | "one" | "two" }): Made {
  const features: Record<string, Feature> = {};
  const streams: Record<string, Batch> = {};
  const time = times(rows);
  const first = time.map((at) => at - 5n);
  const from = flaws.from === "none" ? {} : { from: { first, ...(flaws.from === "two" && { last: time }) } };
  for (const [index, dtype] of NUMBER_DTYPES.entries()) {
    const wide = [1, 3, 7][(index + seed) % 3]!;
    features[dtype] = { dtype, shape: wide === 1 ? [] : [wide] };
    const perItem = flaws.masked && index % 2 === 0;
    const valid = Uint8Array.from({ length: perItem ? rows * wide : rows }, (_, at) => ((at * 7 + seed) % 5 === 0 ? 0 : 1));
    const values = someNumbers(dtype, rows * wide, seed + index);
    streams[dtype] = { kind: "rows", time, values, ...from, ...(flaws.masked && { valid }) };
  }
  const words = Array.from({ length: rows }, (_, row) => "pick the grün cup ".slice(0, (row * 5 + seed) % 19));
  const encoded = words.map((word) => Buffer.from(word));
  const offsets = new BigInt64Array(rows + 1);
  for (const [row, word] of encoded.entries()) offsets[row + 1] = offsets[row]! + BigInt(word.length);
  features.task = { dtype: "text", shape: [] };
  features.list = { dtype: "float32", shape: ["any"] };
  const valid = Uint8Array.from({ length: rows }, (_, row) => (row % 4 === 1 ? 0 : 1));
  const text: BytesBatch = { kind: "bytes", time, offsets, bytes: Buffer.concat(encoded), ...(flaws.masked && { valid }) };
  streams.task = text;
  streams.list = text;
  return { features, streams };
}

function episodeOf({ features, streams }: Made, batchRows = 1000): Episode {
  const times = Object.fromEntries(
    Object.entries(streams).map(([name, batch]) => {
      const copy = batch.kind === "packets" ? { copy: { can: true as const, config: CONFIG, bFrames: false } } : {};
      return [name, copy];
    }),
  );
  return memoryEpisode({ id: "e", schema: { key: "k", embodiment: "arm", features }, streams, batchRows, times });
}

async function parkAll(episode: Episode, wants: ParkWants): Promise<Parked> {
  const watcher = await openShelf(home).park(episode, wants);
  try {
    for await (const { want, batch } of episode.read(watcher.wants)) await watcher.push(want, batch);
  } catch (cause) {
    await watcher.abort(cause);
    throw cause;
  }
  return watcher.close();
}

const tableOf = (made: Made): ParkWants => ({ tables: { rows: Object.keys(made.features) }, packets: [] });

/** Every column of a table that was read back, as one batch each. */
async function readTable(key: string): Promise<Map<string, (RowsBatch | BytesBatch)[]>> {
  const all = new Map<string, (RowsBatch | BytesBatch)[]>();
  for await (const chunk of partReader(home).table(key)) {
    for (const [stream, batch] of chunk) all.set(stream, [...(all.get(stream) ?? []), batch]);
  }
  return all;
}

/** What a sample is, missing items as null, whatever form its mask has. */
function samplesOf(batches: readonly Batch[]): unknown[] {
  return batches.flatMap((batch) => {
    const rows = batch.time.length;
    return Array.from({ length: rows }, (_, row) => {
      const from = batch.from && [batch.from.first[row], (batch.from.last ?? batch.from.first)[row]];
      return { time: batch.time[row], from, value: sampleOf(batch, row, rows) };
    });
  });
}

function sampleOf(batch: Batch, row: number, rows: number): unknown {
  if (batch.kind === "bytes") {
    if (batch.valid?.[row] === 0) return null;
    return Buffer.from(batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1]))).toString("hex");
  }
  if (batch.kind !== "rows") throw new Error(batch.kind);
  const wide = batch.values.length / rows;
  return Array.from({ length: wide }, (_, item) => {
    const perItem = batch.valid !== undefined && batch.valid.length === rows * wide;
    const there = batch.valid === undefined || batch.valid[perItem ? row * wide + item : row] !== 0;
    if (!there) return null;
    const bytes = batch.values.BYTES_PER_ELEMENT;
    const at = batch.values.byteOffset + (row * wide + item) * bytes;
    return Buffer.from(batch.values.buffer as ArrayBuffer, at, bytes).toString("hex");
  });
}

describe("a parked table", () => {
  it("gives back every dtype to the bit, with masks and input times", async () => {
    const flaws = fc.record({ masked: fc.boolean(), from: fc.constantFrom("none" as const, "one" as const, "two" as const) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 120 }), fc.nat(1000), flaws, async (rows, seed, flaw) => {
        const made = everything(rows, seed, flaw);
        const { tables } = await parkAll(episodeOf(made), tableOf(made));
        expect(tables.rows).toMatchObject({ rows, streams: Object.keys(made.features).sort() });
        const read = await readTable(tables.rows!.key);
        for (const [stream, batch] of Object.entries(made.streams)) {
          expect(samplesOf(read.get(stream)!), stream).toEqual(samplesOf([batch]));
        }
      }),
      { numRuns: 15 },
    );
  });

  it("has one key however it was batched, and another for any other content", async () => {
    const keys = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.integer({ min: 1, max: 400 }), async (seed, batchRows) => {
        const made = everything(300, seed, { masked: seed % 2 === 1, from: "two" });
        const { tables } = await parkAll(episodeOf(made, batchRows), tableOf(made));
        expect(tables.rows!.key).toBe(keys.get(String(seed)) ?? tables.rows!.key);
        keys.set(String(seed), tables.rows!.key);
      }),
      { numRuns: 25 },
    );
    expect(new Set(keys.values()).size).toBe(keys.size);
  });

  it("has one key for one meaning: a mask of ones, a wider mask, garbage under the mask", async () => {
    const time = times(4);
    const key = async (batch: RowsBatch) => {
      const made = { features: { a: { dtype: "float32", shape: [2] } as const }, streams: { a: batch } };
      return (await parkAll(episodeOf(made), tableOf(made))).tables.rows!.key;
    };
    const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const plain = await key({ kind: "rows", time, values });
    expect(await key({ kind: "rows", time, values, valid: Uint8Array.of(1, 1, 1, 1) })).toBe(plain);
    const row = await key({ kind: "rows", time, values, valid: Uint8Array.of(1, 0, 1, 1) });
    const items = await key({ kind: "rows", time, values, valid: Uint8Array.of(1, 1, 0, 0, 1, 1, 1, 1) });
    const garbage = Float32Array.of(1, 2, Number.NaN, 99, 5, 6, 7, 8);
    expect(items).toBe(row);
    expect(await key({ kind: "rows", time, values: garbage, valid: Uint8Array.of(1, 0, 1, 1) })).toBe(row);
    expect(row).not.toBe(plain);
    const sameInput = await key({ kind: "rows", time, values, from: { first: time, last: time } });
    expect(await key({ kind: "rows", time, values, from: { first: time } })).toBe(sameInput);
    expect(sameInput).not.toBe(plain);
  });

  it("takes many rows in chunks, and streams that come one far behind the other", async () => {
    const rows = 100_000;
    const time = times(rows);
    const values = someNumbers("float32", rows * 8, 1);
    const made: Made = {
      features: { a: { dtype: "float32", shape: [8] }, b: { dtype: "int64", shape: [] } },
      streams: { a: { kind: "rows", time, values }, b: { kind: "rows", time, values: time } },
    };
    const together = (await parkAll(episodeOf(made, 777), tableOf(made))).tables.rows!;
    const watcher = await openShelf(home).park(episodeOf(made), tableOf(made));
    const want = (stream: string) => watcher.wants.findIndex((each) => each.stream === stream);
    await watcher.push(want("b"), made.streams.b!);
    for (let start = 0; start < rows; start += 9_999) {
      await watcher.push(want("a"), sliceBatch(made.streams.a!, start, Math.min(rows, start + 9_999)));
    }
    expect((await watcher.close()).tables.rows).toEqual(together);
    expect(together.bytes).toBe(rows * (8 + 32 + 8));
    const chunks = await readTable(together.key);
    expect(chunks.get("a")!.length).toBeGreaterThan(3);
    expect(chunks.get("a")!.reduce((sum, batch) => sum + batch.time.length, 0)).toBe(rows);
  });

  it("may be empty", async () => {
    const made: Made = { features: { a: { dtype: "float32", shape: [2] } }, streams: {} };
    const watcher = await openShelf(home).park(episodeOf(made), tableOf(made));
    const { tables } = await watcher.close();
    expect(tables.rows).toMatchObject({ rows: 0, bytes: 0 });
    expect(await readTable(tables.rows!.key)).toEqual(new Map());
  });

  it("refuses streams whose times differ, and names them", async () => {
    const batch = (time: BigInt64Array): RowsBatch => ({ kind: "rows", time, values: new Float32Array(time.length) });
    const features = { a: { dtype: "float32", shape: [] }, b: { dtype: "float32", shape: [] } } as const;
    const shifted = times(5);
    shifted[3] = 7n;
    const unequal = { features, streams: { a: batch(times(5)), b: batch(shifted) } };
    await expect(parkAll(episodeOf(unequal), tableOf(unequal))).rejects.toThrow(/time 7 ns at row 3 where a has 99999999 ns/);
    const shorter = { features, streams: { a: batch(times(5)), b: batch(times(4)) } };
    await expect(parkAll(episodeOf(shorter), tableOf(shorter))).rejects.toThrow(/has 4 samples where a has 5/);
  });

  it("leaves nothing of what it refuses", async () => {
    expect(await readdir(home.at("tmp"))).toEqual([]);
  });

  it("refuses batches that are not what the schema says", async () => {
    const features = { a: { dtype: "float32", shape: [2] } } as const;
    const time = times(2);
    const wrong: RowsBatch[] = [
      { kind: "rows", time, values: new Float64Array(4) },
      { kind: "rows", time, values: new Float32Array(5) },
    ];
    for (const a of wrong) {
      await expect(parkAll(episodeOf({ features, streams: { a } }), { tables: { t: ["a"] }, packets: [] })).rejects.toMatchObject(
        {
          code: "plugin-failed",
          place: { stream: "a" },
        },
      );
    }
  });
});

function packets(count: number, config: CodecConfig = CONFIG): PacketsBatch {
  const bytes = new Uint8Array(count * 100).map((_, index) => index * 31);
  const offsets = BigInt64Array.from({ length: count + 1 }, (_, index) => BigInt(index) * 100n);
  const key = Uint8Array.from({ length: count }, (_, index) => (index % 8 === 0 ? 1 : 0));
  return { kind: "packets", time: times(count), decodeTime: times(count), offsets, bytes, key, config };
}

const CAMERA: Feature = { dtype: "video", shape: [48, 64, 3], video: { codec: "h264", width: 64, height: 48 } };
const asRecorded = (stream: string) => ({ stream, as: "packets" as const, encoding: "as recorded" as const });

describe("parked packets", () => {
  it("give back every packet, and say what a muxer must know", async () => {
    const all = packets(10_000);
    const episode = episodeOf({ features: { cam: CAMERA }, streams: { cam: all } }, 333);
    const { packets: parked } = await parkAll(episode, { tables: {}, packets: [asRecorded("cam")] });
    expect(parked.cam).toMatchObject({ samples: 10_000, bytes: 1_000_000, keyFrames: 1250, bFrames: false, codec: "h264" });
    let at = 0;
    for await (const batch of partReader(home).packets(parked.cam!.key)) {
      const end = at + batch.time.length;
      const expected = sliceBatch(all, at, end);
      expect(batch.time).toEqual(expected.time);
      expect(batch.key).toEqual(expected.key);
      expect(Buffer.from(batch.bytes).equals(all.bytes.subarray(at * 100, end * 100))).toBe(true);
      expect(batch.config).toEqual(CONFIG);
      at = end;
    }
    expect(at).toBe(10_000);
  });

  it("have one key however they were batched, and one set-up key for one set-up", async () => {
    const parked = [];
    for (const batchRows of [1, 64, 5000]) {
      const episode = episodeOf({ features: { cam: CAMERA }, streams: { cam: packets(600) } }, batchRows);
      parked.push((await parkAll(episode, { tables: {}, packets: [asRecorded("cam")] })).packets.cam!);
    }
    expect(parked[1]).toEqual(parked[0]);
    expect(parked[2]).toEqual(parked[0]);
    const other = packets(600, { ...CONFIG, description: Uint8Array.of(9) });
    const episode = episodeOf({ features: { cam: CAMERA }, streams: { cam: other } });
    const changed = (await parkAll(episode, { tables: {}, packets: [asRecorded("cam")] })).packets.cam!;
    expect(changed.configKey).not.toBe(parked[0]!.configKey);
    expect(changed.key).not.toBe(parked[0]!.key);
  });

  it("see B-frames by times that go back", async () => {
    const all = packets(4);
    const time = BigInt64Array.of(0n, 3n, 1n, 2n);
    const episode = episodeOf({ features: { cam: CAMERA }, streams: { cam: { ...all, time } } });
    expect((await parkAll(episode, { tables: {}, packets: [asRecorded("cam")] })).packets.cam!.bFrames).toBe(true);
  });

  it("pass on the statistics that came with the recording", async () => {
    const carried = { count: 4, min: [0], max: [1], mean: [0.5], std: [0.1] };
    const copy = { can: true as const, config: CONFIG, bFrames: false, carried };
    const schema = { key: "k", embodiment: "arm", features: { cam: CAMERA } };
    const episode = memoryEpisode({ id: "e", schema, streams: { cam: packets(4) }, times: { cam: { copy } } });
    expect((await parkAll(episode, { tables: {}, packets: [asRecorded("cam")] })).packets.cam!.carried).toEqual(carried);
  });

  it("refuse a set-up that changes midway, and an episode without pictures", async () => {
    const features = { cam: CAMERA };
    const episode = episodeOf({ features, streams: { cam: packets(4) } });
    const watcher = await openShelf(home).park(episode, { tables: {}, packets: [asRecorded("cam")] });
    await watcher.push(0, packets(4));
    expect(() => watcher.push(0, packets(4, { ...CONFIG, width: 32 }))).toThrow(/h264 64x48, then h264 32x48/);
    await watcher.abort(new Error("changed"));
    const empty = await openShelf(home).park(episode, { tables: {}, packets: [asRecorded("cam")] });
    await expect(empty.close()).rejects.toThrow(/no picture/);
  });
});

describe("a shelf", () => {
  const made = everything(50, 3, { masked: false, from: "none" });
  const withCamera: Made = {
    features: { ...made.features, cam: CAMERA },
    streams: { ...made.streams, cam: packets(50) },
  };
  const wants: ParkWants = { tables: { rows: ["float32", "task"] }, packets: [asRecorded("cam")] };
  const same: ParkWants = { tables: { mine: ["task", "float32"], ints: ["int8"] }, packets: [asRecorded("cam")] };
  const feed = async (watcher: Watcher<Parked>, deliveries: readonly Delivery[], names: readonly string[]) => {
    for (const { want, batch } of deliveries) {
      const mine = watcher.wants.findIndex((each) => each.stream === names[want]);
      if (mine >= 0) await watcher.push(mine, batch);
    }
  };

  it("parks once what two sinks ask for, and each gets its own names", async () => {
    const episode = episodeOf(withCamera, 7);
    const shelf = openShelf(home);
    const first = await shelf.park(episode, wants);
    const second = await shelf.park(episode, same);
    const names = ["float32", "task", "cam", "int8"];
    const all = names.map((stream) => second.wants.find((want) => want.stream === stream)!);
    for await (const delivery of episode.read(all)) {
      await feed(first, [delivery], names);
      await feed(second, [delivery], names);
    }
    const [one, two] = [await first.close(), await second.close()];
    expect(two.tables.mine).toEqual(one.tables.rows);
    expect(two.packets).toEqual(one.packets);
    expect(Object.keys(two.tables)).toEqual(["mine", "ints"]);
  });

  it("goes on for one sink when the other gives up, at any batch", async () => {
    const episode = episodeOf(withCamera, 7);
    const whole = await parkAll(episode, wants);
    const deliveries: Delivery[] = [];
    const names = ["float32", "task", "cam"];
    const all = names.map((stream) => ({ stream, as: stream === "cam" ? "packets" : stream === "task" ? "bytes" : "rows" }));
    for await (const { want, batch } of episode.read(all.map((want) => ({ ...want, encoding: "as recorded" }) as never))) {
      deliveries.push({ want, batch });
    }
    for (let at = 0; at < deliveries.length; at += 3) {
      const shelf = openShelf(home);
      const first = await shelf.park(episode, wants);
      const second = await shelf.park(episode, wants);
      for (const [index, delivery] of deliveries.entries()) {
        if (index < at) await feed(first, [delivery], names);
        if (index === at) await first.abort(new Error("gave up"));
        await feed(second, [delivery], names);
      }
      expect(await second.close()).toEqual(whole);
    }
  });

  it("leaves nothing when all give up", async () => {
    const big = everything(50, 99, { masked: false, from: "one" });
    const rows = 60_000;
    const time = times(rows);
    const heavy: Made = {
      features: { ...big.features, float64: { dtype: "float64", shape: [16] } },
      streams: { float64: { kind: "rows", time, values: new Float64Array(rows * 16).fill(seedOf(rows)) } },
    };
    const episode = episodeOf(heavy, 10_000);
    const shelf = openShelf(home);
    const watchers = [
      await shelf.park(episode, { tables: { t: ["float64"] }, packets: [] }),
      await shelf.park(episode, { tables: { u: ["float64"] }, packets: [] }),
    ];
    for await (const { batch } of episode.read([{ stream: "float64", as: "rows" }])) {
      for (const watcher of watchers) await watcher.push(0, batch);
    }
    expect(await readdir(home.at("tmp"))).toHaveLength(1);
    for (const watcher of watchers) await watcher.abort(new Error("both"));
    expect(await readdir(home.at("tmp"))).toHaveLength(0);
  });

  it("says what to do about a part that is gone or damaged", async () => {
    const { tables } = await parkAll(episodeOf(made), { tables: { rows: ["float32"] }, packets: [] });
    const { key } = tables.rows!;
    expect(hasPart(home, key)).toBe(true);
    const size = (await readFile(partPath(home, key))).length;
    await truncate(partPath(home, key), size - 20);
    await expect(readTable(key)).rejects.toMatchObject({ code: "bad-data", place: { file: partPath(home, key) } });
    await rm(partPath(home, key));
    await expect(readTable(key)).rejects.toThrow(/run again/);
    await expect(readTable("../../etc/passwd")).rejects.toMatchObject({ code: "bad-data" });
  });
});

const seedOf = (rows: number): number => rows / 7;
