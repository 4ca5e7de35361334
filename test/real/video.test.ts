import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PacketsBatch } from "../../src/core/batch.ts";
import { readMovie } from "../../src/formats/video/boxes.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { packetTable } from "../../src/formats/video/mp4Tables.ts";
import { writeMp4 } from "../../src/formats/video/mux.ts";
import { openReader } from "../../src/io/reader.ts";
import { decode, psnr } from "../conformance/movingPicture.ts";
import { mediabunnyPackets } from "../support/mediabunnyPackets.ts";

const data = process.env.TENDON_TEST_DATA;
if (!data) console.log("real video: TENDON_TEST_DATA is not set, skipped");
const codecs = data ? await openCodecs().catch(() => undefined) : undefined;

describe.skipIf(!data)("real video files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tendon-video-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("opens every one, and tells what it is", async () => {
    const told: { [name: string]: unknown } = {};
    for (const name of readdirSync(join(data!, "video/odd"))) {
      const file = await openVideo(join(data!, "video/odd", name));
      const { bFrames } = file.times();
      told[name] = [file.config.codec, file.frames, Math.round(file.rateHz * 100) / 100, file.rotation, bFrames];
      await file.close();
    }
    expect(told).toEqual({
      "av1_video.mkv": ["av1", 125, 25, 0, false],
      "bt709_full_range.mp4": ["h264", 30, 30, 0, true],
      "carphone_distorted.mp4": ["h264", 120, 29.97, 0, true],
      "carphone_pristine.mp4": ["h264", 120, 29.97, 0, true],
      "corrupted.mp4": ["h264", 50, 10, 0, true],
      "h264_10bits.mp4": ["h264", 30, 30, 0, true],
      "h265_video.mp4": ["hevc", 10, 10, 0, true],
      "realshort.mp4": ["h264", 36, 30.02, 0, false],
      "video_0.mov": ["h264", 3, 30, 0, false],
      "video_180.mov": ["h264", 3, 30, 180, false],
      "video_270.mov": ["h264", 3, 30, 270, false],
    });
  });

  it.each(["odd/av1_video.mkv", "odd/carphone_pristine.mp4", "odd/h265_video.mp4", "clips/hand_open_palm.mp4"])(
    "%s keeps its coded pictures and times when it is written again",
    async (name) => {
      const file = await openVideo(join(data!, "video", name));
      const target = join(folder, `${name.replace("/", "-")}.mp4`);
      await writeMp4(target, file.config, file.packets());
      const copy = await openVideo(target);
      expect(copy.times()).toEqual(file.times());
      expect(copy.rateHz).toBe(file.rateHz);
      expect(await pictures(copy.packets())).toBe(await pictures(file.packets()));
      await Promise.all([file.close(), copy.close()]);
    },
  );

  it("joins episodes with B-frames, each frame at its place", async () => {
    const videos = join(data!, "robot/groot_gr1_pick_place_v20/videos/chunk-000/observation.images.ego_view");
    const names = readdirSync(videos).slice(0, 3);
    const target = join(folder, "joined.mp4");
    const files = await Promise.all(names.map((name) => openVideo(join(videos, name))));
    const config = files[0]!.config;
    const alike = files.filter((file) => Buffer.compare(file.config.description!, config.description!) === 0);
    async function* joined(): AsyncGenerator<PacketsBatch> {
      let frames = 0;
      for (const file of alike) {
        const shift = BigInt(Math.round((frames * 1e9) / file.rateHz));
        for await (const batch of file.packets()) yield { ...batch, time: batch.time.map((time) => time + shift) };
        frames += file.frames;
      }
    }
    const written = await writeMp4(target, config, joined());
    const copy = await openVideo(target);
    expect(copy.frames).toBe(alike.reduce((sum, file) => sum + file.frames, 0));
    expect(copy.rateHz).toBe(20);
    expect(written.durationSec).toBe(copy.frames / 20);
    copy.times().time.forEach((time, frame) => {
      expect(time).toBe(BigInt(frame) * 50_000_000n);
    });
    await Promise.all([...files, copy].map((file) => file.close()));
  });

  it("reads mp4 tables as Mediabunny does, to the tick and the byte", async () => {
    const names = readdirSync(data!, { recursive: true, encoding: "utf8" }).filter((name) => /\.(mp4|mov)$/.test(name));
    expect(names.length).toBeGreaterThan(20);
    let plain = 0;
    for (const name of names) {
      const path = join(data!, name);
      const reader = await openReader(path);
      const movie = await readMovie(reader, 0);
      const table = movie && packetTable(movie);
      await reader.close();
      if (!table) continue;
      plain++;
      const { ticks, key, bytes } = await mediabunnyPackets(path);
      expect([name, [...table.ticks], [...table.key]]).toEqual([name, ticks, key]);
      const file = await openVideo(path);
      expect([name, await pictures(file.packets())]).toEqual([name, createHash("sha256").update(bytes).digest("hex")]);
      await file.close();
    }
    expect(plain).toBe(names.length);
  });

  it("reads from the key frame at or before a frame", async () => {
    const file = await openVideo(join(data!, "video/clips/hand_open_palm.mp4"));
    const { time, key } = file.times();
    let start = 150;
    while (key[start] === 0) start--;
    for await (const batch of file.packets({ fromFrame: 150 })) {
      expect(batch.time[0]).toBe(time[start]);
      expect(batch.key[0]).toBe(1);
      break;
    }
    await file.close();
  });

  it.skipIf(!codecs)("decodes 49 of the 50 frames of the corrupted clip, and says so", async () => {
    const file = await openVideo(join(data!, "video/odd/corrupted.mp4"));
    const { wants, skipped } = await decode(codecs!, file.packets(), [{ format: "gray8", size: { width: 64, height: 36 } }]);
    expect([wants[0]!.times.length, skipped]).toEqual([49, 1]);
    await file.close();
  });

  it.skipIf(!codecs)("keeps the colours of BT.709 in full range through yuv420p and an encoder", async () => {
    const file = await openVideo(join(data!, "video/odd/bt709_full_range.mp4"));
    const before = await decode(codecs!, file.packets(), [{ format: "rgb24" }]);
    const packets: PacketsBatch[] = [];
    await using decoder = await codecs!.decoder(file.config, [{ format: "yuv420p" }]);
    await using encoder = await codecs!.encoder(
      { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 10 },
      file.config,
      30,
    );
    const keep = async (batch: PacketsBatch) => void packets.push(batch);
    for await (const batch of file.packets()) await decoder.push(batch, (_, frames) => encoder.push(frames, keep));
    await decoder.flush((_, frames) => encoder.push(frames, keep));
    await encoder.flush(keep);
    const after = await decode(codecs!, packets, [{ format: "rgb24" }]);
    for (const i of [0, 15, 29]) expect(psnr(before.wants[0]!.frames[i]!, after.wants[0]!.frames[i]!)).toBeGreaterThan(36);
    await file.close();
  });

  it.skipIf(!codecs)("writes the same bytes for the same recording twice", async () => {
    const source = join(data!, "robot/g1_teleop_v21/videos/chunk-000/observation.images.cam_high/episode_000000.mp4");
    const digests = [];
    for (const name of ["once.mp4", "again.mp4"]) {
      const file = await openVideo(source);
      await writeMp4(join(folder, name), file.config, file.packets(), {
        memoryBytesMax: name === "once.mp4" ? 1 << 30 : 1 << 16,
      });
      await file.close();
      digests.push(
        createHash("sha256")
          .update(await readFile(join(folder, name)))
          .digest("hex"),
      );
    }
    expect(digests[0]).toBe(digests[1]);
  });
});

/** A digest of all coded pictures in order. */
async function pictures(packets: AsyncIterable<PacketsBatch>): Promise<string> {
  const hash = createHash("sha256");
  for await (const batch of packets) hash.update(batch.bytes);
  return hash.digest("hex");
}
