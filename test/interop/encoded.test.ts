import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunReport } from "../../src/core/report.ts";
import { gr00t, lerobot, run } from "../../src/index.ts";
import { ask, data, openScratch, pythonOf } from "./support.ts";

const v30 = pythonOf("lerobot-v30");
const readers = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

const SET = "groot_gr1_pick_place_v20";
const HORIZON = 16;

describe.skipIf(v30 === undefined || readers === undefined)("video that is encoded anew, for two sinks in one run", () => {
  const source = data === undefined ? "" : join(data, "robot", SET);
  let report: RunReport;
  const pathOf = (sink: string) => report.views.find((view) => view.sink === sink)!.path;

  beforeAll(async () => {
    report = await run({
      dataset: scratch.at("home"),
      sources: { sim: { tier: "synthetic", lerobot: { path: source } } },
      sinks: [gr00t({ video: "encode", for: "n1.7", horizon: HORIZON }), lerobot({ video: "encode" })],
    });
  }, 300_000);

  it("is within the codec's loss by GR00T's rules, with relative statistics and fingerprints", async () => {
    const found = await ask(readers!, scratch, "gr00t_rules.py", [pathOf("gr00t"), source, String(HORIZON), "encoded"]);
    const steps = { "n1.5": 2096, "n1.7": 2096 - 5 * (HORIZON - 1) };
    expect(found).toMatchObject({ steps, pictures: 2096 });
    expect(found.relative).toEqual([
      "left_arm",
      "left_hand",
      "left_leg",
      "neck",
      "right_arm",
      "right_hand",
      "right_leg",
      "waist",
    ]);
    expect(found.fingerprints).toBeGreaterThan(1);
  });

  it("is within the codec's loss for PyPI's lerobot", async () => {
    const args = [pathOf("lerobot"), source, "torchcodec", "encoded", "1"];
    expect(await ask(v30!, scratch, "lerobot_v30.py", args)).toMatchObject({ frames: 2096, pictures: 2096 });
  });
});
