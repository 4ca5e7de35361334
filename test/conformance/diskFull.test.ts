import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryEpisode } from "../../src/core/memoryEpisode.ts";
import { openBuiltFiles } from "../../src/dataset/files.ts";
import { type Home, openHome } from "../../src/dataset/home.ts";
import { openReceipts } from "../../src/dataset/receipts.ts";
import { openShelf } from "../../src/dataset/shelf.ts";
import { openSnapshots } from "../../src/dataset/snapshots.ts";
import { openFileStore } from "../../src/io/fileStore.ts";

/** A real disk of one megabyte, where this user may mount one. */
async function smallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "tendon-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status === 0) return folder;
  await rm(folder, { recursive: true });
  return undefined;
}

const disk = await smallDisk();
if (disk === undefined) console.warn("skipped: a full disk (this user may not mount one)");

describe.skipIf(disk === undefined)("on a full disk", () => {
  let home: Home;
  const id = "c3".repeat(32);
  beforeAll(async () => {
    home = await openHome(join(disk!, "home"));
    const snapshots = openSnapshots(home);
    await snapshots.write(id, { manifest: { n: 1 }, lists: { episodes: [{ id: "a" }] } });
    await snapshots.commit("main", 1, id);
  });
  afterAll(async () => {
    spawnSync("umount", [disk!]);
    await rm(disk!, { recursive: true });
  });

  it("every writer says no-space with the file, leaves nothing, and what was committed stays", async () => {
    const full = { code: "no-space", place: { file: expect.stringContaining(disk!) }, message: expect.stringContaining("full") };
    const big = new Uint8Array(2_000_000);
    await expect(home.store.write("big", big)).rejects.toMatchObject(full);
    await expect(home.store.createOnly("big", big)).rejects.toMatchObject(full);
    await expect(openFileStore(join(disk!, "other")).write("big", big)).rejects.toMatchObject(full);
    const other = "d4".repeat(32);
    const list = Array.from({ length: 100_000 }, (_, index) => ({ index, text: "an episode's name" }));
    await expect(openSnapshots(home).write(other, { manifest: {}, lists: { list } })).rejects.toMatchObject(full);
    expect(await openSnapshots(home).has(other)).toBe(false);
    await expect(parkTooMuch(home)).rejects.toMatchObject(full);
    expect(await readdir(home.at("tmp"))).toEqual([]);
    expect(await openSnapshots(home).head()).toEqual({ n: 1, id });
    expect(await Array.fromAsync(openSnapshots(home).list(id, "episodes"))).toEqual([{ id: "a" }]);
  });

  it("receipts tell what did not fit, and go on once there is space", async () => {
    await using receipts = await openReceipts(home, "w");
    await receipts.put("before", 1);
    const filler = home.at("files", "filler");
    await writeFile(filler, new Uint8Array(950_000));
    await expect(receipts.put("big", "x".repeat(200_000))).rejects.toMatchObject({ code: "no-space" });
    await rm(filler);
    await receipts.put("after", 2);
    await using again = await openReceipts(home, "again");
    expect([await again.get("before"), await again.get("big"), await again.get("after")]).toEqual([1, null, 2]);
  });

  it("a built file that cannot be noted is not counted as built", async () => {
    const temporary = home.temporary();
    await writeFile(temporary, new Uint8Array(400_000));
    const filler = home.at("files", "filler");
    await writeFile(filler, new Uint8Array(1_000_000)).catch(() => undefined);
    const files = openBuiltFiles(home);
    await expect(files.place(id, temporary, { note: "x".repeat(200_000) })).rejects.toMatchObject({ code: "no-space" });
    await rm(filler);
    expect(await files.receipt(id)).toBeNull();
    expect(await readdir(home.at("tmp"))).toEqual([]);
  });
});

async function parkTooMuch(home: Home): Promise<unknown> {
  const rows = 50_000;
  const time = BigInt64Array.from({ length: rows }, (_, row) => BigInt(row));
  const episode = memoryEpisode({
    id: "e",
    schema: { key: "k", embodiment: "arm", features: { state: { dtype: "float64", shape: [8] } } },
    streams: { state: { kind: "rows", time, values: new Float64Array(rows * 8) } },
  });
  const watcher = await openShelf(home).park(episode, { tables: { rows: ["state"] }, packets: [] });
  try {
    for await (const { want, batch } of episode.read(watcher.wants)) await watcher.push(want, batch);
  } catch (cause) {
    await watcher.abort(cause);
    throw cause;
  }
  return watcher.close();
}
