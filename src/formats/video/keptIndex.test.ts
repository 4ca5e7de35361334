import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CodecConfig, PacketsBatch } from "../../core/batch.ts";
import { openVideo } from "./demux.ts";
import { writeMp4 } from "./mux.ts";

const config: CodecConfig = { codec: "mpeg4", width: 64, height: 48, description: Uint8Array.of(0, 0, 1, 0xb0, 1) };
const FRAME_NS = 40_000_000n;
const LONG = 5000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tendon-kept-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A file of so many pictures, a key frame every 30; with B-frames two of three are shown in another order. */
async function video(name: string, frames: number, bFrames: boolean): Promise<string> {
  const path = join(root, name);
  async function* packets(): AsyncGenerator<PacketsBatch> {
    const places = Array.from({ length: frames }, (_, at) => (bFrames && at % 30 > 0 ? at + [0, 1, -1][at % 3]! : at));
    const sizes = places.map((_, at) => 1 + ((at * 31) % 7));
    const offsets = new BigInt64Array(frames + 1);
    for (const [at, size] of sizes.entries()) offsets[at + 1] = offsets[at]! + BigInt(size);
    const time = BigInt64Array.from(places, (place) => BigInt(place) * FRAME_NS);
    const key = Uint8Array.from(places, (_, at) => (at % 30 === 0 ? 1 : 0));
    const bytes = Uint8Array.from({ length: Number(offsets[frames]) }, (_, at) => at & 255);
    yield { kind: "packets", time, decodeTime: time, key, offsets, bytes, config };
  }
  await writeMp4(path, config, packets());
  return path;
}

/** All that a file says, and the packets behind its picture 1000. */
async function said(path: string, indexFolder?: string) {
  const file = await openVideo(path, { indexFolder });
  const { config: told, rateHz, frames, hidden, rotation } = file;
  const batches: PacketsBatch[] = [];
  for await (const batch of file.packets({ fromFrame: Math.min(1000, file.frames - 1), batchPackets: 500 }))
    batches.push({ ...batch, bytes: batch.bytes.slice() });
  const times = file.times();
  await file.close();
  return { told, rateHz, frames, hidden, rotation, times, batches };
}

describe("the tables of a long video", () => {
  it.each([
    ["in the order in which they are decoded", false],
    ["with B-frames", true],
  ])("are the same from the index that the first opening kept: pictures %s", async (name, bFrames) => {
    const path = await video(`${bFrames}.mp4`, LONG, bFrames);
    const folder = join(root, `index of ${name}`);
    const asRead = await said(path);
    expect(asRead.times.bFrames).toBe(bFrames);
    expect(await said(path, folder)).toEqual(asRead);
    expect(await readdir(folder)).toHaveLength(1);
    expect(await said(path, folder)).toEqual(asRead);
  });

  it("are read again where the file is another, or the index is damaged", async () => {
    const path = await video("changed.mp4", LONG, false);
    const folder = join(root, "index of changed");
    await said(path, folder);
    const kept = join(folder, (await readdir(folder))[0]!);
    const index = await readFile(kept);
    // An index that lies is believed while nothing shows it: so this test sees that it is taken at all.
    const lying = Buffer.from(index.toString("latin1").replace('"rateHz":25', '"rateHz":99'), "latin1");
    await writeFile(kept, lying);
    expect((await said(path, folder)).rateHz).toBe(99);
    for (const damage of [index.subarray(0, index.length - 1), Buffer.from(index).fill(7, index.length - 9), Buffer.from("{}")]) {
      await writeFile(kept, damage);
      expect((await said(path, folder)).rateHz).toBe(25);
      expect(await readFile(kept)).toEqual(index);
    }
    await writeFile(kept, lying);
    await appendFile(path, Uint8Array.of(0, 0, 0, 8, 102, 114, 101, 101));
    expect((await said(path, folder)).rateHz).toBe(25);
  });

  it("are not kept of short files, nor where nothing can be written", async () => {
    const folder = join(root, "index of short");
    await said(await video("short.mp4", 100, false), folder);
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
    const file = join(root, "a file");
    await writeFile(file, "");
    expect((await said(await video("long.mp4", LONG, false), file)).frames).toBe(LONG);
  });
});
