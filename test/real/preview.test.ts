import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check, lerobot, preview } from "../../src/index.ts";

const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: preview of real recordings (set TENDON_TEST_DATA to their folder)");

describe.skipIf(data === undefined)("preview of real sets", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-preview-")));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const pipeline = (name: string) => ({
    dataset: "home",
    sources: { set: lerobot({ path: join(data!, "robot", name) }) },
    stages: [check()],
    sinks: [lerobot()],
  });

  it.each([
    ["g1_teleop_v21", "episode_000015", 1, 26],
    ["groot_gr1_pick_place_v20", "2", 1, 44],
    ["franka_usb_groot_v21", "0", 2, 8],
  ])("%s: eight frames of each camera, and every joint as a line", async (name, episode, cameras, width) => {
    const out = join(folder, `${name}.html`);
    const { report } = await preview(pipeline(name), { base: folder, out, episode });
    expect([report.failures, report.notes]).toEqual([[], []]);
    const page = await readFile(out, "utf8");
    expect(page.match(/data:image\/png/g)).toHaveLength(cameras * 8);
    const state = report.episodes[0]!.streams.find((stream) => stream.name === "observation.state")!;
    expect(state.shape).toEqual([width]);
    expect(page.match(/<polyline/g)!.length).toBeGreaterThanOrEqual(2 * width);
  });

  it("marks the finding of the hand that stands still", async () => {
    const out = join(folder, "stuck.html");
    const { report } = await preview(pipeline("g1_teleop_v21"), { base: folder, out, episode: "set/episode_000015", frames: 0 });
    expect(report.findings).toEqual([expect.objectContaining({ check: "stuck", severity: "risk", startNs: "0" })]);
    expect(await readFile(out, "utf8")).toMatch(/<rect class="risk" x="0\.0"/);
  });
});
