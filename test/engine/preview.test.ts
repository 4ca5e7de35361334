import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { align, assemble, check, gr00t, mcap, preview, trim } from "../../src/index.ts";
import { writeHumanoidMcap } from "../support/humanoidMcap.ts";

let folder = "";
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tendon-preview-")));
  await mkdir(at("recordings"));
  for (const name of ["a", "b"])
    await writeHumanoidMcap(at("recordings", `${name}.mcap`), { cameras: ["head"], task: "put <b> & c" });
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function humanoid() {
  return {
    dataset: "home",
    sources: { robot: mcap({ path: "recordings" }) },
    stages: [align(), assemble(), check({ frozen: { minSec: 0.5 } }), trim({ startSec: 1 })],
    sinks: [gr00t()],
  };
}
const options = () => ({ base: folder, out: at("page.html") });

describe("an episode", () => {
  test("is shown after the step that was asked for, in one page, and no dataset is made", async () => {
    const { report } = await preview(humanoid(), { ...options(), episode: "b", after: "assemble" });
    expect(report).toMatchObject({ file: at("page.html"), after: "stages[1].assemble", failures: [], drops: [], notes: [] });
    const [episode] = report.episodes;
    expect(episode).toMatchObject({ episode: "robot/b.mcap", clock: "unix", task: "put <b> & c" });
    const state = episode!.streams.find(({ name }) => name === "observation.state")!;
    expect(state).toMatchObject({ samples: 60, shape: [6], unit: "rad", rateHz: 30 });
    expect([state.min!, state.max!].map((value) => Math.round(value))).toEqual([-1, 1]);
    const head = episode!.streams.find(({ dtype }) => dtype === "video")!;
    expect(head.frames!.map(({ index }) => index)).toEqual([0, 8, 17, 25, 34, 42, 51, 59]);
    expect(await readdir(folder)).not.toContain("home");
  });

  test("at the source has its streams at their own rates", async () => {
    const { report } = await preview(humanoid(), { ...options(), after: "source", frames: 0 });
    const joints = report.episodes[0]!.streams.find(({ name }) => name === "joint_states.position")!;
    expect(joints).toMatchObject({ samples: 200, rateHz: 100 });
    expect(report.after).toBe("sources.robot.mcap");
  });

  test("by default is that of the last stage, with what was dropped and found on the way", async () => {
    const { report } = await preview(humanoid(), { ...options(), episode: "1", frames: 2 });
    expect(report.after).toBe("stages[3].trim");
    expect(report.episodes[0]!.streams.find(({ name }) => name === "action")!.samples).toBe(30);
    expect(report.drops[0]).toMatchObject({ row: 0, by: "stages[3].trim" });
  });

  test("that a stage drops is told with the reason", async () => {
    const stages = [align(), assemble(), trim({ startSec: 60 })];
    const { report } = await preview({ ...humanoid(), stages }, options());
    expect(report.episodes).toEqual([]);
    expect(report.drops[0]!.reason).toContain("leaves nothing of an episode");
  });
});

describe("the page", () => {
  test("needs nothing else, and takes no text of a recording for markup", async () => {
    await preview(humanoid(), options());
    const page = await readFile(at("page.html"), "utf8");
    expect(page).not.toMatch(/<script|<link|src="(?!data:)|https?:/);
    expect(page).toContain("put &#60;b&#62; &#38; c");
    expect(page.match(/<polyline/g)!.length).toBeGreaterThan(20);
  });

  test("holds pictures that are whole PNGs of the frames' size", async () => {
    await preview(humanoid(), { ...options(), frames: 1 });
    const page = await readFile(at("page.html"), "utf8");
    const bytes = Buffer.from(/data:image\/png;base64,([^"]+)/.exec(page)![1]!, "base64");
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    expect([width, height]).toEqual([96, 64]);
    const data = bytes.indexOf("IDAT");
    const pixels = inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)));
    expect(pixels.length).toBe(height * (width * 3 + 1));
  });
});

test("a step or an episode that is not there is told with those near to it", async () => {
  await expect(preview(humanoid(), { ...options(), after: "asemble" })).rejects.toThrow(
    'did you mean "assemble"? (there are: source, 0 align',
  );
  const twice = { ...humanoid(), stages: [align(), trim({ startSec: 1 }), trim({ endSec: 0.2 })] };
  await expect(preview(twice, { ...options(), after: "trim" })).rejects.toThrow("stands there 2 times; give its number");
  await expect(preview(humanoid(), { ...options(), episode: "a.mcab" })).rejects.toThrow('did you mean "a.mcap"?');
  await expect(preview(humanoid(), { ...options(), episode: "2" })).rejects.toThrow("there is no episode 2; there are 2");
});
