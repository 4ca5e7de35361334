import { describe, expect, it } from "vitest";
import { Attempt } from "./attempt.ts";
import { JOINTS } from "./robot.ts";
import { PHYSICS_HZ } from "./scene.ts";
import { drawTask } from "./task.ts";

const DT = 1 / PHYSICS_HZ;
const G = 9.81;

/** Runs an attempt to its end. */
async function run(task: Parameters<typeof drawTask>[1], seed: number) {
  using attempt = await Attempt.open(drawTask(seed, task), { seed, swaySeed: seed });
  for (let step = 0; step < attempt.steps; step++) attempt.step();
  return attempt.outcome();
}

describe("attempts", () => {
  it.each(["place", "hand over"] as const)("%s: put the thing where the instruction says, by physics", async (kind) => {
    expect(await run({ kind, slip: "none" }, 3)).toMatchObject({ success: true, what: "in its place" });
  });

  it("fail truly: a hand that closes beside the thing never has it", async () => {
    expect(await run({ kind: "place", slip: "miss" }, 4)).toMatchObject({ success: false, what: "never grasped" });
  });

  it("fail truly: a thing that is let go on the way lies on the table", async () => {
    expect(await run({ kind: "place", slip: "drop" }, 5)).toMatchObject({ success: false, what: "dropped on the way" });
  });

  it("stay inside every joint's range, near what is commanded", async () => {
    using attempt = await Attempt.open(drawTask(6), { seed: 6, swaySeed: 6 });
    const joints = new Float64Array(3 * JOINTS.length);
    for (let step = 0; step < attempt.steps; step++) {
      attempt.step();
      attempt.joints(joints, 0);
      JOINTS.forEach((joint, index) => {
        if (joint.endsWith("gripper")) return;
        const [low, high] = attempt.world.joint(joint).range;
        expect(joints[index]!).toBeGreaterThan(low - 0.02);
        expect(joints[index]!).toBeLessThan(high + 0.02);
        expect(Math.abs(joints[index]! - attempt.command[index]!)).toBeLessThan(0.5);
      });
    }
  });

  it("feel in the IMU what the body does: the derivatives of its motion", async () => {
    using attempt = await Attempt.open(drawTask(7), { seed: 7, swaySeed: 7 });
    const site = attempt.world.site("imu");
    const places: { position: Float64Array; rotation: Float64Array }[] = [];
    const felt: Float64Array[] = [];
    for (let step = 0; step < attempt.steps; step++) {
      places.push(attempt.world.sitePose(site));
      attempt.step();
      const imu = new Float64Array(10);
      attempt.imu(imu, 0);
      felt.push(imu);
    }
    const error = { push: 0, turn: 0 };
    const moved = { push: 0, turn: 0 };
    for (let step = 1; step + 1 < places.length; step++) {
      const [before, now, after] = [places[step - 1]!, places[step]!, places[step + 1]!];
      const bent = [0, 1, 2].map((i) => (after.position[i]! - 2 * now.position[i]! + before.position[i]!) / DT ** 2);
      bent[2]! += G;
      const push = intoBody(now.rotation, bent);
      const turn = turning(before.rotation, now.rotation, after.rotation);
      for (let axis = 0; axis < 3; axis++) {
        error.push += (felt[step]![7 + axis]! - push[axis]!) ** 2;
        error.turn += (felt[step]![4 + axis]! - turn[axis]!) ** 2;
        moved.push += (push[axis]! - intoBody(now.rotation, [0, 0, G])[axis]!) ** 2;
        moved.turn += turn[axis]! ** 2;
      }
    }
    expect(moved.turn).toBeGreaterThan(1);
    expect(Math.sqrt(error.push / moved.push)).toBeLessThan(0.02);
    expect(Math.sqrt(error.turn / moved.turn)).toBeLessThan(0.02);
  });
});

function intoBody(rotation: Float64Array, vector: readonly number[]): number[] {
  return [0, 1, 2].map((column) => [0, 1, 2].reduce((sum, row) => sum + rotation[3 * row + column]! * vector[row]!, 0));
}

/** The angular velocity in the body's frame: RᵀṘ, by central differences. */
function turning(before: Float64Array, now: Float64Array, after: Float64Array): number[] {
  const spin = (row: number, column: number) => {
    let sum = 0;
    for (let k = 0; k < 3; k++) sum += (now[3 * k + row]! * (after[3 * k + column]! - before[3 * k + column]!)) / (2 * DT);
    return sum;
  };
  return [spin(2, 1), spin(0, 2), spin(1, 0)];
}
