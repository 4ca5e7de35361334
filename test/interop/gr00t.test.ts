import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ask, convert, data, openScratch, pythonOf } from "./support.ts";

const python = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

const HORIZON = 16;
const SETS = [
  ["g1_teleop_v21", { frames: 6625, episodes: 20, cameras: 1, how: "copied" }],
  ["groot_gr1_pick_place_v20", { frames: 2096, episodes: 5, cameras: 1, how: "copied" }],
  ["franka_usb_groot_v21", { frames: 1309, episodes: 4, cameras: 2, how: "encoded" }],
] as const;

describe.skipIf(python === undefined).each(SETS)(
  "GR00T's loaders read our view of %s",
  (set, { frames, episodes, cameras, how }) => {
    it("by the rules of N1.5 and N1.7, every step", async () => {
      const source = join(data!, "robot", set);
      const report = await convert(source, scratch.at(set), "gr00t");
      expect(report.episodes).toEqual({ read: episodes, kept: episodes, dropped: 0, failed: 0 });
      const args = [report.views[0]!.path, source, String(HORIZON), how];
      const found = await ask(python!, scratch, "gr00t_rules.py", args);
      // N1.7 leaves out the last steps of an episode, which have no whole chunk of actions ahead.
      const steps = { "n1.5": frames, "n1.7": frames - episodes * (HORIZON - 1) };
      expect(found).toMatchObject({ steps, pictures: frames * cameras });
    });
  },
);
