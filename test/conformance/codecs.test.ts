import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Encoding, PacketsBatch } from "../../src/core/batch.ts";
import type { Codecs, DecodedPicture } from "../../src/core/codecs.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { writeMp4 } from "../../src/formats/video/mux.ts";
import { decode, encode, movingPicture, psnr, steadyTimes } from "./movingPicture.ts";

const size = { width: 96, height: 64 };
const h264: Encoding = { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 20 };
const av1: Encoding = { codec: "av1", pixelFormat: "yuv420p", group: 8, quality: 25 };
const backends = ["node-av", "ffmpeg"] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-codecs-"));
});
afterAll(() => rm(folder, { recursive: true }));

for (const backend of backends) {
  const codecs: Codecs | undefined = await openCodecs({ backend }).catch(() => undefined);
  if (!codecs) console.log(`codecs: ${backend} is not installed here, its suite is skipped`);
  describe.skipIf(!codecs)(`codecs by ${backend}`, () => suite(codecs!, backend));
}

function suite(codecs: Codecs, backend: string): void {
  describe.each([h264, av1])("$codec", (encoding) => {
    it("gives back what was encoded, through a file, at the exact times", async () => {
      const frames = movingPicture(size, steadyTimes(29, 30));
      const target = join(folder, `${backend}-${encoding.codec}.mp4`);
      const packets = await encode(codecs, frames, encoding);
      await writeMp4(target, packets[0]!.config, stream(packets));
      const file = await openVideo(target);
      const { wants, skipped } = await decode(codecs, file.packets(), [{ format: "yuv420p" }]);
      await file.close();
      expect(file.rateHz).toBe(30);
      expect(file.config.codec).toBe(encoding.codec);
      expect(wants[0]!.times).toEqual([...frames.time]);
      expect(skipped).toBe(0);
      for (const [i, frame] of wants[0]!.frames.entries()) {
        expect(psnr(frame, new Uint8Array(frames.frames, i * frames.stride, frames.stride))).toBeGreaterThan(34);
      }
    });

    it("starts a closed group every so many frames, and nowhere else", async () => {
      const packets = await encode(codecs, movingPicture(size, steadyTimes(29, 30)), encoding);
      const keys = packets.flatMap((batch) => [...batch.key]);
      expect(keys).toEqual(Array.from({ length: 29 }, (_, i) => (i % 8 === 0 ? 1 : 0)));
      const second = await decode(codecs, [from(packets, 16)], [{ format: "gray8" }]);
      const whole = await decode(codecs, packets, [{ format: "gray8" }]);
      expect(second.wants[0]!.times).toEqual(whole.wants[0]!.times.slice(16));
      expect(second.wants[0]!.frames).toEqual(whole.wants[0]!.frames.slice(16));
    });

    it("gives the same bytes twice", async () => {
      const frames = movingPicture(size, steadyTimes(20, 30));
      const [once, again] = [await encode(codecs, frames, encoding), await encode(codecs, frames, encoding)];
      expect(once.map(({ bytes }) => bytes)).toEqual(again.map(({ bytes }) => bytes));
      expect(once[0]!.config).toEqual(again[0]!.config);
    });
  });

  it.each([
    ["rgb24", [200, 40, 90], [200, 40, 90]],
    ["bgr24", [200, 40, 90], [90, 40, 200]],
    ["rgba", [200, 40, 90, 255], [200, 40, 90]],
    ["bgra", [200, 40, 90, 255], [90, 40, 200]],
    ["gray", [77], [77, 77, 77]],
  ] as const)("takes raw %s as it is", async (pixelFormat, pixel, rgb) => {
    const pixels = 6 * 4;
    const one = Array.from({ length: pixels }, () => pixel).flat();
    // The first pixel of each picture tells it apart.
    const pictures = [0, 1, 2].map((at) => [...one.slice(0, pixel.length).map(() => at * 100), ...one.slice(pixel.length)]);
    const time = BigInt64Array.from([0n, 33_333_333n, 66_666_667n]);
    const packets: PacketsBatch = {
      kind: "packets",
      time,
      decodeTime: time,
      offsets: BigInt64Array.from([0, 1, 2, 3], (at) => BigInt(at * one.length)),
      bytes: Uint8Array.from(pictures.flat()),
      key: Uint8Array.of(1, 1, 1),
      config: { codec: "rawvideo", width: 6, height: 4, pixelFormat },
    };
    const { wants, skipped } = await decode(codecs, [packets], [{ format: "rgb24" }]);
    expect([skipped, wants[0]!.times]).toEqual([0, [...time]]);
    for (const [at, frame] of wants[0]!.frames.entries()) {
      expect([...frame.subarray(0, 3)]).toEqual([at * 100, at * 100, at * 100]);
      expect([...frame.subarray(3, 6)]).toEqual(rgb);
      expect([...frame.subarray(-3)]).toEqual(rgb);
    }
  });

  it.each(["gray16le", "gray16be"])("takes raw %s, to the bit", async (pixelFormat) => {
    const values = Array.from({ length: 24 }, (_, at) => at * 2500 + 3);
    const view = new DataView(new ArrayBuffer(48));
    for (const [at, value] of values.entries()) view.setUint16(at * 2, value, pixelFormat === "gray16le");
    const time = BigInt64Array.of(5n);
    const packets: PacketsBatch = {
      kind: "packets",
      time,
      decodeTime: time,
      offsets: BigInt64Array.of(0n, 48n),
      bytes: new Uint8Array(view.buffer),
      key: Uint8Array.of(1),
      config: { codec: "rawvideo", width: 6, height: 4, pixelFormat },
    };
    const { wants } = await decode(codecs, [packets], [{ format: "gray16" }]);
    expect([...new Uint16Array(wants[0]!.frames[0]!.buffer)]).toEqual(values);
  });

  it("keeps the times of frames that come at no steady rate", async () => {
    const times = [5n, 1_000_000_007n, 1_000_500_000n, 3_000_000_001n];
    const packets = await encode(codecs, movingPicture(size, times), h264);
    expect(packets.flatMap(({ time }) => [...time])).toEqual(times);
    const { wants } = await decode(codecs, packets, [{ format: "gray8" }]);
    expect(wants[0]!.times).toEqual(times);
  });

  it("decodes once for several formats and sizes", async () => {
    const packets = await encode(codecs, movingPicture(size, steadyTimes(10, 10)), h264, 10);
    const small = { width: 35, height: 21 };
    const { wants } = await decode(codecs, packets, [
      { format: "rgb24" },
      { format: "gray8", size: small },
      { format: "gray16" },
      { format: "yuv420p", size: small },
    ]);
    expect(wants.map(({ frames }) => frames.map((frame) => frame.length))).toEqual(
      [96 * 64 * 3, 35 * 21, 96 * 64 * 2, 35 * 21 + 2 * 18 * 11].map((bytes) => Array(10).fill(bytes)),
    );
    // Grey is full range: 30 of 16..235 is dark, and the square at 220 nearly white.
    const grey = wants[1]!.frames[0]!;
    expect(Math.min(...grey)).toBeLessThan(30);
    expect(Math.max(...grey)).toBeGreaterThan(225);
  });

  it("delivers only the pictures that are wanted", async () => {
    const packets = await encode(codecs, movingPicture(size, steadyTimes(10, 10)), h264, 10);
    const only = new Set([300_000_000n, 700_000_000n]);
    const { wants } = await decode(codecs, packets, [{ format: "gray8", only }, { format: "gray8" }]);
    expect(wants[0]!.times).toEqual([...only]);
    expect(wants[0]!.frames).toEqual([wants[1]!.frames[3], wants[1]!.frames[7]]);
  });

  it.each([size, { width: 32, height: 20 }, { width: 224, height: 224 }, { width: 35, height: 21 }, { width: 160, height: 33 }])(
    "writes a picture of $width×$height where it is asked to, and nowhere beside",
    async (own) => {
      const packets = await encode(codecs, movingPicture(size, steadyTimes(3, 30)), h264);
      const bytes = own.width * own.height * 3;
      // Memory of batches is shared between threads, and a picture lies between others'.
      for (const before of [64, 7]) {
        const memory = new Uint8Array(new SharedArrayBuffer(before + bytes + 64)).fill(77);
        let pictures = 0;
        const each = (_: bigint, picture: DecodedPicture) => {
          pictures++;
          picture.write(memory.subarray(before, before + bytes));
          expect(Buffer.compare(memory.subarray(before, before + bytes), picture.bytes())).toBe(0);
          expect(new Set([...memory.subarray(0, before), ...memory.subarray(before + bytes)])).toEqual(new Set([77]));
        };
        await decode(codecs, packets, [{ format: "rgb24", size: own, each }]);
        expect(pictures).toBe(3);
      }
    },
  );

  it("tells how many packets gave no frame, and goes on behind them", async () => {
    const [batch] = await encode(codecs, movingPicture(size, steadyTimes(24, 30)), h264);
    const bytes = batch!.bytes.slice();
    bytes.fill(0xff, Number(batch!.offsets[8]), Number(batch!.offsets[9]));
    const { wants, skipped } = await decode(codecs, [{ ...batch!, bytes }], [{ format: "gray8" }]);
    expect(skipped).toBeGreaterThan(0);
    expect(wants[0]!.times.length).toBe(24 - skipped);
    expect(wants[0]!.times).toContain(batch!.time[23]);
  });

  it("says that nothing decodes when the stream is of another codec", async () => {
    const packets = await encode(codecs, movingPicture(size, steadyTimes(9, 30)), h264);
    const { description: _, ...config } = packets[0]!.config;
    const lying = packets.map((batch) => ({ ...batch, config: { ...config, codec: "mpeg4" } }));
    await expect(decode(codecs, lying, [{ format: "gray8" }])).rejects.toMatchObject({ code: "bad-data" });
  });

  it("refuses to encode sizes that 4:2:0 does not have", async () => {
    await expect(codecs.encoder(h264, { width: 35, height: 21 }, 30)).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringContaining("35×21"),
    });
  });

  it("leaves nothing behind when it is disposed of half-way", async () => {
    const frames = movingPicture(size, steadyTimes(24, 30));
    const packets = await encode(codecs, frames, h264);
    const encoder = await codecs.encoder(h264, size, 30);
    await encoder.push(frames, async () => undefined);
    await encoder[Symbol.asyncDispose]();
    const decoder = await codecs.decoder(packets[0]!.config, [{ format: "rgb24" }]);
    await decoder.push(packets[0]!, async () => undefined);
    await decoder[Symbol.asyncDispose]();
    expect(childrenOf(process.pid)).toEqual([]);
  });
}

