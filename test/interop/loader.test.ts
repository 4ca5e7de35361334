import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ask, convert, data, openScratch, pythonOf } from "./support.ts";

const pythons = { lerobot: pythonOf("lerobot-v30"), gr00t: pythonOf("lerobot-v21") };
const scratch = openScratch();
afterAll(() => scratch.remove());

const SETS = {
  g1_teleop_v21: { rateHz: 30, samples: 6625, camera: "observation.images.cam_high" },
  groot_gr1_pick_place_v20: { rateHz: 20, samples: 2096, camera: "observation.images.ego_view" },
};
/** Of those that have pictures, so many samples each are compared by their pictures. */
const PICTURES_EVERY = 21;

/** Windows as LeRobot names them: a history and a chunk; single rows; and far beyond both ends. */
function cases(camera: string, rateHz: number): { readonly [stream: string]: readonly number[] }[] {
  const rows = (...offsets: number[]) => offsets.map((offset) => offset / rateHz);
  return [
    { [camera]: rows(-1, 0), "observation.state": rows(-3, 0), action: rows(...Array(16).keys()) },
    { "observation.state": rows(0), action: rows(-2) },
    { "observation.state": rows(-500, 500), action: rows(-100, 0, 100) },
  ];
}

/** The decoder that LeRobot itself takes where it can: torchcodec wants the system's FFmpeg. */
function backendOf(python: string): string {
  return spawnSync(python, ["-c", "from torchcodec.decoders import VideoDecoder"]).status === 0 ? "torchcodec" : "pyav";
}

describe.each(["lerobot", "gr00t"] as const)("samples of a view for %s", (to) => {
  const python = pythons[to];
  it.skipIf(python === undefined).each(Object.entries(SETS))(
    "are LeRobotDataset's own: %s",
    async (set, { rateHz, samples, camera }) => {
      const report = await convert(join(data!, "robot", set), scratch.at(`${set}-${to}`), to);
      const given = cases(camera, rateHz);
      const said = await ask(python!, scratch, "loader_lerobot.py", [
        report.views[0]!.path,
        backendOf(python!),
        String(PICTURES_EVERY),
        JSON.stringify(given),
      ]);
      expect(said.samples).toEqual(given.map(() => samples));
      expect(said.pictures).toBe(2 * Math.ceil(samples / PICTURES_EVERY));
      console.log(`${set}, view for ${to}: ${JSON.stringify(said)}`);
      expect(said.worst).toBeLessThanOrEqual(1);
    },
  );
});
