import { open, rename, rm } from "node:fs/promises";
import { zstdCompressSync } from "node:zlib";
import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { McapWriter } from "@mcap/core";
import { asTendonError } from "../core/errors.ts";
import { toAnnexB } from "./annexB.ts";
import { ROBOT } from "./plan.ts";
import type { SensorLog } from "./recorder.ts";
import { JOINTS } from "./robot.ts";
import { ROS_DEFINITIONS, type RosType } from "./rosDefinitions.ts";
import { INSTRUCTION_TOPIC } from "./sensors.ts";
import type { SimulatedEpisode } from "./simulate.ts";

/** One message on its way into the file. */
interface Message {
  readonly topic: string;
  readonly type: RosType;
  readonly logNs: bigint;
  readonly publishNs: bigint;
  readonly write: () => Uint8Array;
}

const CHUNK_BYTES = 1 << 20;
/** The recorder hears the instruction before anything moves. */
const BEFORE_NS = 1_000_000n;
const NO_COVARIANCE = new Float64Array(9);

/**
 * Writes an episode as ROS 2's recorder would: MCAP with CDR messages in the order in which they came,
 * in chunks packed with zstd. The file appears whole or not at all, and equal episodes give equal bytes.
 */
export async function writeRecording(path: string, episode: SimulatedEpisode): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, episode);
    await rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw asTendonError(thrown, "internal", { file: path });
  }
}

async function writeFile(path: string, episode: SimulatedEpisode): Promise<void> {
  await using handle = await open(path, "w");
  let at = 0;
  const writable = {
    position: () => BigInt(at),
    write: async (bytes: Uint8Array) => {
      await handle.writeFile(bytes);
      at += bytes.length;
    },
  };
  const compressChunk = (data: Uint8Array) => ({ compression: "zstd", compressedData: zstdCompressSync(data) });
  const writer = new McapWriter({ writable, chunkSize: CHUNK_BYTES, compressChunk });
  await writer.start({ profile: "ros2", library: "tendon simulate" });
  const metadata = { robot: ROBOT, task: episode.instruction, episode: episode.plan.name };
  await writer.addMetadata({ name: "recording", metadata: new Map(Object.entries(metadata)) });
  await writeMessages(writer, messagesOf(episode));
  await writer.end();
}

async function writeMessages(writer: McapWriter, messages: readonly Message[]): Promise<void> {
  const channels = new Map<string, { readonly id: number; count: number }>();
  for (const { topic, type, logNs, publishNs, write } of messages) {
    let channel = channels.get(topic);
    if (!channel) {
      const data = new TextEncoder().encode(ROS_DEFINITIONS[type]);
      const schemaId = await writer.registerSchema({ name: type, encoding: "ros2msg", data });
      const id = await writer.registerChannel({ topic, messageEncoding: "cdr", schemaId, metadata: new Map() });
      channel = { id, count: 0 };
      channels.set(topic, channel);
    }
    await writer.addMessage({
      channelId: channel.id,
      sequence: channel.count++,
      logTime: logNs,
      publishTime: publishNs,
      data: write(),
    });
  }
}

/** Every message that arrived, in the order in which the recorder wrote them down. */
function messagesOf(episode: SimulatedEpisode): Message[] {
  const { startNs } = episode.plan;
  const string = writerOf("std_msgs/msg/String");
  const told: Message = {
    topic: INSTRUCTION_TOPIC,
    type: "std_msgs/msg/String",
    logNs: startNs - BEFORE_NS,
    publishNs: startNs - BEFORE_NS,
    write: () => string.writeMessage({ data: episode.instruction }),
  };
  const messages = [told, ...episode.logs.flatMap(sensorMessages)];
  return messages.sort((a, b) => (a.logNs < b.logNs ? -1 : a.logNs > b.logNs ? 1 : 0));
}

function sensorMessages(log: SensorLog): Message[] {
  const { type, write } = contentOf(log);
  const writer = writerOf(type);
  return Array.from(log.stampNs, (stampNs, index) => ({
    topic: log.sensor.topic,
    type,
    logNs: log.logNs[index]!,
    publishNs: log.logNs[index]!,
    write: () => writer.writeMessage(write(index, stampOf(stampNs))),
  })).filter((_, index) => log.arrived[index] === 1);
}

type Stamp = { readonly sec: number; readonly nanosec: number };

function contentOf(log: SensorLog): { type: RosType; write: (index: number, stamp: Stamp) => unknown } {
  const { sensor, values, film } = log;
  const row = (index: number) => values.subarray(index * sensor.width, (index + 1) * sensor.width);
  const header = (stamp: Stamp, frame: string) => ({ stamp, frame_id: frame });
  if (film) {
    const write = (index: number, timestamp: Stamp) => ({
      timestamp,
      frame_id: `${sensor.name}_camera`,
      data: toAnnexB(film.packets[index]!, film.config),
      format: "h264",
    });
    return { type: "foxglove_msgs/msg/CompressedVideo", write };
  }
  if (sensor.name === "imu")
    return { type: "sensor_msgs/msg/Imu", write: (index, stamp) => ({ header: header(stamp, "imu"), ...imu(row(index)) }) };
  const count = JOINTS.length;
  const joints = (index: number, stamp: Stamp) => ({
    header: header(stamp, ""),
    name: JOINTS,
    position: row(index).subarray(0, count),
    velocity: row(index).subarray(count, 2 * count),
    effort: row(index).subarray(2 * count),
  });
  return { type: "sensor_msgs/msg/JointState", write: joints };
}

function imu(row: Float64Array): object {
  const [x, y, z, w, turnX, turnY, turnZ, pushX, pushY, pushZ] = row;
  return {
    orientation: { x, y, z, w },
    orientation_covariance: NO_COVARIANCE,
    angular_velocity: { x: turnX, y: turnY, z: turnZ },
    angular_velocity_covariance: NO_COVARIANCE,
    linear_acceleration: { x: pushX, y: pushY, z: pushZ },
    linear_acceleration_covariance: NO_COVARIANCE,
  };
}

const writers = new Map<RosType, MessageWriter>();

function writerOf(type: RosType): MessageWriter {
  let writer = writers.get(type);
  if (!writer) {
    writer = new MessageWriter(parse(ROS_DEFINITIONS[type], { ros2: true }));
    writers.set(type, writer);
  }
  return writer;
}

function stampOf(timeNs: bigint): Stamp {
  return { sec: Number(timeNs / 1_000_000_000n), nanosec: Number(timeNs % 1_000_000_000n) };
}
