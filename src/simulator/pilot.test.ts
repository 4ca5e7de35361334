import { describe, expect, it } from "vitest";
import { openCodecs } from "../formats/video/codecs.ts";
import { COMMAND_HZ, Operator } from "./operator.ts";
import { type EpisodePlan, planEpisodes } from "./plan.ts";
import type { Observation, Policy } from "./policy.ts";
import { JOINTS } from "./robot.ts";
import { scriptOf } from "./script.ts";
import { CAMERA_HZ } from "./sensors.ts";
import { simulateEpisode } from "./simulate.ts";

const EXECUTE = 6;
const STEPS = 12;
/** About when the head takes its first picture, s. */
const FIRST_SEC = 0.04;

const codecs = await openCodecs().catch(() => undefined);

function planOf(seed: number): EpisodePlan {
  const [plan] = planEpisodes({ episodes: 1, seed, faults: [], noise: "usual", cameras: "all", task: "put" });
  return plan!;
}

/** A policy that knows the operator's mind: it answers what the operator is going to do. */
async function knowing(plan: EpisodePlan, heard: Observation[] = []): Promise<Policy> {
  const script = scriptOf(plan.task, plan.seed);
  using operator = await Operator.open(script, plan.noiseSeed);
  const told: Float64Array[] = [];
  for (let index = 0; index < Math.ceil(script.durationSec * COMMAND_HZ); index++) {
    const command = new Float64Array(JOINTS.length);
    operator.command(index / COMMAND_HZ, command);
    told.push(command);
  }
  let asked = 0;
  return {
    rateHz: CAMERA_HZ,
    execute: EXECUTE,
    async act(observation) {
      heard.push({
        state: observation.state.slice(),
        pictures: { head: observation.pictures.head.slice(), right_wrist: observation.pictures.right_wrist.slice() },
      });
      const from = asked++ * EXECUTE;
      const commands = new Float32Array(STEPS * JOINTS.length);
      for (let step = 0; step < STEPS; step++) {
        const timeSec = FIRST_SEC + (from + step) / CAMERA_HZ;
        commands.set(told[Math.min(Math.round(timeSec * COMMAND_HZ), told.length - 1)]!, step * JOINTS.length);
      }
      return commands;
    },
  };
}

describe("a policy", () => {
  it("acts by commands alone: hands take what they press and let go as they open, and it ends when the thing lies", async () => {
    const plan = planOf(1);
    const heard: Observation[] = [];
    const { outcome, durationSec, logs } = await simulateEpisode(plan, { policy: await knowing(plan, heard) });
    expect(outcome).toMatchObject({ success: true, what: "in its place" });
    expect(durationSec).toBeLessThan(scriptOf(plan.task, plan.seed).durationSec);
    const head = logs.find(({ sensor }) => sensor.name === "head")!;
    expect(heard).toHaveLength(Math.ceil(head.trueSec.length / EXECUTE));
    expect(head.film).toBeUndefined();
  }, 60_000);

  it.runIf(codecs)(
    "sees and does the same whether or not it is recorded",
    async () => {
      const plan = planOf(2);
      const [alone, recorded]: [Observation[], Observation[]] = [[], []];
      const first = await simulateEpisode(plan, { policy: await knowing(plan, alone) });
      const second = await simulateEpisode(plan, { policy: await knowing(plan, recorded), codecs: codecs! });
      expect(second.signals.values).toEqual(first.signals.values);
      expect(recorded.every(({ pictures }, index) => Buffer.compare(pictures.head, alone[index]!.pictures.head) === 0)).toBe(
        true,
      );
      expect(second.logs.map(({ film }) => film !== undefined)).toEqual([false, false, false, true, true]);
    },
    60_000,
  );

  it("sees the newest pictures and joints", async () => {
    const plan = planOf(3);
    const heard: Observation[] = [];
    const { logs } = await simulateEpisode(plan, { policy: await knowing(plan, heard) });
    const [head, joints] = ["head", "joints"].map((name) => logs.find(({ sensor }) => sensor.name === name)!);
    heard.forEach(({ state, pictures }, index) => {
      const newest = joints!.trueSec.findLastIndex((time) => time <= head!.trueSec[index * EXECUTE]!);
      const at = newest * joints!.sensor.width;
      expect(state).toEqual(Float32Array.from(joints!.values.subarray(at, at + JOINTS.length)));
      // The table is brighter than nothing, and no camera shows one grey.
      for (const picture of Object.values(pictures)) expect(new Set(picture).size).toBeGreaterThan(50);
    });
  }, 60_000);

  it("that does not move takes nothing, and its time runs out", async () => {
    const plan = planOf(1);
    let state: Float32Array | undefined;
    const still: Policy = {
      rateHz: CAMERA_HZ,
      execute: 30,
      act: async (seen) => (state ??= seen.state.slice()),
    };
    const { outcome, durationSec } = await simulateEpisode(plan, { policy: still });
    expect(outcome).toMatchObject({ success: false, what: "never grasped" });
    expect(durationSec).toBe(15);
  }, 60_000);

  it("cannot send a joint further than it goes", async () => {
    const plan = planOf(1);
    const wild: Policy = {
      rateHz: CAMERA_HZ,
      execute: 30,
      act: async () => new Float32Array(JOINTS.length).fill(9),
    };
    const { logs } = await simulateEpisode(plan, { policy: wild });
    const commands = logs.find(({ sensor }) => sensor.name === "commands")!;
    expect(commands.values.at(-1)).toBe(1);
    expect(Math.max(...commands.values)).toBeLessThan(3);
  }, 60_000);
});
