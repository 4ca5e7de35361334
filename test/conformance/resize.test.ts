import { describe, expect, it } from "vitest";
import type { Encoding, PacketsBatch, Size } from "../../src/core/batch.ts";
import type { Codecs } from "../../src/core/codecs.ts";
import type { Context } from "../../src/core/context.ts";
import type { Episode } from "../../src/core/episode.ts";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import { decodedEpisode } from "../../src/engines/decoded.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { resize } from "../../src/stages/resize.ts";
import { encode, movingPicture, steadyTimes } from "./movingPicture.ts";

const CAMERA = "observation.images.head";
const FROM: Size = { width: 96, height: 64 };
const FRAMES = 12;
const ENCODING: Encoding = { codec: "h264", pixelFormat: "yuv420p", group: 4, quality: 10 };

for (const backend of ["node-av", "ffmpeg"] as const) {
  const codecs: Codecs | undefined = await openCodecs({ backend }).catch(() => undefined);
  if (!codecs) console.log(`resize: ${backend} is not installed here, its suite is skipped`);
  describe.skipIf(!codecs)(`resize, with ${backend} as decoder`, () => suite(codecs!));
}

/** Where the square, the only thing brighter than 180, is in a grey picture: the middle of its pixels. */
function square(picture: Uint8Array, { width }: Size): { x: number; y: number; area: number } {
  const bright = [...picture.keys()].filter((at) => picture[at]! > 180);
  const mean = (of: (at: number) => number) => bright.reduce((sum, at) => sum + of(at) + 0.5, 0) / bright.length;
  return { x: mean((at) => at % width), y: mean((at) => Math.floor(at / width)), area: bright.length };
}

/** Batches of packets as one, as a recording in memory has them. */
function joined(batches: readonly PacketsBatch[]): PacketsBatch {
  const bytes = Buffer.concat(
    batches.map((batch) => batch.bytes.subarray(Number(batch.offsets[0]), Number(batch.offsets.at(-1)))),
  );
  const lengths = batches.flatMap(({ offsets }) => [...offsets.subarray(1)].map((end, at) => end - offsets[at]!));
  let end = 0n;
  const offsets = BigInt64Array.from([0n, ...lengths.map((length) => (end += length))]);
  const times = (of: "time" | "decodeTime") => BigInt64Array.from(batches.flatMap((batch) => [...batch[of]]));
  const key = Uint8Array.from(batches.flatMap((batch) => [...batch.key]));
  return { ...batches[0]!, bytes: new Uint8Array(bytes), offsets, key, time: times("time"), decodeTime: times("decodeTime") };
}

async function recorded(codecs: Codecs): Promise<Episode> {
  const packets = joined(await encode(codecs, movingPicture(FROM, steadyTimes(FRAMES, 30)), ENCODING));
  const episode = memoryEpisode({
    id: "a",
    schema: {
      key: "k",
      embodiment: "arm",
      features: { [CAMERA]: { dtype: "video", shape: [64, 96, 3], video: { codec: "h264", ...FROM } } },
    },
    streams: { [CAMERA]: packets },
    times: { [CAMERA]: { key: packets.key, copy: { can: true, config: packets.config, bFrames: false } } },
  });
  return decodedEpisode(episode, codecs);
}

async function pictures(episode: Episode, format: "gray8" | "rgb24" | "yuv420p", only?: number[]) {
  const got: { time: bigint; size: Size; bytes: Uint8Array }[] = [];
  for await (const { batch } of episode.read([{ stream: CAMERA, as: "frames", format, ...(only && { only }) }])) {
    if (batch.kind !== "frames") throw new Error("no frames");
    const size = { width: batch.width, height: batch.height };
    for (const [at, time] of batch.time.entries())
      got.push({ time, size, bytes: new Uint8Array(batch.frames, at * batch.stride, batch.stride).slice() });
  }
  return got;
}

function suite(codecs: Codecs): void {
  const resized = async (to: Size, fit: string) => {
    const stage = resize.create(resize.options.parse({ ...to, fit }));
    return (await stage.each(await recorded(codecs), {} as Context)) as Episode;
  };

  it.each([
    // The whole width of 96 becomes 48, the height of 64 becomes 80.
    ["stretch", { width: 48, height: 80 }, { x: 0.5, y: 1.25, left: 0, top: 0 }],
    // 64 wide and 42 high, from row 10 on.
    ["pad", { width: 64, height: 64 }, { x: 64 / 96, y: 42 / 64, left: 0, top: 10 }],
    // 96 wide and 64 high, without 16 columns on each side.
    ["crop", { width: 64, height: 64 }, { x: 1, y: 1, left: -16, top: 0 }],
    ["crop", { width: 40, height: 32 }, { x: 0.5, y: 0.5, left: -4, top: 0 }],
  ] as const)("%s to %o: what is in the picture stands where it must", async (fit, to, place) => {
    const native = await pictures(await recorded(codecs), "gray8");
    const made = await pictures(await resized(to, fit), "gray8");
    expect(made.map(({ time }) => time)).toEqual(native.map(({ time }) => time));
    let compared = 0;
    for (const [at, { size, bytes }] of made.entries()) {
      expect([size, bytes.length]).toEqual([to, to.width * to.height]);
      const before = square(native[at]!.bytes, FROM);
      const half = Math.sqrt(before.area) / 2;
      const x = before.x * place.x + place.left;
      // Squares that the crop cuts through have another middle.
      if (x - half * place.x < 0 || x + half * place.x > to.width) continue;
      const after = square(bytes, to);
      expect(Math.abs(after.x - x)).toBeLessThan(1);
      expect(Math.abs(after.y - (before.y * place.y + place.top))).toBeLessThan(1);
      expect(Math.abs(after.area / (before.area * place.x * place.y) - 1)).toBeLessThan(0.25);
      compared++;
    }
    expect(compared).toBeGreaterThan(3);
  });

  it("pads with black, in every format, also where single frames are asked for", async () => {
    const episode = await resized({ width: 64, height: 64 }, "pad");
    const rows = (bytes: Uint8Array, from: number, to: number, width: number) =>
      new Set(bytes.subarray(from * width, to * width));
    for (const { bytes } of await pictures(episode, "rgb24", [0, 5, 11])) {
      expect([rows(bytes, 0, 10, 64 * 3), rows(bytes, 52, 64, 64 * 3)]).toEqual([new Set([0]), new Set([0])]);
      expect(Math.max(...rows(bytes, 10, 52, 64 * 3))).toBeGreaterThan(180);
    }
    const planes = await pictures(episode, "yuv420p", [0, 5, 11]);
    expect(planes).toHaveLength(3);
    for (const { bytes } of planes) {
      expect(rows(bytes, 0, 10, 64)).toEqual(new Set([16]));
      expect(rows(bytes.subarray(64 * 64), 0, 5, 32)).toEqual(new Set([128]));
    }
  });
}
