import { parentPort, workerData } from "node:worker_threads";
import type { FramesBatch } from "../../src/core/batch.ts";
import type { Codecs } from "../../src/core/codecs.ts";
import { defaultEncoding, openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import type { CodecRates, CodecShare } from "./codecRates.ts";

const { files, encode, want = { format: "yuv420p" } } = workerData as CodecShare;
const codecs = await openCodecs();
let frames = 0;
let decodeSec = 0;
let encodeSec = 0;
for (const file of files) {
  decodeSec += await seconds(async () => {
    frames += await decodeFile(codecs, file, async () => undefined);
  });
  if (encode) encodeSec += await encodeFile(codecs, file);
}
const rates: CodecRates = { frames, decodeSec, encodeSec };
parentPort!.postMessage(rates);

async function decodeFile(codecs: Codecs, file: string, keep: (frames: FramesBatch) => Promise<void>): Promise<number> {
  const video = await openVideo(file);
  try {
    await using decoder = await codecs.decoder(video.config, [want]);
    let count = 0;
    const deliver = async (_want: number, batch: FramesBatch) => {
      count += batch.time.length;
      await keep(batch);
    };
    for await (const packets of video.packets()) await decoder.push(packets, deliver);
    await decoder.flush(deliver);
    return count;
  } finally {
    await video.close();
  }
}

/** All pictures are held before the first is encoded, so that nothing but encoding is timed. */
async function encodeFile(codecs: Codecs, file: string): Promise<number> {
  const held: FramesBatch[] = [];
  await decodeFile(codecs, file, async (batch) => {
    held.push({ ...batch, time: batch.time.slice(), frames: batch.frames.slice(0) });
  });
  const { height, width } = held[0]!;
  return await seconds(async () => {
    await using encoder = await codecs.encoder(defaultEncoding, { height, width }, 30);
    for (const batch of held) await encoder.push(batch, async () => undefined);
    await encoder.flush(async () => undefined);
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
