import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLoaded } from "../../src/loader/dataset.ts";
import { EpisodeShelf } from "../../src/loader/rows.ts";
import { makeDataset } from "../support/lerobotDataset.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-rows-"));
  await makeDataset({ root: join(folder, "set") });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("episodes are the same whether they are kept or read again", async () => {
  const dataset = await openLoaded(join(folder, "set"));
  expect(dataset.episodes.length).toBeGreaterThan(1);
  const roomy = new EpisodeShelf(dataset, { streams: ["observation.state", "action"], task: "task", bytesMax: 1 << 20 });
  const tight = new EpisodeShelf(dataset, { streams: ["observation.state", "action"], task: "task", bytesMax: 1 });
  const places = [0, 1, 0, 1, 1, 0];
  for (const place of places) expect(await tight.read(place)).toEqual(await roomy.read(place));
  expect(await roomy.read(0)).toBe(await roomy.read(0));
  expect(await Promise.all(places.map((place) => tight.read(place)))).toEqual(
    await Promise.all(places.map((place) => roomy.read(place))),
  );
  const first = await roomy.read(0);
  expect(first.rows).toBe(dataset.lengths[0]);
  expect(first.columns.get("action")!.length).toBe(first.rows * Number(dataset.features.action!.shape[0]));
});
