import { describe, expect, it } from "vitest";
import type { CodecConfig, Encoding, FramesBatch, PacketsBatch, PlanesToRgb, Size } from "../../src/core/batch.ts";
import type { Codecs } from "../../src/core/codecs.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { countPictures, noPictures } from "../../src/kernels/statisticsPictures.ts";
import { PlaneCounts } from "../../src/kernels/statisticsPlanes.ts";
import { decode, encode, movingPicture, steadyTimes } from "./movingPicture.ts";

const h264: Encoding = { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 20 };
const size = { width: 96, height: 64 };

const codecs = await openCodecs({ backend: "node-av" }).catch(() => undefined);
if (!codecs) console.log("planes: node-av is not installed here, and the ffmpeg command gives none: skipped");
describe.skipIf(!codecs)("pictures where planes will do", () => suite(codecs!));

function suite(codecs: Codecs): void {
  it.each([
    { what: "without colour tags", size, color: {}, as: "yuv420p" },
    { what: "with the tags that are taken for granted", size, color: { matrix: "smpte170m", fullRange: false }, as: "yuv420p" },
    { what: "with another matrix", size, color: { matrix: "bt709" }, as: "rgb24" },
    { what: "in full range", size, color: { fullRange: true }, as: "rgb24" },
    { what: "of a width that is no multiple of 16", size: { width: 104, height: 66 }, color: {}, as: "rgb24" },
  ])("$what they are $as, and the same RGB to the bit", async ({ size, color, as }) => {
    const packets = rawPackets(size, color);
    const { wants } = await decode(codecs, [packets], [{ format: "rgb24" }]);
    const got = await decodeEither(codecs, packets);
    expect(got.rgb).toHaveLength(19);
    expect(got.formats).toEqual([as]);
    expect(got.rgb).toEqual(wants[0]!.frames);
  });

  it("their values are counted exactly", async () => {
    const packets = await encode(codecs, movingPicture(size, steadyTimes(19, 30)), h264);
    const shape = { pictures: 1, ...size, stride: 1 };
    let rgb = noPictures();
    let toRgb: PlanesToRgb | undefined;
    const planes = PlaneCounts.take(size);
    await eachBatch(codecs, packets, (batch) => {
      toRgb = batch.toRgb;
      for (const picture of picturesOf(batch)) {
        if (toRgb) planes.push(picture, toRgb);
        else rgb = countPictures(rgb, picture, shape);
      }
    });
    const counted = toRgb ? planes.end(toRgb) : rgb;
    planes.release();
    const { wants } = await decode(codecs, packets, [{ format: "rgb24" }]);
    expect(counted).toEqual(wants[0]!.frames.reduce((counts, frame) => countPictures(counts, frame, shape), noPictures()));
  });
}

/** Pictures that are not coded, so that only the container tells their colours. */
function rawPackets(size: Size, color: NonNullable<CodecConfig["color"]>): PacketsBatch {
  const { frames, stride, time } = movingPicture(size, steadyTimes(19, 30));
  return {
    kind: "packets",
    time,
    decodeTime: time,
    offsets: BigInt64Array.from({ length: time.length + 1 }, (_, picture) => BigInt(picture * stride)),
    bytes: new Uint8Array(frames).slice(),
    key: new Uint8Array(time.length).fill(1),
    config: { codec: "rawvideo", ...size, pixelFormat: "yuv420p", color },
  };
}

/** The RGB of all pictures, whichever way they came, and in which formats that was. */
async function decodeEither(codecs: Codecs, packets: PacketsBatch) {
  const rgb: Uint8Array[] = [];
  const formats = new Set<string>();
  await eachBatch(codecs, [packets], (batch) => {
    formats.add(batch.format);
    for (const picture of picturesOf(batch)) {
      const into = batch.toRgb ? new Uint8Array(batch.height * batch.width * 3) : picture;
      batch.toRgb?.(picture, batch, into);
      rgb.push(into);
    }
  });
  return { rgb, formats: [...formats] };
}

async function eachBatch(codecs: Codecs, packets: readonly PacketsBatch[], take: (batch: FramesBatch) => void): Promise<void> {
  await using decoder = await codecs.decoder(packets[0]!.config, [{ format: "rgb24", orPlanes: true }]);
  const deliver = async (_want: number, batch: FramesBatch) => take(batch);
  for (const batch of packets) await decoder.push(batch, deliver);
  await decoder.flush(deliver);
}

function picturesOf({ frames, time, stride }: FramesBatch): Uint8Array[] {
  return Array.from(time, (_, picture) => new Uint8Array(frames, picture * stride, stride).slice());
}
