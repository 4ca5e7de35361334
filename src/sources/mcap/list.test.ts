import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listRecordings } from "./list.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tendon-list-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function make(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), "");
  }
}

async function keys(path: string | string[], how: "rosbag2" | "numbered" | "none" = "rosbag2"): Promise<string[]> {
  return (await listRecordings({ path, join: how })).recordings.map(({ key }) => key);
}

test("a folder is searched with its subfolders; a glob and a file mean what they say", async () => {
  await make("a/run.mcap", "b/run.mcap", "b/deep/run.mcap", "b/notes.txt");
  expect(await keys(root)).toEqual(["a/run.mcap", "b/deep/run.mcap", "b/run.mcap"]);
  expect(await keys(join(root, "*", "*.mcap"))).toEqual(["a/run.mcap", "b/run.mcap"]);
  expect(await keys(join(root, "b", "run.mcap"))).toEqual(["run.mcap"]);
  expect(await keys([join(root, "a"), join(root, "b", "run.mcap")])).toEqual(["a/run.mcap", "b/run.mcap"]);
});

test("a file with brackets in its name is no pattern", async () => {
  await make("run[1].mcap");
  expect(await keys(join(root, "run[1].mcap"))).toEqual(["run[1].mcap"]);
});

test("rosbag2's parts are one recording, in order of their numbers; takes with numbers are not", async () => {
  const parts = Array.from({ length: 11 }, (_, index) => `bag/bag_${index}.mcap`);
  await make(...parts, "take_0.mcap", "take_1.mcap");
  const { recordings } = await listRecordings({ path: root, join: "rosbag2" });
  expect(recordings).toEqual([
    { key: "bag/bag", files: parts },
    { key: "take_0.mcap", files: ["take_0.mcap"] },
    { key: "take_1.mcap", files: ["take_1.mcap"] },
  ]);
  expect(await keys(root, "numbered")).toEqual(["bag/bag", "take"]);
  expect((await keys(root, "none")).length).toBe(13);
});

test("metadata.yaml names the parts; a missing part keeps them apart", async () => {
  await make("monday/run_0.mcap", "monday/run_1.mcap", "hole/hole_0.mcap", "hole/hole_2.mcap");
  await writeFile(
    join(root, "monday", "metadata.yaml"),
    "rosbag2_bagfile_information:\n  relative_file_paths: [run_0.mcap, run_1.mcap]\n",
  );
  expect(await keys(root)).toEqual(["hole/hole_0.mcap", "hole/hole_2.mcap", "monday/run"]);
});
