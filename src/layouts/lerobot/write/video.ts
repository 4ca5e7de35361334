import type { CodecConfig } from "../../../core/batch.ts";
import { TendonError } from "../../../core/errors.ts";
import type { PartReader } from "../../../core/part.ts";
import { type PacketTimes, writeMp4 } from "../../../formats/video/mux.ts";
import { frameTime, type Rate } from "./rational.ts";

/** All that decides the bytes of a video file: parked packets, one behind another. */
export type VideoRecipe = {
  readonly form: "video 1";
  readonly rate: { readonly num: string; readonly den: string };
  readonly parts: readonly { readonly packets: string; readonly frames: number; readonly bFrames: boolean }[];
};

/** What building a video told. */
export type VideoResult = { readonly frames: number; readonly codec: string; readonly width: number; readonly height: number };

/** Joins parked packets into one mp4 whose frame i is shown at i / rate, without touching a coded picture. */
export async function buildVideo(target: string, recipe: VideoRecipe, parts: PartReader): Promise<VideoResult> {
  const rate: Rate = { num: BigInt(recipe.rate.num), den: BigInt(recipe.rate.den) };
  const read = () => joined(recipe, rate, (key) => parts.packets(key), parts);
  const readTimes = () => joined(recipe, rate, (key) => parts.packetTimes(key), parts);
  const config = await configOf(readTimes(), target);
  const { frames } = await writeMp4(target, config, read(), { rateHz: Number(rate.num) / Number(rate.den), times: readTimes() });
  return { frames, codec: config.codec, width: config.width, height: config.height };
}

async function configOf(packets: AsyncIterable<PacketTimes>, target: string): Promise<CodecConfig> {
  for await (const { config } of packets) return config;
  throw new TendonError("internal", "a video without frames was planned", { place: { file: target } });
}

async function* joined<B extends PacketTimes>(
  recipe: VideoRecipe,
  rate: Rate,
  read: (key: string) => AsyncIterable<B>,
  parts: PartReader,
): AsyncGenerator<B> {
  let before = 0;
  for (const part of recipe.parts) {
    const ranks = part.bFrames ? await presentationRanks(part, parts) : undefined;
    let seen = 0;
    for await (const batch of read(part.packets)) {
      yield rebased(batch, { first: before, from: seen, rate, ranks });
      seen += batch.time.length;
    }
    if (seen !== part.frames)
      throw new TendonError("internal", `part ${part.packets} has ${seen} frames where its receipt tells ${part.frames}`);
    before += part.frames;
  }
}

/** For each packet in decode order, which frame it is when shown; and by how many frames decoding runs ahead. */
interface Ranks {
  readonly ranks: Uint32Array;
  readonly ahead: number;
}

async function presentationRanks(part: VideoRecipe["parts"][number], parts: PartReader): Promise<Ranks> {
  const times = new BigInt64Array(part.frames);
  let count = 0;
  for await (const batch of parts.packetTimes(part.packets)) {
    times.set(batch.time, count);
    count += batch.time.length;
  }
  const order = Array.from({ length: count }, (_, index) => index).sort((a, b) => (times[a]! < times[b]! ? -1 : 1));
  const ranks = new Uint32Array(count);
  let ahead = 0;
  for (const [rank, packet] of order.entries()) {
    ranks[packet] = rank;
    ahead = Math.max(ahead, packet - rank);
  }
  return { ranks, ahead };
}

/** The same packets, shown at whole frame periods after the `first` frames of the file. */
function rebased<B extends PacketTimes>(batch: B, at: { first: number; from: number; rate: Rate; ranks: Ranks | undefined }): B {
  const { first, from, rate, ranks } = at;
  const count = batch.time.length;
  const time = new BigInt64Array(count);
  const decodeTime = new BigInt64Array(count);
  for (let index = 0; index < count; index++) {
    const packet = from + index;
    time[index] = frameTime(BigInt(first + (ranks?.ranks[packet] ?? packet)), rate);
    decodeTime[index] = frameTime(BigInt(first + packet - (ranks?.ahead ?? 0)), rate);
  }
  return { ...batch, time, decodeTime };
}
