import { mkdir, open, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf, type ReadMcap, readMcap, rowsOf, temporaryFolder, timesOf, validOf } from "../support/readMcap.ts";
import {
  greyPng,
  jsonTopic,
  ros2Topic,
  stamp,
  steady,
  type WriteOptions,
  type WrittenTopic,
  writeMcap,
} from "../support/writeMcap.ts";

const START = 1_700_000_000_000_000_000n;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());
const at = (name: string) => join(folder.path, name);

/** 100 numbers, 0 to 99, at 10 Hz. */
function numbers(topic = "/number"): WrittenTopic {
  const messages = steady(START, 10, 100).map((log, index) => ({ log, value: { data: index } }));
  return ros2Topic(topic, "std_msgs/msg/Float64", messages);
}

async function write(name: string, topics: readonly WrittenTopic[] = [numbers()], options: WriteOptions = {}) {
  const path = at(name);
  await writeMcap(path, topics, { writer: { chunkSize: 500 }, ...options });
  return path;
}

/** The findings of the one episode, as `severity: message`. */
function said(read: ReadMcap): string[] {
  expect(read.bad).toEqual([]);
  return [...(read.episodes[0]!.episode.findings ?? []), ...read.found].map(({ severity, message }) => `${severity}: ${message}`);
}

/** Where the records of an opcode begin in a file that has no records over 4 GB. */
async function offsetsOf(path: string, opcode: number): Promise<number[]> {
  const bytes = await readFile(path);
  const offsets: number[] = [];
  for (let at = 8; at + 9 < bytes.length; at += 9 + Number(bytes.readBigUInt64LE(at + 1)))
    if (bytes[at] === opcode) offsets.push(at);
  return offsets;
}

async function patch(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "r+");
  await handle.write(bytes, 0, bytes.length, offset);
  await handle.close();
}

const [CHUNK, DATA_END] = [0x06, 0x0f];

test("no footer: read to the end, and said", async () => {
  const path = await write("no-footer.mcap");
  const [end] = await offsetsOf(path, DATA_END);
  await truncate(path, end);
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    `risk: no-footer.mcap: has no footer (the recorder was stopped or the file was cut): read to byte ${end}, the end of its last whole record; nothing follows`,
  ]);
  expect(rowsOf(read.episodes[0]!, "number")).toEqual(Array.from({ length: 100 }, (_, index) => [index]));
});

test("truncated in the middle of a chunk: read to the last whole one", async () => {
  const path = await write("truncated.mcap");
  const third = (await offsetsOf(path, CHUNK))[2]!;
  await truncate(path, third + 60);
  const read = await readMcap({ path });
  expect(said(read)[0]).toMatch(
    new RegExp(
      `^risk: truncated\\.mcap: has no footer .*: read to byte ${third}, the end of its last whole record; the chunk there says \\d+ bytes, the file has only 51 more$`,
    ),
  );
  const rows = rowsOf(read.episodes[0]!, "number");
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.length).toBeLessThan(50);
  expect(rows).toEqual(rows.map((_, index) => [index]));
});

test("a file that ends in zeros: a disk image after a power cut", async () => {
  const path = await write("zeros.mcap");
  const third = (await offsetsOf(path, CHUNK))[2]!;
  await truncate(path, third);
  await truncate(path, third + 4096);
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    `risk: zeros.mcap: has no footer (the recorder was stopped or the file was cut): read to byte ${third}, the end of its last whole record; the 4096 bytes from there are no MCAP record (they begin with 0)`,
  ]);
});

test("zero bytes", async () => {
  await writeFile(at("empty.mcap"), "");
  const read = await readMcap({ path: at("empty.mcap") });
  expect(read.bad).toEqual([
    { id: "empty.mcap", message: "is empty (0 bytes): record it again or remove it", file: "empty.mcap" },
  ]);
});

test("a text file named .mcap", async () => {
  await writeFile(at("text.mcap"), "hello, robot\n");
  const read = await readMcap({ path: at("text.mcap") });
  const message = "is not an MCAP file: it begins with 68 65 6c 6c 6f 2c 20 72, not with 89 4d 43 41 50 30 0d 0a";
  expect(read.bad).toEqual([{ id: "text.mcap", message, file: "text.mcap", offset: 0 }]);
});

test("only the magic bytes", async () => {
  await writeFile(at("magic.mcap"), Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a));
  const { bad } = await readMcap({ path: at("magic.mcap") });
  expect(bad[0]!.message).toBe(
    "nothing of it can be read: has no footer (the recorder was stopped or the file was cut): read to byte 8, the end of its last whole record; nothing follows",
  );
});

test("a file that is not there", async () => {
  await expect(readMcap({ path: at("nowhere.mcap") })).rejects.toThrow(/no such file/);
  await expect(readMcap({ path: at("nowhere-*.mcap") })).rejects.toThrow(`no .mcap file there: ${at("nowhere-*.mcap")}`);
});

