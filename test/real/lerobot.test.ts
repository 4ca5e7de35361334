import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Opened, openAll, readNumbers, readPacketTimes, readTexts } from "../support/lerobotDataset.ts";

const data = process.env.TENDON_TEST_DATA;
const robots = data === undefined ? "" : join(data, "robot");
const here = data !== undefined && existsSync(robots);
if (!here) console.log("skipped: TENDON_TEST_DATA does not name the folder of real recordings");

let opened: Opened | undefined;
afterEach(async () => {
  await opened?.[Symbol.asyncDispose]();
  opened = undefined;
});

async function open(set: string): Promise<Opened> {
  opened = await openAll(join(robots, set));
  expect(opened.bad).toEqual([]);
  return opened;
}

function words({ findings }: Opened): string[] {
  return [...new Set(findings.map(({ message }) => message))];
}

const LENGTHS = {
  g1_teleop_v21: [290, 421, 372, 342, 362, 386, 344, 351, 348, 392, 297, 302, 348, 311, 297, 310, 334, 319, 278, 221],
  groot_gr1_pick_place_v20: [416, 470, 470, 412, 328],
  franka_usb_groot_v21: [334, 310, 382, 283],
};

/** Read once with PyArrow: the first and last number, and the sum, of a column of episode 3. */
const EXPECTED = [
  ["g1_teleop_v21", "observation.state", -0.7259684205055237, 0.1340000033378601, 2743.0561390388175],
  ["g1_teleop_v21", "action", undefined, undefined, 2725.384865693515],
  ["groot_gr1_pick_place_v20", "observation.state", 0.030831753221722887, 0, 1179.1446067085285],
  ["groot_gr1_pick_place_v20", "action", undefined, undefined, -3378.436729660415],
  ["franka_usb_groot_v21", "observation.state", -0.148629829287529, 1, -490.2711850599735],
  ["franka_usb_groot_v21", "action", undefined, undefined, -490.21350893884664],
] as const;

describe.skipIf(!here)("real LeRobot datasets", () => {
  it.each(Object.entries(LENGTHS))("%s: every episode opens with its rows and frames", async (set, lengths) => {
    const { episodes, schemas } = await open(set);
    const rateHz = schemas[0]!.grid!.rateHz;
    const rows = episodes.map(({ span }) => Math.round((Number(span.end) * rateHz) / 1e9));
    expect(rows).toEqual(lengths);
    for (const [stream, { dtype }] of Object.entries(schemas[0]!.features)) {
      const times = await Promise.all(episodes.map(async (episode) => (await episode.times(stream)).time.length));
      expect([stream, dtype, times]).toEqual([stream, dtype, lengths]);
    }
  });

  it.each(EXPECTED)("%s: %s holds what PyArrow reads", async (set, stream, first, last, sum) => {
    const { episodes } = await open(set);
    const values = await readNumbers(episodes[3]!, stream);
    if (first !== undefined) expect([values[0], values.at(-1)]).toEqual([first, last]);
    expect(values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 8);
  });

  it("g1_teleop_v21: clean, its video copied, its picture statistics carried", async () => {
    const all = await open("g1_teleop_v21");
    expect(all.findings).toEqual([]);
    expect(all.schemas[0]).toMatchObject({ embodiment: "unitree_g1_inspire", grid: { rateHz: 30 } });
    expect(all.schemas[0]!.features["observation.state"]!.names?.[25]).toBe("kRightHandThumbRotation");
    const { copy } = await all.episodes[0]!.times("observation.images.cam_high");
    expect(copy).toMatchObject({ can: true, bFrames: false, config: { codec: "av1", width: 640, height: 480 } });
    expect(copy).toMatchObject({ carried: { count: 100, mean: [0.46022504901960787, 0.4706726797385621, 0.4675059007352941] } });
    expect(all.episodes[0]!.facts).toMatchObject({
      task: "Pick up the yellow bottle on the table.",
      robot: "Unitree_G1_Inspire",
    });
    expect(await readPacketTimes(all.episodes[19]!, "observation.images.cam_high")).toHaveLength(221);
  });

  it("groot_gr1_pick_place_v20: groups, annotations, and all its defects in words", async () => {
    const all = await open("groot_gr1_pick_place_v20");
    const said = words(all);
    expect(said).toContain(
      "info.json declares the camera observation.images.egoview, but there is no video file of it; it is left out (remove it from info.json)",
    );
    expect(said).toContain(
      "info.json has wrong counts: total_videos 2 (there are 5), total_chunks 0 (there are 1); what is there was counted instead",
    );
    expect(said).toContain("info.json: the split train is 0:100, but there are 5 episodes");
    expect(said.some((message) => message.startsWith("timestamps start at 0.05 s, one frame period"))).toBe(true);
    expect(said.some((message) => message.startsWith("2 key frames in 416 frames and B-frames"))).toBe(true);
    expect(all.schemas[0]!.groups!["observation.state"]!.map(({ name, end }) => [name, end])).toEqual([
      ["left_arm", 7],
      ["left_hand", 13],
      ["left_leg", 19],
      ["neck", 22],
      ["right_arm", 29],
      ["right_hand", 35],
      ["right_leg", 41],
      ["waist", 44],
    ]);
    const texts = await readTexts(all.episodes[2]!, "annotation.human.action.task_description");
    expect(new Set(texts)).toEqual(new Set(["pick the meat from the counter and place it in the plate"]));
    expect(new Set(await readTexts(all.episodes[2]!, "annotation.human.validity"))).toEqual(new Set(["valid"]));
    expect((await readNumbers(all.episodes[2]!, "next.done")).at(-1)).toBe(1);
  });

  it("franka_usb_groot_v21: reads numbers stored as text, and says all that is wrong", async () => {
    const all = await open("franka_usb_groot_v21");
    const said = words(all);
    for (const part of [
      "column observation.state stores its numbers as JSON text",
      "info.json declares av1 video, the files hold h264",
      "info.json says 10 fps, but timestamps step by 0.05 s (20 Hz) and the cameras play at 20 fps; rows are taken at 20 Hz",
      "the metadata lists 50 episodes, 4 are there; of 46 there is neither a table nor a video",
      'under "human.action.task_description" instead of "task"',
      "lists task numbers where texts belong, in 50 episodes",
      "timestamps start at 0.05 s, one frame period",
      "the video has 335 frames for 334 rows",
    ])
      expect(said.filter((message) => message.includes(part))).not.toEqual([]);
    expect(all.findings.filter(({ severity }) => severity === "broken")).toEqual([]);
    const { copy } = await all.episodes[0]!.times("observation.images.wrist_cam");
    expect(copy).toMatchObject({ can: false, reason: expect.stringContaining("within a group of pictures with B-frames") });
    expect(all.episodes[0]!.facts.task).toBe("Pick up the USB drive and insert it into the port.");
  });
});