describe("two ways to one picture", async () => {
  const [inProcess, command] = await Promise.all(backends.map((backend) => openCodecs({ backend }).catch(() => undefined)));
  // FFmpeg's vector code leaves the last columns of a width that is no multiple of 8 alone where lines have no padding.
  const sizes = [size, { width: 98, height: 66 }];
  it.skipIf(!inProcess || !command).each(sizes)("both backends decode $width×$height to equal pixels", async (size) => {
    const packets = await encode(inProcess!, movingPicture(size, steadyTimes(16, 30)), h264);
    const formats = ["rgb24", "gray8", "yuv420p"] as const;
    const wants = formats.flatMap((format) => [{ format }, { format, size: { width: 48, height: 40 } }]);
    const a = await decode(inProcess!, packets, wants);
    const b = await decode(command!, packets, wants);
    for (const [place, want] of wants.entries()) {
      const worst = a.wants[place]!.frames.map((frame, i) => largestStep(frame, b.wants[place]!.frames[i]!));
      // Versions of swscale round a scaled grey differently by one.
      expect(Math.max(...worst)).toBeLessThanOrEqual(want.format === "gray8" ? 1 : 0);
    }
  });
});

it("says what to install when nothing decodes here", async () => {
  const path = process.env.PATH;
  process.env.PATH = folder;
  try {
    await expect(openCodecs({ backend: "ffmpeg" })).rejects.toMatchObject({
      code: "missing-tool",
      message: expect.stringContaining("apt install ffmpeg"),
    });
  } finally {
    process.env.PATH = path;
  }
});

/** Packets from place `start` on, as one batch. */
function from(packets: readonly PacketsBatch[], start: number): PacketsBatch {
  const batch = packets[0]!;
  const { time, decodeTime, key, offsets } = batch;
  return {
    ...batch,
    time: time.subarray(start),
    decodeTime: decodeTime.subarray(start),
    key: key.subarray(start),
    offsets: offsets.subarray(start),
  };
}

async function* stream(packets: readonly PacketsBatch[]): AsyncGenerator<PacketsBatch> {
  yield* packets;
}

function largestStep(a: Uint8Array, b: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** Processes named ffmpeg that this one started and that still are. */
function childrenOf(pid: number): string[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,comm=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.includes("ffmpeg"));
}
