import { describe, expect, it } from "vitest";
import { featureNames, fillPath, PATHS } from "./info.ts";

describe("fillPath", () => {
  it("fills Python's format strings", () => {
    expect(fillPath(PATHS.v2.data, { episode_chunk: 3, episode_index: 3012 })).toBe("data/chunk-003/episode_003012.parquet");
    const video = fillPath(PATHS.v3.video, { video_key: "observation.images.top", chunk_index: 0, file_index: 12 });
    expect(video).toBe("videos/observation.images.top/chunk-000/file-012.mp4");
  });

  it.each(["../x", "/etc/{a}", "a/../../b", "c:\\x", "{up}/x"])("refuses %s, which leaves the folder", (template) => {
    expect(() => fillPath(template, { a: 1, up: ".." })).toThrow("leads out of the dataset's folder");
  });

  it("says which name it does not know", () => {
    expect(() => fillPath("data/{episode}.parquet", { episode_index: 1 })).toThrow("asks for {episode}; known are episode_index");
  });
});

describe("featureNames", () => {
  it.each([
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [[["a", "b"]], ["a", "b"]],
    [{ motors: ["a", "b"] }, ["a", "b"]],
    [{ left: ["a"], right: [["b"]] }, ["a", "b"]],
    [null, undefined],
    [[], undefined],
    [[1, 2], undefined],
    [{ motors: null }, undefined],
  ])("%j: %j", (names, expected) => {
    expect(featureNames(names)).toEqual(expected);
  });
});
