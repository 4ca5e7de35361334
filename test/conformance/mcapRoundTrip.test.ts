import { join } from "node:path";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { commandValue, HUMANOID_JOINTS, HUMANOID_START, jointValue, writeHumanoidMcap } from "../support/humanoidMcap.ts";
import { bytesOf, readMcap, rowsOf, temporaryFolder, timesOf, validOf } from "../support/readMcap.ts";
import { IDL_TWIST } from "../support/rosDefinitions.ts";
import {
  greyPng,
  jsonTopic,
  lz4Stored,
  ros1Topic,
  ros2Topic,
  stamp,
  steady,
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

async function only(path: string, options: object = {}) {
  const read = await readMcap({ path, ...options });
  expect(read.bad).toEqual([]);
  expect(read.episodes.length).toBe(1);
  return { ...read, first: read.episodes[0]! };
}

describe.each([
  { name: "zstd chunks with an index", options: {} },
  { name: "plain chunks", options: { compression: "" } },
  { name: "lz4 chunks", options: { writer: { chunkSize: 20_000, compressChunk: lz4Stored } } },
  { name: "no chunks", options: { writer: { useChunks: false } } },
  { name: "chunks without an index", options: { writer: { useChunkIndex: false, useMessageIndex: false } } },
  { name: "a summary without channels", options: { writer: { repeatChannels: false, repeatSchemas: false } } },
  { name: "many small chunks", options: { writer: { chunkSize: 500 } } },
] as const)("a humanoid's recording with $name", ({ name, options }) => {
  test("comes back as it was written", async () => {
    const path = at(`${name}.mcap`);
    const topics = await writeHumanoidMcap(path, { seconds: 1, write: options });
    const { first, found, schemas } = await only(path);
    expect(first.episode.findings).toEqual([]);
    expect(found).toEqual([]);
    expect(schemas.map(({ embodiment }) => embodiment)).toEqual(["humanoid"]);
    expect(first.episode.facts).toMatchObject({ task: "put the cup on the tray", robot: "humanoid" });
    expect(first.episode.span).toEqual({ start: HUMANOID_START, end: HUMANOID_START + 990_000_001n });
    const expected = (count: number, value: (sample: number, joint: number) => number) =>
      Array.from({ length: count }, (_, sample) => HUMANOID_JOINTS.map((_, joint) => value(sample, joint)));
    expect(rowsOf(first, "joint_states.position")).toEqual(expected(100, jointValue));
    expect(rowsOf(first, "action.joint_commands.position")).toEqual(expected(50, commandValue));
    expect(timesOf(first, "joint_states.position")).toEqual(steady(HUMANOID_START, 100, 100));
    expect(rowsOf(first, "imu.data.angular_velocity")).toEqual(Array.from({ length: 100 }, (_, i) => [i / 100, 0, 0]));
    // Header time is the capture time; log time is 4 ms later.
    expect(timesOf(first, "observation.images.head")).toEqual(steady(HUMANOID_START, 30, 30));
    const pictures = bytesOf(first, "observation.images.head");
    for (const [index, message] of topics[0]!.messages.entries()) {
      expect(Buffer.from(message.data).includes(Buffer.from(pictures[index]!))).toBe(true);
    }
    expect(first.starts).toEqual(first.starts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });
});

test("features say dtype, shape, names, units and rates", async () => {
  const path = at("features.mcap");
  await writeHumanoidMcap(path, { seconds: 1 });
  const { features } = (await only(path)).schemas[0]!;
  expect(features["joint_states.velocity"]).toEqual({
    dtype: "float64",
    shape: [6],
    names: HUMANOID_JOINTS,
    unit: "rad/s",
    rateHz: 100,
  });
  expect(features["imu.data.orientation"]).toEqual({ dtype: "float64", shape: [4], names: ["x", "y", "z", "w"], rateHz: 100 });
  expect(features["observation.images.left_wrist"]).toMatchObject({
    dtype: "video",
    shape: [64, 96, 3],
    rateHz: 30,
    video: { width: 96, height: 64 },
  });
});

test("log and publish time by option", async () => {
  const path = at("times.mcap");
  const value = { header: { stamp: stamp(START), frame_id: "" }, name: ["a"], position: [1], velocity: [], effort: [] };
  await writeMcap(path, [
    ros2Topic("/joint_states", "sensor_msgs/msg/JointState", [{ log: START + 5n, publish: START + 3n, value }]),
  ]);
  for (const [time, expected] of [
    ["header", START],
    ["publish", START + 3n],
    ["log", START + 5n],
  ] as const) {
    expect(timesOf((await only(path, { time })).first, "joint_states.position")).toEqual([expected]);
  }
});

test("a range gives the samples inside it", async () => {
  const path = at("range.mcap");
  await writeHumanoidMcap(path, { seconds: 1, write: { writer: { chunkSize: 500 } } });
  const { episode } = (await only(path)).first;
  // The recording was closed with the reading above: open it again.
  const { mcap } = await import("../../src/sources/mcap.ts");
  const { testContext } = await import("../support/readMcap.ts");
  const source = mcap.create(mcap.options.parse({ path }));
  const range = { start: HUMANOID_START + 200_000_000n, end: HUMANOID_START + 300_000_000n };
  const times: bigint[] = [];
  for await (const partition of source.plan(testContext())) {
    if ("bad" in partition) throw partition.error;
    for await (const each of source.open(partition, testContext())) {
      if ("bad" in each) throw each.error;
      for await (const { batch } of each.read([{ stream: "joint_states.position", as: "rows" }], range))
        times.push(...batch.time);
    }
  }
  expect(episode.clock).toBe("unix");
  expect(times).toEqual(steady(HUMANOID_START, 100, 100).filter((time) => time >= range.start && time < range.end));
});

test("topics by option: a name, a beginning, left out, bytes of what is not understood, and a slip of the pen", async () => {
  const path = at("options.mcap");
  const topics = await writeHumanoidMcap(path, { seconds: 1, cameras: ["head"] });
  const tf = { ...jsonTopic("/tf", "foxglove.FrameTransforms", [{ log: HUMANOID_START, value: { transforms: [] } }]) };
  await writeMcap(path, [...topics, tf]);
  const plain = await only(path);
  expect(Object.keys(plain.schemas[0]!.features)).not.toContain("tf");
  expect(plain.first.episode.findings).toMatchObject([
    { severity: "note", message: expect.stringContaining("topic /tf: its messages") },
  ]);
  const streams = {
    "/camera/head/image_raw/compressed": "observation.images.ego",
    "/joint_commands": "action.arms",
    "/imu/data": false,
    "/tf": "transforms",
  } as const;
  const { first } = await only(path, { streams, robot: "G1 (29 DoF)", task: "wave" });
  expect(Object.keys(first.episode.schema.features).sort()).toEqual([
    "action.arms.effort",
    "action.arms.position",
    "action.arms.velocity",
    "joint_states.effort",
    "joint_states.position",
    "joint_states.velocity",
    "observation.images.ego",
    "transforms",
  ]);
  expect(first.episode.schema.embodiment).toBe("G1_29_DoF");
  expect(first.episode.facts).toMatchObject({ task: "wave", robot: "G1 (29 DoF)" });
  expect(bytesOf(first, "transforms").map((bytes) => new TextDecoder().decode(bytes))).toEqual(['{"transforms":[]}']);
  await expect(readMcap({ path, streams: { "/joint_comands": "action" } })).rejects.toThrow(
    'no recording has the topic "/joint_comands"; did you mean "/joint_commands"?',
  );
});

test("attachments and metadata are facts", async () => {
  const path = at("facts.mcap");
  const text = (value: string) => new TextEncoder().encode(value);
  await writeMcap(path, [jsonTopic("/n", "N", [{ log: START, value: { n: 1 } }])], {
    metadata: { session: { operator: "Ada", instruction: "fold the towel" } },
    attachments: [
      { name: "calibration.json", mediaType: "application/json", data: text('{"fx":1}') },
      { name: "thumbnail.png", mediaType: "image/png", data: greyPng(2, 2, 1) },
    ],
  });
  const { facts } = (await only(path)).first.episode;
  expect(facts).toMatchObject({
    task: "fold the towel",
    metadata: { session: { operator: "Ada" } },
    attachments: [
      { name: "calibration.json", text: '{"fx":1}' },
      { name: "thumbnail.png", mediaType: "image/png" },
    ],
  });
  expect((facts["attachments"] as unknown as object[])[1]).not.toHaveProperty("text");
});

test("the parts of one recording are one episode", async () => {
  const { mkdir } = await import("node:fs/promises");
  await mkdir(at("bag"));
  const times = steady(START, 10, 30);
  const part = (from: number, to: number) =>
    ros2Topic(
      "/n",
      "std_msgs/msg/Float64",
      times.slice(from, to).map((log, index) => ({ log, value: { data: from + index } })),
    );
  for (const [number, from] of [0, 10, 20].entries()) await writeMcap(at(`bag/bag_${number}.mcap`), [part(from, from + 10)]);
  const { first } = await only(at("bag"));
  expect(first.episode.id).toBe("bag");
  expect(rowsOf(first, "n").flat()).toEqual(times.map((_, index) => index));
  expect(timesOf(first, "n")).toEqual(times);
});

test("ROS 1", async () => {
  const path = at("ros1.mcap");
  const times = steady(START, 50, 20);
  const messages = times.map((time, index) => ({
    log: time + 2_000_000n,
    value: {
      header: { seq: index, stamp: stamp(time), frame_id: "" },
      name: ["hip", "knee"],
      position: [index, -index],
      velocity: [0.5, 0.25],
      effort: [],
    },
  }));
  await writeMcap(path, [ros1Topic("/joint_states", "sensor_msgs/JointState", messages)], { profile: "ros1" });
  const { first } = await only(path);
  expect(Object.keys(first.episode.schema.features)).toEqual(["joint_states.position", "joint_states.velocity"]);
  expect(rowsOf(first, "joint_states.position")).toEqual(times.map((_, index) => [index, -index]));
  expect(timesOf(first, "joint_states.position")).toEqual(times);
});

test("ROS 2 described in IDL", async () => {
  const path = at("idl.mcap");
  const value = { linear: { x: 1, y: 2, z: 3 }, angular: { x: 4, y: 5, z: 6 } };
  const topic = ros2Topic("/cmd_vel", "geometry_msgs/msg/Twist", [{ log: START, value }]);
  const schema = { name: "geometry_msgs/msg/Twist", encoding: "ros2idl", data: new TextEncoder().encode(IDL_TWIST) };
  await writeMcap(path, [{ ...topic, schema }]);
  const { first } = await only(path);
  expect(rowsOf(first, "action.cmd_vel.linear")).toEqual([[1, 2, 3]]);
  expect(rowsOf(first, "action.cmd_vel.angular")).toEqual([[4, 5, 6]]);
});

test("standard messages keep their dtypes", async () => {
  const path = at("standard.mcap");
  await writeMcap(path, [
    ros2Topic("/temperature", "std_msgs/msg/Float64", [{ log: START, value: { data: 36.6 } }]),
    ros2Topic("/ticks", "std_msgs/msg/Int64", [{ log: START, value: { data: 2n ** 60n + 1n } }]),
    ros2Topic("/arm/commands", "std_msgs/msg/Float64MultiArray", [
      { log: START, value: { layout: { dim: [], data_offset: 0 }, data: [0.1, 0.2] } },
    ]),
    { ...ros2Topic("/said", "std_msgs/msg/String", []), messages: [{ log: START, data: cdrString("grüß dich") }] },
  ]);
  const { first } = await only(path);
  expect(rowsOf(first, "temperature")).toEqual([[36.6]]);
  expect(rowsOf(first, "ticks")).toEqual([[2n ** 60n + 1n]]);
  expect(rowsOf(first, "action.arm.commands")).toEqual([[0.1, 0.2]]);
  expect(bytesOf(first, "said").map((bytes) => new TextDecoder().decode(bytes))).toEqual(["grüß dich"]);
});

/** A CDR string by hand: the writing library counts characters where CDR counts bytes. */
function cdrString(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length + 1);
  return Buffer.concat([Uint8Array.of(0, 1, 0, 0), length, bytes, Uint8Array.of(0)]);
}

test("protobuf: foxglove's pictures and poses, and a type of one's own", async () => {
  const path = at("protobuf.mcap");
  const times = steady(START, 10, 5);
  const time = (ns: bigint) => ({ seconds: Number(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) });
  const picture = (index: number) => greyPng(8, 4, index);
  await writeMcap(path, [
    protobufTopic(
      "/head/image",
      "foxglove.CompressedImage",
      times.map((log, index) => ({ log, value: { timestamp: time(log), frame_id: "h", format: "png", data: picture(index) } })),
    ),
    protobufTopic(
      "/hand",
      "foxglove.PoseInFrame",
      times.map((log, index) => ({
        log,
        value: {
          timestamp: time(log),
          pose: { position: { x: index, y: 0, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } },
        },
      })),
    ),
    protobufTopic(
      "/grip",
      "lab.Grip",
      times.map((log, index) => ({ log, value: { force: index / 2, ticks: index, open: index > 2, fingers: [index, 1, 2] } })),
    ),
  ]);
  const { first } = await only(path);
  expect(bytesOf(first, "observation.images.head").map((each) => Buffer.from(each))).toEqual(
    times.map((_, index) => Buffer.from(picture(index))),
  );
  expect(rowsOf(first, "hand.position")).toEqual(times.map((_, index) => [index, 0, 0]));
  expect(rowsOf(first, "grip.force")).toEqual(times.map((_, index) => [index / 2]));
  expect(rowsOf(first, "grip.ticks")).toEqual(times.map((_, index) => [BigInt(index)]));
  expect(rowsOf(first, "grip.open")).toEqual([[0], [0], [0], [1], [1]]);
  expect(rowsOf(first, "grip.fingers")).toEqual(times.map((_, index) => [index, 1, 2]));
});

test("JSON: numbers by their paths, a missing one masked, base64 pictures", async () => {
  const path = at("json.mcap");
  const times = steady(START, 10, 3);
  await writeMcap(path, [
    jsonTopic("/wheel", "Wheel", [
      { log: times[0]!, value: { timestamp: { sec: 1, nsec: 2 }, angle: 0.5, motor: { current: 1, name: "left" }, task: "go" } },
      { log: times[1]!, value: { angle: 0.6, motor: {}, task: "stop" } },
      { log: times[2]!, value: { angle: 0.7, motor: { current: 3 } } },
    ]),
    jsonTopic("/cam/image", "foxglove.CompressedImage", [
      { log: times[0]!, value: { format: "png", data: Buffer.from(greyPng(6, 2, 9)).toString("base64") } },
    ]),
  ]);
  const { first } = await only(path);
  expect(Object.keys(first.episode.schema.features).sort()).toEqual([
    "observation.images.camera",
    "wheel.angle",
    "wheel.motor.current",
    "wheel.task",
  ]);
  expect(rowsOf(first, "wheel.angle")).toEqual([[0.5], [0.6], [0.7]]);
  expect(validOf(first, "wheel.motor.current")).toEqual([[1], [0], [1]]);
  expect(validOf(first, "wheel.task")).toEqual([[1], [1], [0]]);
  expect(bytesOf(first, "observation.images.camera")).toEqual([Uint8Array.from(greyPng(6, 2, 9))]);
});

test("H.264 as an Annex B stream is given as mp4 keeps it, and decodes to every frame", async ({ skip }) => {
  const codecs = await openCodecs().catch(() => undefined);
  if (!codecs) return skip("needs node-av or ffmpeg");
  const size = { width: 64, height: 48 };
  const times = steady(START, 30, 20);
  const units = await annexBUnits(codecs, size, times);
  const path = at("h264.mcap");
  const messages = units.map((data, index) => ({
    log: times[index]! + 1_000_000n,
    value: { timestamp: stamp(times[index]!), frame_id: "", data, format: "h264" },
  }));
  await writeMcap(path, [ros2Topic("/head/video", "foxglove_msgs/msg/CompressedVideo", messages)]);
  const { first } = await only(path);
  const stream = "observation.images.head";
  expect(first.episode.schema.features[stream]).toMatchObject({ video: { codec: "h264", ...size, pixelFormat: "yuv420p" } });
  const told = await first.episode.times(stream);
  expect([...told.key!]).toEqual(times.map((_, index) => (index % 8 === 0 ? 1 : 0)));
  expect(told.copy).toMatchObject({ can: true, bFrames: false });
  const [batch] = first.batches[stream]!;
  if (batch?.kind !== "packets") throw new TypeError("no packets");
  let frames = 0;
  await using decoder = await codecs.decoder(batch.config, [{ format: "rgb24" }]);
  const deliver = async (_want: number, got: { time: BigInt64Array }) => {
    frames += got.time.length;
  };
  await decoder.push(batch, deliver);
  await decoder.flush(deliver);
  expect(frames).toBe(20);
});

async function annexBUnits(
  codecs: Awaited<ReturnType<typeof openCodecs>>,
  size: { width: number; height: number },
  times: readonly bigint[],
): Promise<Uint8Array[]> {
  const encoding = { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 30 } as const;
  await using encoder = await codecs.encoder(encoding, size, 30);
  const stride = (size.width * size.height * 3) / 2;
  const frames = new SharedArrayBuffer(stride * times.length);
  for (let index = 0; index < times.length; index++) new Uint8Array(frames, index * stride, stride).fill(index * 8);
  const units: Uint8Array[] = [];
  const deliver = async (batch: {
    offsets: BigInt64Array;
    bytes: Uint8Array;
    key: Uint8Array;
    config: { description?: Uint8Array };
  }) => {
    for (let row = 0; row < batch.key.length; row++) {
      const sample = batch.bytes.slice(Number(batch.offsets[row]), Number(batch.offsets[row + 1]));
      units.push(toAnnexB(sample, batch.key[row] === 1 ? batch.config.description : undefined));
    }
  };
  const format = "yuv420p" as const;
  await encoder.push({ kind: "frames", time: BigInt64Array.from(times), frames, format, ...size, stride }, deliver);
  await encoder.flush(deliver);
  return units;
}

function toAnnexB(sample: Uint8Array, avcC: Uint8Array | undefined): Uint8Array {
  const start = Uint8Array.of(0, 0, 0, 1);
  const parts: Uint8Array[] = [];
  if (avcC) {
    const spsBytes = (avcC[6]! << 8) | avcC[7]!;
    const pps = 8 + spsBytes + 3;
    const ppsBytes = (avcC[pps - 2]! << 8) | avcC[pps - 1]!;
    parts.push(start, avcC.subarray(8, 8 + spsBytes), start, avcC.subarray(pps, pps + ppsBytes));
  }
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  for (let place = 0; place < sample.length; place += 4 + view.getUint32(place))
    parts.push(start, sample.subarray(place + 4, place + 4 + view.getUint32(place)));
  return Buffer.concat(parts);
}

const PROTO = `
syntax = "proto3";
package lab;
message Grip { double force = 1; int64 ticks = 2; bool open = 3; repeated float fingers = 4; }
`;
const FOXGLOVE = `
syntax = "proto3";
package foxglove;
message Time { int64 seconds = 1; int32 nanos = 2; }
message Vector3 { double x = 1; double y = 2; double z = 3; }
message Quaternion { double x = 1; double y = 2; double z = 3; double w = 4; }
message Pose { Vector3 position = 1; Quaternion orientation = 2; }
message PoseInFrame { Time timestamp = 1; string frame_id = 2; Pose pose = 3; }
message CompressedImage { Time timestamp = 1; string frame_id = 4; bytes data = 2; string format = 3; }
`;

function protobufTopic(topic: string, name: string, messages: readonly { log: bigint; value: object }[]): WrittenTopic {
  const { root } = protobuf.parse(name.startsWith("lab") ? PROTO : FOXGLOVE, { keepCase: true });
  const descriptor = (root as unknown as { toDescriptor(syntax: string): protobuf.Message }).toDescriptor("proto3");
  const type = root.lookupType(name);
  return {
    topic,
    encoding: "protobuf",
    schema: { name, encoding: "protobuf", data: (descriptor.$type as protobuf.Type).encode(descriptor).finish() },
    messages: messages.map(({ log, value }) => ({ log, data: type.encode(type.fromObject(value)).finish() })),
  };
}
