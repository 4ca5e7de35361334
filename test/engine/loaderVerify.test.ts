import { copyFile, mkdtemp, realpath, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import { loader } from "../../src/loader/loader.ts";
import { sharedMemory } from "../../src/loader/memory.ts";
import { openLoader, type Started } from "../../src/loader/open.ts";
import type { LoaderOptions } from "../../src/loader/types.ts";
import { CAMERA, clip, columns, makeDataset, removeClips, writeTable } from "../support/lerobotDataset.ts";

const SIZE = { height: 16, width: 24 };
let folder = "";
let set = "";
beforeEach(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-verify-")));
  set = await makeDataset({ root: join(folder, "set") });
});
afterAll(async () => {
  await removeClips();
  await rm(folder, { recursive: true, force: true });
});

const options = (): LoaderOptions => ({
  path: set,
  batchSize: 8,
  size: SIZE,
  threads: 1,
  epochs: 1,
  verify: true,
  order: "sequential",
  windows: { [CAMERA]: [-1, 0, 3], "observation.state": [-2, 0], action: [0, 1, 2, 3] },
});

async function read(given: LoaderOptions): Promise<number> {
  await using batches = await loader(given);
  let count = 0;
  for await (const _ of batches) count++;
  return count;
}

/** All batches of an epoch stand whole in memory, and only the first of them was given and verified. */
async function filled(given: LoaderOptions) {
  const opened = await openLoader(given);
  const memory = sharedMemory(5, opened.layout.bytes);
  const started = opened.start(memory);
  await started.batches.next();
  while (started.batches.counts.decoded < 40) await sleep(5);
  await sleep(50);
  return { started, memory, layout: opened.layout };
}

async function all({ batches }: Started): Promise<void> {
  for (let ready = await batches.next(); ready; ready = await batches.next()) batches.release(ready.slot);
}

/** Another file in a file's place that looks the same from outside. */
async function swap(file: string, other: string): Promise<void> {
  const { mtime } = await stat(file);
  await copyFile(other, file);
  await utimes(file, mtime, mtime);
}

test.each([
  {},
  { order: "uniform" as const, edges: "drop" as const },
  { tail: "pad" as const, batchSize: 16 },
  { rank: 1, world: 2, tail: "wrap" as const },
  { path: [] as string[], order: "local" as const },
])("what is right is right a second time: %j", async (more) => {
  const narrow = (episode: number) => columns(episode).replace(`[i / 10.0, ${episode}, -i]`, "[100 + i]");
  const other = await makeDataset({ root: join(folder, "other"), episodes: 1, select: narrow, frames: () => null, info: {} });
  const path = "path" in more ? [set, other] : set;
  expect(await read({ ...options(), ...more, path })).toBeGreaterThan(1);
});

test("one byte of one picture that is wrong is found", async () => {
  const { started, memory, layout } = await filled(options());
  await using _ = started;
  const { field, bytes } = layout.pictures[0]!;
  if (memory.kind !== "shared") throw new TypeError("expected memory of this process");
  // Batch 3 stands in slot 3; its sample 2 is row 6 of episode 1, and step 1 that row itself.
  const slot = new Uint8Array(memory.buffers[3]!);
  const at = field.start + (2 * 3 + 1) * bytes + (5 * SIZE.width + 7) * 3 + 2;
  slot[at] = slot[at]! ^ 1;
  await expect(all(started)).rejects.toMatchObject({
    message: expect.stringMatching(
      /episode 1, row 6 \(sample 2 of the batch\), step 1, line 5, column 7, blue: the loader gave \d+, /,
    ),
    place: { stream: CAMERA, file: join(set, `videos/chunk-000/${CAMERA}/episode_000001.mp4`) },
  });
});

test("a table that is another one when it is read a second time is found", async () => {
  const { started } = await filled(options());
  await using _ = started;
  const other = join(folder, "other.parquet");
  await writeTable(other, columns(1).replace("(i / 10.0 + 0.1)", "i").replace("i / 10.0 + 0.1", "i / 10.0 + 0.2"), 20);
  await swap(join(set, "data/chunk-000/episode_000001.parquet"), other);
  await expect(all(started)).rejects.toThrow(
    /episode 1, row 0 \(sample 4 of the batch\), step 0, number 0: the loader gave 0\.1\d*, read a second time it is 0\.2/,
  );
});

test("a video that is another one when it is read a second time is found", async () => {
  const { started } = await filled(options());
  await using _ = started;

  await swap(join(set, `videos/chunk-000/${CAMERA}/episode_000001.mp4`), await clip(19, 10));
  await expect(all(started)).rejects.toThrow(
    /episode 1, row \d+ .*: the loader gave a picture, read a second time it is not there/,
  );
});

test("what is changed at random cannot be verified", async () => {
  const augment = { color: { brightness: 0.1 } };
  await expect(loader({ ...options(), augment })).rejects.toThrow("leave `augment` out to verify the rest");
});