test("broken files leave their neighbours unharmed", async () => {
  const there = at("neighbours");
  await mkdir(there);
  await writeFile(join(there, "a.mcap"), "");
  await writeMcap(join(there, "b.mcap"), [numbers()]);
  const read = await readMcap({ path: there });
  expect(read.bad.map(({ id }) => id)).toEqual(["a.mcap"]);
  expect(read.episodes.map(({ episode }) => episode.id)).toEqual(["b.mcap"]);
});

test.each([
  { how: "with an index", cut: false },
  { how: "without one", cut: true },
])("a chunk whose CRC is wrong, in a file $how: its messages are left out, and said", async ({ how, cut }) => {
  const path = await write(`crc ${how}.mcap`, [numbers()], { compression: "" });
  const second = (await offsetsOf(path, CHUNK))[1]!;
  // Past the chunk's head, into the bytes of a message.
  await patch(path, second + 120, Uint8Array.of(0xee));
  if (cut) await truncate(path, (await offsetsOf(path, DATA_END))[0]);
  const read = await readMcap({ path });
  expect(said(read)[0]).toMatch(
    new RegExp(
      `^broken: crc ${how}\\.mcap: chunk at byte ${second} has CRC 0x[0-9a-f]{8} where the file says 0x[0-9a-f]{8}; its messages are left out$`,
    ),
  );
  const rows = rowsOf(read.episodes[0]!, "number").map(([value]) => value!);
  expect(rows.length).toBeLessThan(100);
  expect(rows[0]).toBe(0);
  expect(rows.at(-1)).toBe(99);
});

test("an index that points nowhere: read record by record, and said", async () => {
  const path = await write("index.mcap");
  const bytes = await readFile(path);
  const summary = Number(bytes.readBigUInt64LE(bytes.length - 28));
  await patch(path, summary + 20, Uint8Array.of(0xff, 0xff, 0xff));
  const read = await readMcap({ path });
  expect(said(read)[0]).toMatch(
    /^note: index\.mcap: its index cannot be used \(Incorrect summary CRC .*\): it was read record by record instead$/,
  );
  expect(rowsOf(read.episodes[0]!, "number").length).toBe(100);
});

test("an unknown message encoding: that topic is refused, its neighbour read", async () => {
  const path = await write("encoding.mcap", [numbers(), { ...numbers("/other"), encoding: "wrong_format" }]);
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    'risk: topic /other is not read: its message encoding is "wrong_format"; known are cdr, ros1, protobuf, json. If the recorder wrote a wrong name, rewrite the file with the right one',
  ]);
  expect(rowsOf(read.episodes[0]!, "number").length).toBe(100);
});

test("nothing but an unknown message encoding", async () => {
  const path = await write("encodings.mcap", [{ ...numbers("/other"), encoding: "wrong_format" }]);
  const { bad } = await readMcap({ path });
  expect(bad[0]!.message).toMatch(/^nothing of it can be read: topic \/other: its message encoding is "wrong_format"/);
});

test("a topic without schema", async () => {
  const { schema: _none, ...bare } = numbers("/bare");
  const read = await readMcap({ path: await write("no-schema.mcap", [numbers(), bare]) });
  expect(said(read)).toEqual(["risk: topic /bare is not read: it has no schema, and cdr messages cannot be read without one"]);
});

test("a schema that is not one", async () => {
  const schema = { name: "std_msgs/msg/Float64", encoding: "ros2msg", data: new TextEncoder().encode("float64 ???") };
  const read = await readMcap({ path: await write("bad-schema.mcap", [numbers(), { ...numbers("/bad"), schema }]) });
  expect(said(read)[0]).toMatch(/^risk: topic \/bad is not read: its schema std_msgs\/msg\/Float64 cannot be understood: /);
});

test("messages shorter than their schema: masked, and counted", async () => {
  const good = numbers();
  const messages = good.messages.map((message, index) =>
    index === 7 ? { ...message, data: message.data.subarray(0, 6) } : message,
  );
  const read = await readMcap({ path: await write("short.mcap", [{ ...good, messages }]) });
  expect(said(read)[0]).toMatch(/^risk: topic \/number: once a message cannot be decoded: .* \(masked\)$/);
  expect(validOf(read.episodes[0]!, "number").flatMap((valid, row) => (valid[0] === 0 ? [row] : []))).toEqual([7]);
});

