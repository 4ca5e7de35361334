import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FramesBatch, PacketsBatch, Size } from "../../core/batch.ts";
import type { Codecs, Encoder } from "../../core/codecs.ts";
import { TendonError } from "../../core/errors.ts";
import type { PartReader } from "../../core/part.ts";
import { toSeconds } from "../../core/time.ts";
import { writeMp4 } from "../../formats/video/mux.ts";
import type { VideoFacts } from "./model.ts";
import type { ParkedEpisode } from "./parked.ts";

export const PROXY_HEIGHT_MAX = 192;
const QUALITY = 28;
/** Long episodes show fewer pictures a second, so that each costs about as much. */
const RATES: readonly { readonly secondsMax: number; readonly rateHz: number }[] = [
  { secondsMax: 45, rateHz: 15 },
  { secondsMax: 240, rateHz: 6 },
  { secondsMax: Number.POSITIVE_INFINITY, rateHz: 1 },
];

/** A camera's pictures, small enough to stand in a page. */
export interface Proxy {
  readonly facts: VideoFacts;
  readonly bytes: Uint8Array;
}

export interface ProxyGiven {
  readonly parts: PartReader;
  readonly codecs: Codecs;
  readonly startNs: bigint;
  readonly rateHz: number;
}

/** Encodes one camera of one episode again, small and at a lower rate, as an mp4 of its own. */
export async function makeProxy(given: ProxyGiven, stream: string, camera: ParkedEpisode["cameras"][string]): Promise<Proxy> {
  const times = await pictureTimes(given.parts, camera.key);
  if (times.length === 0) throw new TendonError("bad-data", "holds no picture", { place: { stream } });
  const step = stepFor(times, given.rateHz);
  const wanted = times.filter((_, place) => place % step === 0);
  const size = proxySize(camera);
  const rateHz = Math.max(0.1, given.rateHz / step);
  const packets = await encodeSmall(given, { key: camera.key, wanted, size, rateHz });
  const config = packets[0]?.config;
  if (!config) throw new TendonError("bad-data", "gave no picture when it was decoded", { place: { stream } });
  const bytes = await inMp4(packets, wanted[0]!, rateHz);
  const start = toSeconds(wanted[0]! - given.startNs);
  return { bytes, facts: { stream, ...size, rateHz, start, bytes: bytes.length } };
}

/** In presentation order. */
async function pictureTimes(parts: PartReader, key: string): Promise<bigint[]> {
  const times: bigint[] = [];
  for await (const batch of parts.packets(key)) times.push(...batch.time);
  return times.sort((a, b) => (a < b ? -1 : 1));
}

function stepFor(times: readonly bigint[], rateHz: number): number {
  const seconds = toSeconds(times.at(-1)! - times[0]!);
  const wanted = RATES.find(({ secondsMax }) => seconds <= secondsMax)!.rateHz;
  return Math.max(1, Math.round(rateHz / wanted));
}

/** At most `PROXY_HEIGHT_MAX` high and twice as wide, with even sides, as yuv420p asks for. */
export function proxySize({ width, height }: Size): Size {
  const scale = Math.min(1, PROXY_HEIGHT_MAX / height, (2 * PROXY_HEIGHT_MAX) / width);
  const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
  return { height: even(height), width: even(width) };
}

interface SmallGiven {
  readonly key: string;
  readonly wanted: readonly bigint[];
  readonly size: Size;
  readonly rateHz: number;
}

async function encodeSmall({ parts, codecs }: ProxyGiven, { key, wanted, size, rateHz }: SmallGiven): Promise<PacketsBatch[]> {
  const kept: PacketsBatch[] = [];
  const keep = async (packets: PacketsBatch) => void kept.push(packets);
  const wants = [{ format: "yuv420p" as const, size, only: new Set(wanted) }];
  const group = Math.max(1, Math.round(rateHz));
  const encoder: Encoder = await codecs.encoder({ codec: "h264", pixelFormat: "yuv420p", group, quality: QUALITY }, size, rateHz);
  await using _ = encoder;
  const deliver = (_want: number, frames: FramesBatch) => encoder.push(frames, keep);
  let decoder: Awaited<ReturnType<Codecs["decoder"]>> | undefined;
  try {
    for await (const batch of parts.packets(key)) {
      decoder ??= await codecs.decoder(batch.config, wants);
      await decoder.push(batch, deliver);
    }
    await decoder?.flush(deliver);
    await encoder.flush(keep);
  } finally {
    await decoder?.[Symbol.asyncDispose]();
  }
  return kept;
}

/** Shown from 0 on. */
async function inMp4(packets: readonly PacketsBatch[], start: bigint, rateHz: number): Promise<Uint8Array> {
  const path = join(tmpdir(), `tendon-report-${randomUUID()}.mp4`);
  const shifted = packets.map((batch) => ({
    ...batch,
    time: batch.time.map((time) => time - start),
    decodeTime: batch.decodeTime.map((time) => time - start),
  }));
  async function* each() {
    yield* shifted;
  }
  try {
    await writeMp4(path, packets[0]!.config, each(), { rateHz });
    return await readFile(path);
  } finally {
    await rm(path, { force: true });
  }
}
