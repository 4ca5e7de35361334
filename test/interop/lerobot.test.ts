import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { RunReport } from "../../src/core/report.ts";
import { ask, convert, data, openScratch, pythonOf } from "./support.ts";

const v30 = pythonOf("lerobot-v30");
const v21 = pythonOf("lerobot-v21");
const scratch = openScratch();
afterAll(() => scratch.remove());

/**
 * What each set holds, by its own README, and whether its video can be copied: Franka's has a frame
 * more than its tables have rows, and B-frames.
 */
const SETS = {
  g1_teleop_v21: { how: "copied", holds: { frames: 6625, episodes: 20, cameras: ["observation.images.cam_high"] } },
  groot_gr1_pick_place_v20: { how: "copied", holds: { frames: 2096, episodes: 5, cameras: ["observation.images.ego_view"] } },
  franka_usb_groot_v21: {
    how: "encoded",
    holds: { frames: 1309, episodes: 4, cameras: ["observation.images.right_cam", "observation.images.wrist_cam"] },
  },
} as const;
type SetName = keyof typeof SETS;

const converted = new Map<string, Promise<RunReport>>();

/** Each set is converted once for each layout. */
function view(set: SetName, to: "lerobot" | "gr00t"): Promise<RunReport> {
  const key = `${set}-${to}`;
  const report = converted.get(key) ?? convert(join(data!, "robot", set), scratch.at(key), to);
  converted.set(key, report);
  return report;
}

async function pathOf(set: SetName, to: "lerobot" | "gr00t"): Promise<string> {
  const report = await view(set, to);
  const { episodes } = SETS[set].holds;
  expect(report.episodes).toEqual({ read: episodes, kept: episodes, dropped: 0, failed: 0 });
  expect(report.views).toHaveLength(1);
  return report.views[0]!.path;
}

describe.skipIf(v30 === undefined).each(Object.keys(SETS) as SetName[])("PyPI's lerobot opens our v3.0 view of %s", (set) => {
  it.each([
    ["torchcodec", "1"],
    ["pyav", "4"],
  ])("and every sample is what went in, decoded by %s", async (backend, every) => {
    const path = await pathOf(set, "lerobot");
    const compared = await ask(v30!, scratch, "lerobot_v30.py", [path, join(data!, "robot", set), backend, SETS[set].how, every]);
    const { holds } = SETS[set];
    expect(compared).toMatchObject(holds);
    if (every === "1") expect(compared.pictures).toBe(holds.frames * holds.cameras.length);
  });
});

describe.skipIf(v21 === undefined).each(Object.keys(SETS) as SetName[])(
  "the last lerobot that reads v2.1 opens our GR00T view of %s",
  (set) => {
    it("and every sample is what went in", async () => {
      const path = await pathOf(set, "gr00t");
      const compared = await ask(v21!, scratch, "lerobot_v21.py", [
        path,
        join(data!, "robot", set),
        "torchcodec",
        SETS[set].how,
        "4",
      ]);
      expect(compared).toMatchObject(SETS[set].holds);
    });
  },
);