test("a clock that steps back: put in order, and said to be broken", async () => {
  const times = [0, 1, 2, 3, 4, 1.5, 2.5, 5].map((seconds) => START + BigInt(seconds * 1e9));
  const messages = times.map((log, index) => ({ log, value: { data: index } }));
  const path = await write("clock.mcap", [ros2Topic("/number", "std_msgs/msg/Float64", messages)], { order: "given" });
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    "broken: topic /number: its log time steps back by 2.5 s, and 2 messages are before one recorded earlier: they were put in order of time, so they may stand among others that they did not happen among",
  ]);
  expect(rowsOf(read.episodes[0]!, "number").flat()).toEqual([0, 1, 5, 2, 6, 3, 4, 7]);
  expect(timesOf(read.episodes[0]!, "number")).toEqual(times.toSorted((a, b) => Number(a - b)));
});

test("messages a little late: put in order, and noted", async () => {
  const times = [0, 20, 10, 30].map((ms) => START + BigInt(ms * 1e6));
  const messages = times.map((log, index) => ({ log, value: { data: index } }));
  const path = await write("late.mcap", [ros2Topic("/number", "std_msgs/msg/Float64", messages)], { order: "given" });
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    "note: topic /number: 1 messages are out of order in the file, by 0.01 s at most: they were put in order of their log time",
  ]);
  expect(rowsOf(read.episodes[0]!, "number").flat()).toEqual([0, 2, 1, 3]);
});

test("a header of another clock: the recorder's time is used, and noted", async () => {
  const value = { header: { stamp: stamp(0n), frame_id: "" }, name: ["a"], position: [1], velocity: [], effort: [] };
  const path = await write("clocks.mcap", [ros2Topic("/joints", "sensor_msgs/msg/JointState", [{ log: START, value }])]);
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    "note: topic /joints: its header time is 1700000000 s away from the time it was recorded at, so it is of another clock (or was never set): the recorder's time is used; `time: header` insists on the header",
  ]);
  expect(timesOf(read.episodes[0]!, "joints.position")).toEqual([START]);
});

test("joint states that change their order, lack a joint, or bring a new one", async () => {
  const state = (name: string[], position: number[]) => ({
    header: { stamp: stamp(START), frame_id: "" },
    name,
    position,
    velocity: [],
    effort: [],
  });
  const values = [
    state(["hip", "knee"], [1, 2]),
    state(["knee", "hip"], [4, 3]),
    state(["hip"], [5]),
    state(["knee", "hip", "toe"], [8, 7, 9]),
  ];
  const messages = values.map((value, index) => ({ log: START + BigInt(index), value }));
  const read = await readMcap({
    path: await write("joints.mcap", [ros2Topic("/joints", "sensor_msgs/msg/JointState", messages)]),
  });
  expect(said(read)).toEqual([
    "risk: topic /joints: 3 times a message lists its joints in another order than the first message (put in order by name)",
    'risk: topic /joints: once a message lacks the joint "knee" (masked)',
    'risk: topic /joints: once a message has a joint "toe" that the first message lacks (left out)',
  ]);
  expect(rowsOf(read.episodes[0]!, "joints.position")).toEqual([
    [1, 2],
    [3, 4],
    [5, Number.NaN],
    [7, 8],
  ]);
  expect(validOf(read.episodes[0]!, "joints.position")).toEqual([
    [1, 1],
    [1, 1],
    [1, 0],
    [1, 1],
  ]);
});

test("a huge length that a record declares: read up to it", async () => {
  const path = await write("huge.mcap");
  const third = (await offsetsOf(path, CHUNK))[2]!;
  await patch(path, third + 1, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0));
  await truncate(path, third + 2000);
  const read = await readMcap({ path });
  expect(said(read)[0]).toMatch(/the chunk there says 4503599627370495 bytes, the file has only 1991 more$/);
});

test("a chunk that says it unpacks to more than the limit", async () => {
  const path = await write("bomb.mcap");
  const read = readMcap({ path, limits: { chunkBytesMax: 400 } });
  await expect(read).rejects.toThrow(
    /^chunk at byte \d+ unpacks to \d+ bytes, more than limits\.chunkBytesMax \(400\): raise it if the file is to be trusted$/,
  );
});

test("more messages than the limit", async () => {
  const path = await write("many.mcap");
  await expect(readMcap({ path, limits: { messagesMax: 99 } })).rejects.toThrow(
    /has more messages than limits\.messagesMax \(99\)/,
  );
});

test("equal file names in two folders are two episodes", async () => {
  const there = at("twins");
  for (const name of ["monday", "tuesday"]) {
    await mkdir(join(there, name), { recursive: true });
    await writeMcap(join(there, name, "run.mcap"), [numbers()]);
  }
  const read = await readMcap({ path: there });
  expect(read.episodes.map(({ episode }) => episode.id)).toEqual(["monday/run.mcap", "tuesday/run.mcap"]);
  expect(read.schemas.length).toBe(1);
});

