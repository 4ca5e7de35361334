import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PacketsBatch } from "../../src/core/batch.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import { writeMp4 } from "../../src/formats/video/mux.ts";
import { encode, movingPicture, steadyTimes } from "../conformance/movingPicture.ts";

const codecs = await openCodecs().catch(() => undefined);
if (!codecs) console.log("museum: neither node-av nor ffmpeg is here, the broken videos cannot be made and are skipped");

describe.skipIf(!codecs)("broken video files", () => {
  let folder: string;
  let good: Uint8Array;
  let packets: PacketsBatch[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tendon-museum-"));
    const frames = movingPicture({ width: 64, height: 48 }, steadyTimes(24, 30));
    packets = await encode(codecs!, frames, { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 20 });
    const path = join(folder, "good.mp4");
    await writeMp4(path, packets[0]!.config, stream(packets));
    good = await readFile(path);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const put = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  const readAll = async (path: string): Promise<number> => {
    const file = await openVideo(path);
    try {
      let count = 0;
      for await (const batch of file.packets()) count += batch.time.length;
      return count;
    } finally {
      await file.close();
    }
  };

  it("zero-bytes", async () => {
    const path = await put("zero-bytes.mp4", new Uint8Array(0));
    await expect(openVideo(path)).rejects.toMatchObject({ code: "bad-data", place: { file: path, offset: 0 } });
  });

  it("a-text-named-mp4", async () => {
    const path = await put("text.mp4", Buffer.from("timestamp,joint_0,joint_1\n".repeat(100)));
    const reason = expect.stringContaining("not a video file");
    await expect(openVideo(path)).rejects.toMatchObject({ code: "bad-data", message: reason, place: { file: path } });
  });

  it("missing", async () => {
    await expect(openVideo(join(folder, "missing.mp4"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("cut-off-in-the-pictures", async () => {
    const path = await put("cut.mp4", good.subarray(0, good.length - 200));
    await expect(readAll(path)).rejects.toMatchObject({
      code: "bad-data",
      message: expect.stringContaining("of 24 lie behind its end"),
      place: { file: path, offset: good.length - 200 },
    });
  });

  it("cut-off-in-the-tables", async () => {
    const path = await put("cut-tables.mp4", good.subarray(0, 400));
    await expect(readAll(path)).rejects.toMatchObject({ code: "bad-data", place: { file: path } });
  });

  it("tables-promise-more-than-the-file", async () => {
    const bytes = Buffer.from(good);
    const sizes = bytes.indexOf("stsz") + 16;
    bytes.writeUInt32BE(0x7fffffff, sizes);
    const path = await put("promise.mp4", bytes);
    await expect(readAll(path)).rejects.toMatchObject({ code: "bad-data", message: expect.stringContaining("tables promise") });
  });

  it("table-of-four-billion-packets", async () => {
    const bytes = Buffer.from(good);
    const sizes = bytes.indexOf("stsz") + 8;
    bytes.writeUInt32BE(1, sizes);
    bytes.writeUInt32BE(0xffffffff, sizes + 4);
    bytes.writeUInt32BE(0xffffffff, bytes.indexOf("stts") + 12);
    const path = await put("billions.mp4", bytes);
    await expect(readAll(path)).rejects.toMatchObject({ code: "bad-data" });
  });

  it("unknown-codec-name", async () => {
    const bytes = Buffer.from(good);
    bytes.write("zzzz", bytes.indexOf("avc1"), "latin1");
    const path = await put("unknown.mp4", bytes);
    await expect(openVideo(path)).rejects.toMatchObject({ code: "bad-data", message: expect.stringContaining("zzzz") });
  });

  it("every-byte-of-the-tables-wrong-once", async () => {
    const tables = good.length - packets.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (let at = 0; at < tables; at += 7) {
      const bytes = good.slice();
      bytes[at] = bytes[at]! ^ 0xff;
      const path = await put("flipped.mp4", bytes);
      const outcome = await readAll(path).catch((thrown: unknown) => thrown);
      if (typeof outcome !== "number") expect(outcome).toMatchObject({ name: "TendonError", code: "bad-data" });
    }
  }, 60_000);

  it("two-configurations-in-one-file", async () => {
    const other = movingPicture({ width: 32, height: 32 }, steadyTimes(4, 30));
    const more = await encode(codecs!, other, { codec: "h264", pixelFormat: "yuv420p", group: 8, quality: 20 });
    const target = join(folder, "mixed.mp4");
    const mixed = writeMp4(target, packets[0]!.config, stream([...packets, ...more]));
    await expect(mixed).rejects.toMatchObject({ message: expect.stringContaining("two codec configurations") });
    await expect(readFile(target)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

async function* stream(packets: readonly PacketsBatch[]): AsyncGenerator<PacketsBatch> {
  yield* packets;
}
