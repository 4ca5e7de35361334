import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainText } from "../../src/cli/explainText.ts";
import { check, explain, gate, lerobot, run } from "../../src/index.ts";

const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: explain over real recordings (set TENDON_TEST_DATA to their folder)");

describe.skipIf(data === undefined)("a real G1 with a hand that stands still", () => {
  let home = "";
  const root = join(data ?? "", "robot", "g1_teleop_v21");
  beforeAll(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), "tendon-explain-")));
    const checks = check({ frozen: false, agree: false, gaps: false, finite: false });
    await run({
      dataset: home,
      sources: { g1: lerobot({ path: root }) },
      stages: [checks],
      decisions: [gate({ risk: "drop" })],
      sinks: [lerobot()],
    });
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it("is told with the finding, its time, and the threshold that dropped it", async () => {
    const told = await explain("episode_000015", { home });
    expect(told.status).toBe("dropped");
    expect(told.drops[0]!.evidence[0]).toMatchObject({ check: "stuck", stream: "observation.state", startNs: "0" });
    const paths = told.drops[0]!.thresholds.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["decisions[0].gate.risk", "stages[0].check.stuck.minSec"]));
    expect(explainText(told)).toContain("to keep it: raise the thresholds of stages[0].check.stuck");
  });

  it("has each row and frame at its place in the table, the video and the view", async () => {
    const told = await explain("16:7", { home });
    // Episode 15 is not there, so the view's 16 is the source's 17.
    expect(told).toMatchObject({ episode: "g1/episode_000017", source: { origin: { key: "17" }, there: true } });
    const camera = told.row!.features.find(({ stream }) => stream === "observation.images.cam_high")!;
    expect(camera.inputs[0]!.places[0]).toMatchObject({
      file: join(root, "videos/chunk-000/observation.images.cam_high/episode_000017.mp4"),
      at: { frame: 7 },
    });
    const state = told.row!.features.find(({ stream }) => stream === "observation.state")!;
    expect(state.inputs[0]!.places[0]!.at).toMatchObject({ row: 7, rowGroup: 0 });
    expect(told.row!.views[0]!.places[0]!.at).toMatchObject({ episode: 16, rowOfEpisode: 7, rowInGroup: 7 });
  });
});
