import { expect, test } from "vitest";
import type { EpisodeSchema, Feature } from "../../../core/feature.ts";
import { tableStreams, viewStreams } from "./streams.ts";

const schema = (features: { [stream: string]: Feature }): EpisodeSchema => ({
  key: "k",
  embodiment: "g1",
  features,
  grid: { rateHz: 30, streams: Object.keys(features) },
});
const vector: Feature = { dtype: "float32", shape: [3] };

test("streams on the grid are sorted into cameras, numbers and texts", () => {
  const streams = viewStreams(
    schema({
      "observation.state": vector,
      task: { dtype: "text", shape: [] },
      note: { dtype: "text", shape: [] },
      cam: { dtype: "video", shape: [4, 4, 3] },
      raw: { dtype: "bytes", shape: [] },
    }),
  );
  expect(streams).toEqual({
    rateHz: 30,
    cameras: ["cam"],
    numbers: ["observation.state"],
    texts: ["note"],
    task: "task",
    opaque: ["raw"],
  });
  expect(tableStreams(streams)).toEqual(["observation.state", "task", "note"]);
});

test("what no trainer's folder can hold is refused with the way out", () => {
  const { grid: _none, ...free } = schema({ a: vector });
  expect(() => viewStreams(free)).toThrow(
    "needs rows on one grid, but the streams of g1 have their own times; add `- align: {}`",
  );
  expect(() => viewStreams(schema({ cam: { dtype: "video", shape: [4, 4, 3] } }))).toThrow(
    "at least one stream of numbers or text beside cam, such as",
  );
  expect(() => viewStreams(schema({ timestamp: vector }))).toThrow("keeps for its own column; give it another with `- rename`");
  expect(() => viewStreams(schema({ "a/b": vector }))).toThrow("has a `/` in its name");
  expect(() => viewStreams(schema({ list: { dtype: "float32", shape: ["any"] } }))).toThrow(
    "samples of any length, which are no column; leave it out with `- select`",
  );
  expect(() => viewStreams(schema({ none: { dtype: "float32", shape: [0] } }))).toThrow("has no numbers");
});
