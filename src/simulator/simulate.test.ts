import { describe, expect, it } from "vitest";
import { parseFault } from "./faults.ts";
import { planEpisodes } from "./plan.ts";
import { JOINTS } from "./robot.ts";
import { type SimulatedEpisode, simulateEpisode } from "./simulate.ts";

const ELBOW = JOINTS.indexOf("left_elbow");
const WIDTH = 3 * JOINTS.length;

/** Episode 0 of seed 2, without pictures. */
async function episode(faults: readonly string[], noise: "usual" | "none" = "usual"): Promise<SimulatedEpisode> {
  const [plan] = planEpisodes({ episodes: 1, seed: 2, faults: faults.map(parseFault), noise, cameras: "none" });
  return await simulateEpisode(plan!, {});
}

let cleanOnce: Promise<SimulatedEpisode> | undefined;

function cleanEpisode(): Promise<SimulatedEpisode> {
  cleanOnce ??= episode([]);
  return cleanOnce;
}

function logOf({ logs }: SimulatedEpisode, name: string) {
  return logs.find(({ sensor }) => sensor.name === name)!;
}

/** A joint's readings inside and outside of a span. */
function readings(from: SimulatedEpisode, joint: number, span: readonly [number, number]) {
  const { values, trueSec } = logOf(from, "joints");
  const all = Array.from(trueSec, (time, index) => ({ time, value: values[index * WIDTH + joint]! }));
  const isIn = ({ time }: { time: number }) => time >= span[0] && time < span[1];
  return {
    inside: all.filter(isIn).map(({ value }) => value),
    outside: all.filter((each) => !isIn(each)).map(({ value }) => value),
  };
}