const rawImage = (more: object = {}) => ({
  header: { stamp: stamp(START), frame_id: "" },
  height: 2,
  width: 3,
  encoding: "rgb8",
  is_bigendian: 0,
  step: 9,
  data: Uint8Array.from({ length: 18 }, (_, at) => at),
  ...more,
});
const rawTopic = (...values: readonly object[]) =>
  ros2Topic(
    "/head/image_raw",
    "sensor_msgs/msg/Image",
    values.map((value, at) => ({ log: START + BigInt(at) * 100_000_000n, value })),
  );

test("raw pictures become a camera; rows that are padded lose their padding, what says more than it holds is left out", async () => {
  const padded = Uint8Array.from({ length: 24 }, (_, at) => (at % 12 < 9 ? Math.floor(at / 12) * 9 + (at % 12) : 255));
  const values = [rawImage(), rawImage({ step: 12, data: padded }), rawImage({ height: 3 })];
  const read = await readMcap({ path: await write("raw.mcap", [rawTopic(...values)]) });
  expect(said(read)).toEqual([
    "risk: topic /head/image_raw: once a message says 3x3 pixels of rgb8 in rows of 9 bytes, and holds 18 bytes (left out)",
  ]);
  const camera = "observation.images.head";
  const video = { codec: "rawvideo", width: 3, height: 2, pixelFormat: "rgb24" };
  expect(read.schemas[0]!.features[camera]).toMatchObject({ dtype: "video", shape: [2, 3, 3], video });
  const packets: number[][] = [];
  for await (const { batch } of read.episodes[0]!.episode.read([{ stream: camera, as: "packets", encoding: "as recorded" }])) {
    if (batch.kind !== "packets") throw new Error("no packets");
    expect([...batch.key]).toEqual([1, 1]);
    for (let at = 0; at < batch.time.length; at++)
      packets.push([...batch.bytes.subarray(Number(batch.offsets[at]), Number(batch.offsets[at + 1]))]);
  }
  const plain = Array.from({ length: 18 }, (_, at) => at);
  expect(packets).toEqual([plain, plain]);
});

test("raw pictures in an encoding that nobody knows are refused with the reason, and can be listed", async () => {
  const read = await readMcap({ path: await write("bayer.mcap", [rawTopic(rawImage({ encoding: "bayer_rggb8" }))]) });
  expect(said(read)).toEqual([
    'risk: topic /head/image_raw is not read: its raw pictures are "bayer_rggb8"; known are rgb8, bgr8, 8UC3, rgba8, bgra8, mono8, 8UC1, mono16, 16UC1: record the compressed topic of this camera',
  ]);
  expect(read.schemas[0]!.features["head.image_raw"]).toEqual({ dtype: "bytes", shape: [], optional: true });
});

test("a camera recorded raw and compressed is one camera", async () => {
  const value = { header: { stamp: stamp(START), frame_id: "" }, format: "png", data: greyPng(3, 2, 9) };
  const compressed = ros2Topic("/head/image_raw/compressed", "sensor_msgs/msg/CompressedImage", [{ log: START, value }]);
  const path = await write("both.mcap", [rawTopic(rawImage()), compressed]);
  const read = await readMcap({ path });
  expect(said(read)).toEqual([
    "note: topic /head/image_raw: its pictures are read from /head/image_raw/compressed; name it in `streams` to have these too",
  ]);
  expect(Object.keys(read.schemas[0]!.features)).toEqual(["observation.images.head"]);
  const both = await readMcap({ path, streams: { "/head/image_raw": "observation.images.raw" } });
  expect(Object.keys(both.schemas[0]!.features)).toContain("observation.images.raw");
});

test("a camera that sends empty pictures and changes its size", async () => {
  const image = (data: Uint8Array) => ({ format: "png", data: Buffer.from(data).toString("base64") });
  const pictures = [greyPng(8, 4, 1), new Uint8Array(0), greyPng(8, 4, 2), greyPng(4, 4, 3)];
  const messages = pictures.map((data, index) => ({ log: START + BigInt(index), value: image(data) }));
  const read = await readMcap({
    path: await write("camera.mcap", [jsonTopic("/head/image", "foxglove.CompressedImage", messages)]),
  });
  expect(said(read)).toEqual([
    "broken: topic /head/image: 1 pictures differ from the first (png 8x4) in size, codec or parameters",
    "risk: topic /head/image: once a message the message holds no picture (left out)",
  ]);
  const [episode] = read.episodes;
  expect(bytesOf(episode!, "observation.images.head").length).toBe(3);
  const configs = episode!.batches["observation.images.head"]!.map((batch) => batch.kind === "packets" && batch.config.width);
  expect(configs).toEqual([8, 4]);
  const { copy } = await episode!.episode.times("observation.images.head");
  expect(copy).toEqual({ can: false, reason: "its pictures change their size, codec or parameters on the way" });
});
