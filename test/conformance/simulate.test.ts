import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/commands/run.ts";
import { simulate } from "../../src/commands/simulate.ts";
import type { Finding } from "../../src/core/finding.ts";
import { openCodecs } from "../../src/formats/video/codecs.ts";
import { openVideo } from "../../src/formats/video/demux.ts";
import type { Truth, TruthEpisode, TruthFault } from "../../src/simulator/truth.ts";
import { readMcap } from "../support/readMcap.ts";

const NEAR_SEC = 0.1;
const TIMEOUT_MS = 300_000;
const encoder = await openCodecs().then(
  () => true,
  () => false,
);

let folder: string;
let truth: Truth;
let findings: readonly Finding[];

/** One of each kind that a check looks for; episode 0 stays clean. */
const FAULTS = ["frozen@head:1.2-1.9", "black@right_wrist:2-2.8", "nan@left_elbow:2-2.3", "stuck", "dropped@joints:2-2.7"];
const CHECKS: { readonly [kind: string]: string } = {
  frozen: "frozen",
  black: "frozen",
  nan: "finite",
  stuck: "stuck",
  dropped: "gaps",
};

// Without an encoder there are no pictures to look at.
describe.runIf(encoder)("a simulated robot's recordings", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tendon-simulate-"));
    await simulate(join(folder, "sim"), { episodes: FAULTS.length + 1, seed: 0, faults: FAULTS });
    truth = JSON.parse(await readFile(join(folder, "sim-truth", "truth.json"), "utf8")) as Truth;
    const report = await run({
      tendon: 1,
      dataset: join(folder, "home"),
      sources: { sim: { mcap: { path: join(folder, "sim") } } },
      stages: [{ align: {} }, { assemble: {} }, { check: {} }],
      sinks: [{ lerobot: {} }],
    });
    expect(report.episodes.failed).toBe(0);
    findings = report.findings;
  }, TIMEOUT_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("plant what was asked for, one in each episode after the first", () => {
    expect(truth.episodes.map(({ faults }) => faults.map(({ kind }) => kind))).toEqual([
      [],
      ["frozen"],
      ["black"],
      ["nan"],
      ["stuck"],
      ["dropped"],
    ]);
  });

  it("have every planted fault found, at its episode, stream and time", () => {
    for (const { episode, fault } of planted()) {
      const found = findings.filter((each) => isOf(each, episode) && each.check === CHECKS[fault.kind]);
      expect(found, `${episode.episode} ${fault.kind}`).toHaveLength(1);
      expect(found[0]!.severity).toBe("broken");
      expect(streamText(found[0]!)).toMatch(fault.sensor === "joints" ? /joint_states|observation\.state/ : fault.sensor);
      expect(secondsApart(found[0]!.startNs!, fault.startNs)).toBeLessThan(NEAR_SEC);
      expect(secondsApart(found[0]!.endNs!, fault.endNs)).toBeLessThan(NEAR_SEC);
    }
  });

  it("have no false alarm", () => {
    const faults = planted();
    const false_ = findings.filter(
      (each) => !faults.some(({ episode, fault }) => isOf(each, episode) && each.check === CHECKS[fault.kind]),
    );
    expect(false_).toEqual([]);
  });

  it("say times within half a sample of the truth, in every stream that no clock fault is in", async () => {
    const clean = truth.episodes[0]!;
    const times = await trueTimes(clean);
    const { episodes } = await readMcap({ path: join(folder, "sim", `${clean.episode}.mcap`) });
    const streams = {
      joints: "joint_states.position",
      commands: "action.joint_commands.position",
      imu: "imu.data.orientation",
      head: "observation.images.head",
      right_wrist: "observation.images.right_wrist",
    };
    for (const { sensor, rateHz } of clean.sensors) {
      const batches = episodes[0]!.batches[streams[sensor as keyof typeof streams]]!;
      const read = batches.flatMap(({ time }) => [...time]);
      const known = times.get(sensor)!;
      expect(read.length).toBe(known.length);
      const worst = Math.max(...read.map((time, index) => Math.abs(Number(time - BigInt(clean.startNs)) / 1e9 - known[index]!)));
      expect(worst, sensor).toBeLessThan(0.5 / rateHz);
    }
  });

  it(
    "are the same bytes from the same seed, however many there are and whoever made them",
    async () => {
      await simulate(join(folder, "again"), { episodes: 1, seed: 0, workers: 1 });
      expect(await hashOf(join(folder, "again", "episode_000.mcap"))).toBe(await hashOf(join(folder, "sim", "episode_000.mcap")));
      expect(await hashOf(join(folder, "again-truth", "episode_000.signals.f64"))).toBe(
        await hashOf(join(folder, "sim-truth", "episode_000.signals.f64")),
      );
    },
    TIMEOUT_MS,
  );

  it(
    "come as clips too: video, words and a camera pose for every frame",
    async () => {
      const out = join(folder, "clips");
      await simulate(out, { episodes: 1, seed: 0, kind: "clips" });
      const clips = (await readFile(join(out, "clips.jsonl"), "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(clips.map(({ clip }) => clip)).toEqual(["episode_000_head", "episode_000_right_wrist"]);
      for (const { clip, video, camera, frames, caption } of clips) {
        const file = await openVideo(join(out, video));
        expect(file.frames).toBe(frames);
        expect(file.rateHz).toBeCloseTo(30, 6);
        await file.close();
        const { poses, intrinsics } = JSON.parse(await readFile(join(out, camera), "utf8"));
        expect(poses).toHaveLength(frames);
        expect(intrinsics).toMatchObject({ cx: 128, cy: 128 });
        expect(caption).toContain(truth.episodes[0]!.instruction);
        expect(await readFile(join(out, "captions", `${clip}.txt`), "utf8")).toBe(`${caption}\n`);
      }
    },
    TIMEOUT_MS,
  );

  it("are refused a folder that holds something", async () => {
    await expect(simulate(join(folder, "sim"), { episodes: 1 })).rejects.toMatchObject({ code: "bad-pipeline" });
  });
});

function planted(): { episode: TruthEpisode; fault: TruthFault }[] {
  return truth.episodes.flatMap((episode) => episode.faults.map((fault) => ({ episode, fault })));
}

function isOf(finding: Finding, { episode }: TruthEpisode): boolean {
  return finding.episode?.includes(episode) === true;
}

/** A finding of several streams names them in its words. */
function streamText({ stream, message }: Finding): string {
  return stream ?? message;
}

function secondsApart(a: string, b: string): number {
  return Math.abs(Number(BigInt(a) - BigInt(b))) / 1e9;
}

async function trueTimes({ sensors, times }: TruthEpisode): Promise<Map<string, Float64Array>> {
  const bytes = await readFile(join(folder, "sim-truth", times.file));
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  return new Map(
    sensors.map(({ sensor, samples }) => {
      at += samples;
      return [sensor, all.subarray(at - samples, at)];
    }),
  );
}

async function hashOf(path: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}
