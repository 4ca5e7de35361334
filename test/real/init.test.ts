import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPipelineFile } from "../../src/commands/pipelineFile.ts";
import { init, run } from "../../src/index.ts";

const data = process.env.TENDON_TEST_DATA;
if (data === undefined) console.warn("skipped: init over real recordings (set TENDON_TEST_DATA to their folder)");

/** What README.md beside the sets says of each. */
const SETS = [
  { name: "g1_teleop_v21", cameras: ["cam_high"], width: 26, episodes: 20, robot: "unitree_g1_inspire" },
  { name: "groot_gr1_pick_place_v20", cameras: ["ego_view"], width: 44, episodes: 5, robot: "gr1armsonly" },
  { name: "franka_usb_groot_v21", cameras: ["right_cam", "wrist_cam"], width: 8, episodes: 4, robot: "franka" },
];

describe.skipIf(data === undefined)("init on real sets", () => {
  let folder = "";
  const robot = (name: string) => join(data!, "robot", name);
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-init-")));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(SETS)(
    "$name: the pipeline maps what is there and runs unedited",
    async ({ name, cameras, width, episodes, robot: own }) => {
      const report = await init(robot(name), { out: folder });
      const [made] = report.pipelines;
      expect(made).toMatchObject({ kind: "lerobot", robot: own, open: [] });
      expect(made!.cameras.map(({ stream }) => stream).sort()).toEqual(cameras.map((camera) => `observation.images.${camera}`));
      expect(made!.state).toEqual([{ stream: "observation.state", evidence: expect.stringContaining(`${width} numbers`) }]);
      expect(made!.action).toEqual([{ stream: "action", evidence: expect.stringContaining(`${width} numbers`) }]);
      expect(made!.language[0]!.stream).toBe("task");
      const { input, base } = await readPipelineFile(made!.file);
      const done = await run(input, { base });
      expect(done.failures).toEqual([]);
      expect(done.episodes).toMatchObject({ read: episodes, failed: 0 });
      expect(done.views.map(({ sink }) => sink)).toEqual(["gr00t", "lerobot"]);
    },
  );

  it("a folder of several: one pipeline each, and the formats that cannot be read yet are named", async () => {
    const report = await init(join(data!, "robot"), { out: folder });
    expect(report.pipelines.map((made) => made.robot).sort()).toEqual(["franka", "gr1armsonly", "unitree_g1_inspire"]);
    const kinds = report.seen.filter(({ readable }) => !readable).map(({ kind, count }) => `${count} ${kind}`);
    expect(kinds.sort()).toEqual(["2 RLDS (TFRecord)", "3 robomimic or robosuite HDF5"]);
  });

  it("logs that cannot make a dataset: the reason that a run would give", async () => {
    const said = init(join(data!, "logs"), { out: folder });
    await expect(said).rejects.toThrow(
      /10 × MCAP[\s\S]*4 × ROS 1 bag[\s\S]*3 × ROS 2 bag in SQLite[\s\S]*wrong_format[\s\S]*there is no camera/,
    );
    await expect(init(join(data!, "logs", "custom-camera-model.mcap"), { out: folder })).rejects.toThrow(
      "no stream of numbers is there to make observation.state of",
    );
  });

  it.each([
    "example_logs.mcap",
    "rosbag2/bag_with_topics_and_service_events.mcap",
    "rosbag2/cdr_test_0.mcap",
    "rosbag2/rewriter_a_0.mcap",
    "rosbag2/talker.mcap",
    "rosbag2/wrong_rmw_test_0.mcap",
    "rosbag2_mcap_multi",
  ])("logs/%s: why no dataset can be made of it, and no file is written", async (name) => {
    const out = join(folder, "none.yaml");
    const said = init(join(data!, "logs", name), { out });
    await expect(said).rejects.toThrow(/why:\n.*(there is no camera to take the rows from|wrong_format)/);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ["video", /video without a table/],
    ["motion", /table of numbers \(CSV, NPZ\)[\s\S]*HDF5/],
    ["text", /no dataset can be made of what is here/],
  ])("%s: what it is, and that it cannot be read yet", async (name, words) => {
    await expect(init(join(data!, name), { out: folder })).rejects.toThrow(words);
  });
});
