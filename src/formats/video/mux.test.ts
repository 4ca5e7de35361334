import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import { openVideo } from "./demux.ts";
import { writeMp4 } from "./mux.ts";

const config: CodecConfig = { codec: "mpeg4", width: 64, height: 48, description: Uint8Array.of(0, 0, 1, 0xb0, 1) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-mux-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Packets of 1 to 97 bytes shown at the given times, a key frame every `group`. */
async function* packets(times: readonly bigint[], group = 4): AsyncGenerator<PacketsBatch> {
  for (let start = 0; start < times.length; start += 7) {
    const time = BigInt64Array.from(times.slice(start, start + 7));
    const sizes = Array.from(time, (_, i) => 1 + (((start + i) * 31) % 97));
    const offsets = BigInt64Array.from(
      [0, ...sizes].map((_, i) => BigInt(sizes.slice(0, i).reduce((sum, size) => sum + size, 0))),
    );
    const bytes = Uint8Array.from({ length: Number(offsets[time.length]) }, (_, i) => (start * 13 + i) & 255);
    const key = Uint8Array.from(time, (_, i) => ((start + i) % group === 0 ? 1 : 0));
    yield { kind: "packets", time, decodeTime: time, key, offsets, bytes, config };
  }
}

async function readBack(path: string) {
  const file = await openVideo(path);
  const bytes: Uint8Array[] = [];
  const time: bigint[] = [];
  for await (const batch of file.packets({ batchPackets: 5 })) {
    bytes.push(batch.bytes.slice());
    time.push(...batch.time);
  }
  await file.close();
  return { file, bytes: Buffer.concat(bytes), time };
}

async function bytesOf(all: AsyncIterable<PacketsBatch>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const batch of all) parts.push(batch.bytes);
  return Buffer.concat(parts);
}

describe("writeMp4", () => {
  it("writes the same file where times and sizes come in a pass before the pictures", async () => {
    const times = Array.from({ length: 200 }, (_, i) => BigInt(i) * 40_000_000n);
    const [held, passing] = ["at-once", "passing"].map((name) => join(folder, `${name}.mp4`)) as [string, string];
    await writeMp4(held, config, packets(times));
    await writeMp4(passing, config, packets(times), { times: packets(times) });
    expect(await readFile(passing)).toEqual(await readFile(held));
    const fewer = writeMp4(join(folder, "fewer.mp4"), config, packets(times.slice(1)), { times: packets(times) });
    await expect(fewer).rejects.toThrow("their sizes told");
  });

  it.each([
    ["a steady rate", Array.from({ length: 200 }, (_, i) => BigInt(Math.round((i * 1e9) / 30)))],
    ["B-frames", [0n, 300_000_000n, 100_000_000n, 200_000_000n, 400_000_000n, 600_000_000n, 500_000_000n]],
    ["odd times", [0n, 1_234_000n, 40_000_000n, 5_000_000_000n]],
    ["one frame", [0n]],
  ])("keeps pictures, key frames and times of %s", async (name, times) => {
    const path = join(folder, `${name}.mp4`);
    const written = await writeMp4(path, config, packets(times));
    const { file, bytes, time } = await readBack(path);
    expect(time).toEqual(times);
    expect(bytes).toEqual(await bytesOf(packets(times)));
    expect(file.config.description).toEqual(config.description);
    expect(file.config.codec).toBe("mpeg4");
    expect(written.frames).toBe(times.length);
    expect(written.bytes).toBe((await readFile(path)).length);
  });

  it("puts the tables in front, and writes the same bytes whatever stays in memory", async () => {
    const times = Array.from({ length: 90 }, (_, i) => BigInt(i) * 50_000_000n);
    const [held, spilled] = [join(folder, "held.mp4"), join(folder, "spilled.mp4")];
    await writeMp4(held, config, packets(times));
    await writeMp4(spilled, config, packets(times), { memoryBytesMax: 100 });
    const bytes = await readFile(held);
    expect(bytes.indexOf("moov")).toBeLessThan(bytes.indexOf("mdat"));
    expect(bytes.equals(await readFile(spilled))).toBe(true);
    expect((await readdir(folder)).filter((name) => name.endsWith(".pictures"))).toEqual([]);
  });

  it("leaves nothing when its packets end in an error", async () => {
    async function* broken(): AsyncGenerator<PacketsBatch> {
      yield* packets([0n, 1_000_000n]);
      throw new Error("the disk was pulled out");
    }
    const path = join(folder, "broken.mp4");
    await expect(writeMp4(path, config, broken(), { memoryBytesMax: 1 })).rejects.toThrow("pulled out");
    expect((await readdir(folder)).filter((name) => name.startsWith("broken"))).toEqual([]);
  });

  it("refuses no packets, and codecs that mp4 does not carry", async () => {
    await expect(writeMp4(join(folder, "none.mp4"), config, packets([]))).rejects.toMatchObject({ code: "bad-data" });
    const png = { ...config, codec: "png" };
    async function* pictures(): AsyncGenerator<PacketsBatch> {
      for await (const batch of packets([0n])) yield { ...batch, config: png };
    }
    await expect(writeMp4(join(folder, "png.mp4"), png, pictures())).rejects.toThrow("encoded again");
  });
});
