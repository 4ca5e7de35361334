import { parentPort, workerData } from "node:worker_threads";
import type { CodecConfig, PacketsBatch, Size } from "../../core/batch.ts";
import type { DecodedPicture } from "../../core/codecs.ts";
import { openCodecs } from "../../formats/video/codecs.ts";
import { openVideo } from "../../formats/video/demux.ts";

/** What a thread is given. */
export interface LimitThreadData {
  /** Absent size: the video's own. */
  readonly videos: readonly { readonly file: string; readonly size: Size | undefined }[];
  /** How many of the pictures that are decoded are scaled and made RGB, 0 to 1. */
  readonly converted: number;
}

/** Coded pictures are read once: nothing but decoding and scaling is timed. */
const HELD_BYTES_MAX = 24 << 20;

interface HeldVideo {
  readonly config: CodecConfig;
  readonly size: Size | undefined;
  readonly batches: readonly PacketsBatch[];
  readonly only: ReadonlySet<bigint>;
}

const { videos, converted } = workerData as LimitThreadData;
const codecs = await openCodecs();
const held: HeldVideo[] = [];
let bytes = 0;
for (const { file, size } of videos) {
  if (bytes > HELD_BYTES_MAX) break;
  const video = await openVideo(file);
  const only = [...video.times().time].filter((_, place) => Math.floor((place + 1) * converted) > Math.floor(place * converted));
  const batches: PacketsBatch[] = [];
  for await (const batch of video.packets()) {
    batches.push({ ...batch, bytes: batch.bytes.slice() });
    bytes += batch.bytes.length;
    if (bytes > HELD_BYTES_MAX) break;
  }
  held.push({ config: video.config, size, batches, only: new Set(only) });
  await video.close();
}

const each = (_time: bigint, picture: DecodedPicture) => void picture.bytes();

/** Pictures come on and on, from file to file. */
async function* decoding(): AsyncGenerator<number> {
  for (let at = 0; ; at = (at + 1) % held.length) {
    const { config, size, batches, only } = held[at]!;
    const want = { format: "rgb24" as const, each, only, ...(size && { size }) };
    await using decoder = await codecs.decoder(config, [want]);
    for (const batch of batches) {
      await decoder.push(batch, async () => undefined);
      yield batch.time.length;
    }
    await decoder.flush(async () => undefined);
  }
}

const pictures = decoding();
async function slice(seconds: number): Promise<void> {
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < seconds * 1000) frames += (await pictures.next()).value as number;
  parentPort!.postMessage(frames / ((performance.now() - start) / 1000));
}

parentPort!.on("message", (seconds: number) => void slice(seconds));
parentPort!.postMessage("ready");
