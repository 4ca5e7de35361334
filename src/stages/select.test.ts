import { expect, test } from "vitest";
import type { EpisodeSchema } from "../core/feature.ts";
import { rename } from "./rename.ts";
import { select } from "./select.ts";

const SCHEMA: EpisodeSchema = {
  key: "k",
  embodiment: "g1",
  features: {
    "observation.state": { dtype: "float32", shape: [2] },
    action: { dtype: "float32", shape: [2] },
    head: { dtype: "video", shape: [2, 2, 3] },
  },
  grid: { rateHz: 30, streams: ["observation.state", "action", "head"], camera: "head" },
  groups: { action: [{ name: "arm", start: 0, end: 2 }] },
};

const selected = (options: object) => select.create(select.options.parse(options)).schema(SCHEMA);
const renamed = (streams: object) => rename.create(rename.options.parse({ streams })).schema(SCHEMA);

test("select keeps, drops, and forgets the camera and the groups of what goes", () => {
  expect(selected({ keep: ["obs*", "action"] })).toEqual({
    ...SCHEMA,
    features: { "observation.state": SCHEMA.features["observation.state"], action: SCHEMA.features.action },
    grid: { rateHz: 30, streams: ["observation.state", "action"] },
  });
  const { action: _, ...others } = SCHEMA.features;
  expect(selected({ drop: ["action"] })).toMatchObject({ features: others, groups: {} });
  expect(() => selected({ drop: ["*"] })).toThrow(/keeps no stream at all/);
  expect(() => selected({ keep: ["acton"] })).toThrow(/did you mean "action"/);
});

test("rename moves a stream's name everywhere, and refuses two of one name", () => {
  const made = renamed({ head: "observation.images.head", action: "action.arm" });
  expect(Object.keys(made.features)).toEqual(["observation.state", "action.arm", "observation.images.head"]);
  expect(made.grid).toEqual({
    rateHz: 30,
    streams: ["observation.state", "action.arm", "observation.images.head"],
    camera: "observation.images.head",
  });
  expect(made.groups).toEqual({ "action.arm": SCHEMA.groups!.action });
  expect(renamed({ head: "action", action: "head" }).features.head!.dtype).toBe("float32");
  expect(() => renamed({ head: "action" })).toThrow(/"action" and "head" would both be named "action"/);
  expect(() => renamed({ haed: "x" })).toThrow(/did you mean "head"/);
});
