import { expect, test } from "vitest";
import type { Want } from "../core/batch.ts";
import { memoryEpisode } from "../core/memoryEpisode.ts";
import { rgbOnly } from "./rgbOnly.ts";

test("a stage asks for RGB where a reader behind it would take planes", async () => {
  const asked: Want[] = [];
  const episode = memoryEpisode({ id: "one", schema: { key: "made", embodiment: "made", features: {} }, streams: {} });
  const stage = rgbOnly({
    ...episode,
    read: (wants) => {
      asked.push(...wants);
      return episode.read([]);
    },
  });
  const rows: Want = { stream: "state", as: "rows" };
  for await (const _ of stage.read([{ stream: "head", as: "frames", format: "rgb24", orPlanes: true }, rows]));
  expect(asked).toEqual([{ stream: "head", as: "frames", format: "rgb24" }, rows]);
});