describe("a simulated episode", () => {
  it("is measured as it is, where noise is off", async () => {
    const { signals, logs, plan } = await episode([], "none");
    const joints = logs.find(({ sensor }) => sensor.name === "joints")!;
    expect(joints.clock).toMatchObject({ offsetSec: 0, driftPpm: 0, jitterSec: 0, latencySec: 0 });
    const columns = signals.values.length / signals.rows;
    joints.trueSec.forEach((time, sample) => {
      expect(joints.stampNs[sample]).toBe(plan.startNs + BigInt(Math.round(time * 1e9)));
      const row = Math.round(time * 125);
      if (Math.abs(row / 125 - time) > 1e-9) return;
      expect(joints.values[sample * WIDTH + ELBOW]).toBe(signals.values[row * columns + 1 + ELBOW]);
    });
    const commands = logs.find(({ sensor }) => sensor.name === "commands")!;
    // Every second command falls on a row of the signals.
    for (let sample = 0; sample < commands.trueSec.length; sample += 2) {
      const at = Math.round(commands.trueSec[sample]! * 125) * columns + 1 + 3 * JOINTS.length;
      expect(commands.values[sample * JOINTS.length + ELBOW]).toBe(signals.values[at + ELBOW]);
    }
  });

  it("has stamps that ascend, near the truth, and comes to the recorder later, in order", async () => {
    const { logs, plan } = await cleanEpisode();
    for (const { sensor, stampNs, logNs, trueSec } of logs) {
      for (let index = 1; index < stampNs.length; index++) {
        expect(stampNs[index]!).toBeGreaterThan(stampNs[index - 1]!);
        expect(logNs[index]!).toBeGreaterThan(logNs[index - 1]!);
      }
      trueSec.forEach((time, index) => {
        const trueNs = plan.startNs + BigInt(Math.round(time * 1e9));
        expect(Math.abs(Number(stampNs[index]! - trueNs)) / 1e9).toBeLessThan(0.5 / sensor.rateHz);
        expect(logNs[index]!).toBeGreaterThan(trueNs);
      });
    }
  });

  it("differs from its clean self by its fault alone", async () => {
    const clean = await cleanEpisode();
    const span = [1, 1.5] as const;
    const spoilt = await episode(["nan@left_elbow:1-1.5"]);
    const [before, after] = [readings(clean, ELBOW, span), readings(spoilt, ELBOW, span)];
    expect(after.inside.every(Number.isNaN)).toBe(true);
    expect(after.outside).toEqual(before.outside);
    expect(readings(spoilt, ELBOW + 1, [0, 99])).toEqual(readings(clean, ELBOW + 1, [0, 99]));
    expect(logOf(spoilt, "imu").values).toEqual(logOf(clean, "imu").values);
  });

  it("is stuck: one value, and no velocity, while the joint moves on", async () => {
    const spoilt = await episode(["stuck@left_elbow:1-2"]);
    expect(new Set(readings(spoilt, ELBOW, [1, 2]).inside).size).toBe(1);
    expect(new Set(readings(spoilt, ELBOW + JOINTS.length, [1, 2]).inside)).toEqual(new Set([0]));
    expect(new Set(readings(await cleanEpisode(), ELBOW, [1, 2]).inside).size).toBeGreaterThan(100);
  });

  it("has spikes: a few readings far off, the others as they were", async () => {
    const [clean, spoilt] = [
      readings(await cleanEpisode(), ELBOW, [1, 3]),
      readings(await episode(["spikes@left_elbow:1-3=2"]), ELBOW, [1, 3]),
    ];
    const off = spoilt.inside.filter((value, index) => value !== clean.inside[index]);
    expect(off.length).toBeGreaterThan(2);
    expect(off.length).toBeLessThan(12);
    spoilt.inside.forEach((value, index) => {
      const apart = Math.abs(value - clean.inside[index]!);
      expect(apart === 0 || Math.abs(apart - 2) < 1e-9).toBe(true);
    });
  });

  it("is in degrees", async () => {
    const [clean, spoilt] = [logOf(await cleanEpisode(), "joints"), logOf(await episode(["degrees"]), "joints")];
    expect(spoilt.values[ELBOW]! / clean.values[ELBOW]!).toBeCloseTo(180 / Math.PI, 9);
    expect(spoilt.values[2 * JOINTS.length + ELBOW]).toBe(clean.values[2 * JOINTS.length + ELBOW]);
  });

  it("has a clock that is off, or steps, and says from when to when", async () => {
    const clean = await cleanEpisode();
    const off = await episode(["clock-offset@imu=0.2", "clock-step@joints:2=-0.5"]);
    const apart = (name: string, index: number) =>
      Number(logOf(off, name).stampNs.at(index)! - logOf(clean, name).stampNs.at(index)!) / 1e9;
    expect(apart("imu", 0)).toBeCloseTo(0.2, 6);
    expect(apart("joints", 0)).toBe(0);
    expect(apart("joints", -1)).toBeCloseTo(-0.5, 6);
    const step = off.faults.find(({ kind }) => kind === "clock-step")!;
    const { stampNs, trueSec } = logOf(off, "joints");
    expect(step.startNs).toBe(stampNs[trueSec.findIndex((time) => time >= 2)]);
  });

  it("is told wrongly, of another thing on the same table", async () => {
    const told = await episode(["wrong-instruction"]);
    expect(told.instruction).not.toBe(told.plan.task.instruction);
    const { colour, form } = told.plan.task.scene.things[1]!;
    expect(told.instruction).toContain(`${colour.name} ${form.word}`);
  });

  it("is done again almost the same", async () => {
    const plans = planEpisodes({ episodes: 2, seed: 2, faults: [parseFault("duplicate#1=0")], noise: "usual", cameras: "none" });
    const [first, again] = [await simulateEpisode(plans[0]!, {}), await simulateEpisode(plans[1]!, {})];
    expect(again.plan.task).toEqual(first.plan.task);
    const [a, b] = [logOf(first, "commands").values, logOf(again, "commands").values];
    expect(b.length).toBe(a.length);
    const worst = a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(0.15);
  });
});
