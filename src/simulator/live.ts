import type { Batch, PacketsBatch } from "../core/batch.ts";
import type { Copy, Episode, Facts } from "../core/episode.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { type Film, PICTURE } from "./film.ts";
import { ROBOT } from "./plan.ts";
import type { SensorLog } from "./recorder.ts";
import { CAMERAS, JOINTS } from "./robot.ts";
import { CAMERA_HZ, SENSORS } from "./sensors.ts";
import type { SimulatedEpisode } from "./simulate.ts";

/** One stream made of some columns of a sensor. */
interface Columns {
  readonly sensor: string;
  readonly start: number;
  readonly end: number;
  readonly feature: Feature;
}

const COUNT = JOINTS.length;
const XYZ = ["x", "y", "z"];

/** The streams of numbers, named as the `mcap` source names them in a recording of the same. */
const NUMBERS: { readonly [stream: string]: Columns } = {
  "action.joint_commands.position": joints("commands", 0, "rad"),
  "imu.data.angular_velocity": imu(4, XYZ, "rad/s"),
  "imu.data.linear_acceleration": imu(7, XYZ, "m/s²"),
  "imu.data.orientation": imu(0, [...XYZ, "w"]),
  "joint_states.effort": joints("joints", 2, "N·m"),
  "joint_states.position": joints("joints", 0, "rad"),
  "joint_states.velocity": joints("joints", 1, "rad/s"),
};

/** What every simulated episode holds. */
export function simulatedSchema(cameras: "all" | "none"): EpisodeSchema {
  const video: Feature = {
    dtype: "video",
    shape: [PICTURE, PICTURE, 3],
    rateHz: CAMERA_HZ,
    video: { codec: "h264", width: PICTURE, height: PICTURE, pixelFormat: "yuv420p" },
  };
  const pictures = cameras === "none" ? [] : CAMERAS.map((camera) => [`observation.images.${camera}`, video] as const);
  const numbers = Object.entries(NUMBERS).map(([stream, { feature }]) => [stream, feature] as const);
  return { key: `${ROBOT}-${cameras}`, embodiment: ROBOT, features: Object.fromEntries([...pictures, ...numbers]) };
}

/** A simulated episode as a pipeline reads it, straight from memory: the clock is the headers'. */
export function liveEpisode(episode: SimulatedEpisode, schema: EpisodeSchema): Episode {
  const streams: { [stream: string]: Batch } = {};
  const times: { [stream: string]: { readonly copy: Copy } } = {};
  const logs = new Map<string, SensorLog>(episode.logs.map((log) => [log.sensor.name, log]));
  for (const [stream, columns] of Object.entries(NUMBERS)) streams[stream] = rowsOf(logs.get(columns.sensor)!, columns);
  for (const camera of CAMERAS) {
    const log = logs.get(camera);
    if (!log?.film) continue;
    const stream = `observation.images.${camera}`;
    streams[stream] = packetsOf(log, log.film);
    times[stream] = { copy: { can: true, config: log.film.config, bFrames: false } };
  }
  return memoryEpisode({ id: episode.plan.name, schema, streams, times, clock: "unix", facts: factsOf(episode) });
}

function factsOf({ plan, instruction, outcome }: SimulatedEpisode): Partial<Facts> {
  return {
    source: "",
    tier: "synthetic",
    task: instruction,
    robot: ROBOT,
    success: outcome.success,
    origin: { file: plan.name },
  };
}

function joints(sensor: string, quantity: number, unit: string): Columns {
  const { rateHz } = SENSORS.find(({ name }) => name === sensor)!;
  const feature: Feature = { dtype: "float64", shape: [COUNT], names: JOINTS, unit, rateHz };
  return { sensor, start: quantity * COUNT, end: (quantity + 1) * COUNT, feature };
}

function imu(start: number, names: readonly string[], unit?: string): Columns {
  const { rateHz } = SENSORS.find(({ name }) => name === "imu")!;
  const feature: Feature = { dtype: "float64", shape: [names.length], names, rateHz, ...(unit && { unit }) };
  return { sensor: "imu", start, end: start + names.length, feature };
}

/** The samples that arrived, in the order of their stamps, as a source must give them. */
function placesOf({ stampNs, arrived }: SensorLog): number[] {
  const places = Array.from(stampNs.keys()).filter((index) => arrived[index] === 1);
  return places.sort((a, b) => (stampNs[a]! < stampNs[b]! ? -1 : stampNs[a]! > stampNs[b]! ? 1 : a - b));
}

function rowsOf(log: SensorLog, { start, end }: Columns): Batch {
  const places = placesOf(log);
  const width = end - start;
  const values = new Float64Array(places.length * width);
  places.forEach((place, row) => {
    const at = place * log.sensor.width;
    values.set(log.values.subarray(at + start, at + end), row * width);
  });
  return { kind: "rows", time: BigInt64Array.from(places, (place) => log.stampNs[place]!), values };
}

/** A lost picture that others build on is lost for them too: the next key frame is the first that can be shown. */
function packetsOf(log: SensorLog, film: Film): PacketsBatch {
  const places = log.stampNs.keys().filter((index) => log.arrived[index] === 1);
  const kept = [...places];
  const packets = kept.map((place) => film.packets[place]!);
  const time = BigInt64Array.from(kept, (place) => log.stampNs[place]!);
  const offsets = new BigInt64Array(packets.length + 1);
  packets.forEach(({ bytes }, index) => {
    offsets[index + 1] = offsets[index]! + BigInt(bytes.length);
  });
  const key = Uint8Array.from(packets, (packet) => (packet.key ? 1 : 0));
  const bytes = Buffer.concat(packets.map((packet) => packet.bytes));
  return { kind: "packets", time, decodeTime: time, offsets, key, bytes, config: film.config };
}
