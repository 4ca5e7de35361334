import type { Encoding } from "../../src/core/batch.ts";
import { type CodecConfig, type FramesBatch, frameBytes, type PacketsBatch, type Size } from "../../src/core/batch.ts";
import type { Codecs, DecodeWant } from "../../src/core/codecs.ts";

/** Frames of yuv420p in which a bright square crosses a slanted ramp: frame i is told apart from i + 1. */
export function movingPicture(size: Size, times: readonly bigint[]): FramesBatch {
  const stride = frameBytes("yuv420p", size);
  const frames = new SharedArrayBuffer(times.length * stride);
  for (const frame of times.keys()) drawFrame(new Uint8Array(frames, frame * stride, stride), size, frame);
  return { kind: "frames", time: BigInt64Array.from(times), frames, format: "yuv420p", ...size, stride };
}

/** Times of a steady rate, to the nearest nanosecond. */
export function steadyTimes(count: number, rateHz: number, start = 0): bigint[] {
  return Array.from({ length: count }, (_, frame) => BigInt(Math.round(((start + frame) * 1e9) / rateHz)));
}

/** Encodes in batches of eight frames, as the task does. */
export async function encode(codecs: Codecs, frames: FramesBatch, encoding: Encoding, rateHz = 30): Promise<PacketsBatch[]> {
  const packets: PacketsBatch[] = [];
  await using encoder = await codecs.encoder(encoding, frames, rateHz);
  const keep = async (batch: PacketsBatch) => void packets.push(batch);
  for (let start = 0; start < frames.time.length; start += 8) {
    const time = frames.time.subarray(start, start + 8);
    const part = frames.frames.slice(start * frames.stride, (start + time.length) * frames.stride);
    await encoder.push({ ...frames, time, frames: part }, keep);
  }
  await encoder.flush(keep);
  return packets;
}

/** All frames of one want. */
export interface Decoded {
  readonly times: readonly bigint[];
  readonly frames: readonly Uint8Array[];
}

/** Decodes all packets; copies the frames, since a decoder uses its memory again. */
export async function decode(
  codecs: Codecs,
  packets: Iterable<PacketsBatch> | AsyncIterable<PacketsBatch>,
  wants: readonly DecodeWant[],
  config?: CodecConfig,
): Promise<{ wants: Decoded[]; skipped: number }> {
  const held = wants.map(() => ({ times: [] as bigint[], frames: [] as Uint8Array[] }));
  let decoder: Awaited<ReturnType<Codecs["decoder"]>> | undefined;
  const keep = async (want: number, batch: FramesBatch) => {
    held[want]!.times.push(...batch.time);
    for (let i = 0; i < batch.time.length; i++) {
      held[want]!.frames.push(new Uint8Array(batch.frames, i * batch.stride, batch.stride).slice());
    }
  };
  try {
    for await (const batch of packets) {
      decoder ??= await codecs.decoder(config ?? batch.config, wants);
      await decoder.push(batch, keep);
    }
    await decoder?.flush(keep);
    return { wants: held, skipped: decoder?.skipped ?? 0 };
  } finally {
    await decoder?.[Symbol.asyncDispose]();
  }
}

/** Peak signal-to-noise ratio of 8-bit pictures in dB. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return squares === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * a.length) / squares);
}

function drawFrame(into: Uint8Array, { width, height }: Size, frame: number): void {
  const side = Math.max(4, height >> 2);
  const left = (frame * 3) % Math.max(1, width - side);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = x >= left && x < left + side && y >= side && y < 2 * side;
      into[y * width + x] = inside ? 220 : 30 + ((x + 2 * y) % 128);
    }
  }
  const chromaWidth = Math.ceil(width / 2);
  const chroma = chromaWidth * Math.ceil(height / 2);
  for (let i = 0; i < chroma; i++) {
    into[width * height + i] = 100 + ((i % chromaWidth) & 31);
    into[width * height + chroma + i] = 140 - (Math.floor(i / chromaWidth) & 31);
  }
}
