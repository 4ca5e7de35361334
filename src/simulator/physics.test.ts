import { describe, expect, it } from "vitest";
import { Physics } from "./physics.ts";
import { worldMjcf } from "./scene.ts";

const G = 9.81;
const world = (inside: string, option = "") =>
  `<mujoco><option timestep="0.002" integrator="implicitfast" ${option}><flag energy="enable"/></option><worldbody>${inside}</worldbody></mujoco>`;

/** A point of 1 kg, half a metre below a hinge. */
const PENDULUM = `<body><joint name="hinge" axis="0 1 0"/><geom type="sphere" size="0.01" pos="0 0 -0.5" mass="1"/></body>`;

describe("physics against closed forms", () => {
  it("lets a body fall by g t² / 2", async () => {
    using physics = await Physics.open(world(`<body pos="0 0 2"><freejoint name="ball"/><geom size="0.1" mass="3"/></body>`));
    for (let step = 0; step < 250; step++) physics.step();
    const t = 0.5;
    expect(physics.qvel[2]!).toBeCloseTo(-G * t, 6);
    // The step is first order: it is ahead by half a step's way.
    expect(physics.qpos[2]!).toBeCloseTo(2 - (G * t * t) / 2 - (G * t * 0.002) / 2, 6);
  });

  it("keeps a pendulum's energy and its period of 2π √(l / g)", async () => {
    using physics = await Physics.open(world(PENDULUM));
    const { qpos } = physics.joint("hinge");
    physics.qpos[qpos] = 0.1;
    physics.forward();
    const total = () => physics.energy().potential + physics.energy().kinetic;
    const swing = 0.5 * G * (1 - Math.cos(0.1));
    const first = total();
    const crossings: number[] = [];
    for (let step = 0; step < 5000; step++) {
      const before = physics.qpos[qpos]!;
      physics.step();
      const after = physics.qpos[qpos]!;
      if (before > 0 && after <= 0) crossings.push((step + before / (before - after)) * 0.002);
      expect(Math.abs(total() - first)).toBeLessThan(0.01 * swing);
    }
    const period = (crossings.at(-1)! - crossings[0]!) / (crossings.length - 1);
    // The hinge carries the ball's own inertia too, and the amplitude adds θ² / 16.
    const inertia = 0.25 + 0.4 * 0.01 ** 2;
    expect(period).toBeCloseTo(2 * Math.PI * Math.sqrt(inertia / (G * 0.5)) * (1 + 0.1 ** 2 / 16), 3);
  });

  it("carries a resting body with m g", async () => {
    const box = `<body name="box" pos="0 0 0.05"><freejoint/><geom type="box" size="0.05 0.05 0.05" mass="2"/></body>`;
    using physics = await Physics.open(world(`<geom type="plane" size="1 1 0.1"/>${box}`));
    for (let step = 0; step < 1000; step++) physics.step();
    expect(physics.contactForce(0, physics.body("box"))).toBeCloseTo(2 * G, 2);
    expect(Math.abs(physics.qvel[2]!)).toBeLessThan(1e-6);
  });

  it("holds joint limits against the strongest command", async () => {
    using physics = await Physics.open(worldMjcf());
    const { qpos, range } = physics.joint("left_elbow");
    physics.ctrl[physics.actuator("left_elbow")] = 10;
    for (let step = 0; step < 1500; step++) physics.step();
    expect(physics.qpos[qpos]!).toBeGreaterThan(range[1] - 0.02);
    expect(physics.qpos[qpos]!).toBeLessThan(range[1] + 0.02);
  });

  it("joins two bodies as they stand, and lets them go", async () => {
    const bodies = `<body name="hand" pos="0 0 1"/><body name="cup" pos="0.1 0 1"><freejoint/><geom size="0.02" mass="0.1"/></body>`;
    const weld = `<equality><weld name="holds" body1="hand" body2="cup" active="false"/></equality>`;
    using physics = await Physics.open(world(bodies).replace("</mujoco>", `${weld}</mujoco>`));
    const ends = { body1: physics.body("hand"), body2: physics.body("cup") };
    physics.weld("holds", ends);
    for (let step = 0; step < 250; step++) physics.step();
    expect(physics.bodyPose(ends.body2).position[2]!).toBeCloseTo(1, 2);
    physics.weld("holds", undefined);
    for (let step = 0; step < 250; step++) physics.step();
    expect(physics.bodyPose(ends.body2).position[2]!).toBeLessThan(0);
  });

  it("says what is wrong with a world", async () => {
    await expect(Physics.open("<mujoco><table/></mujoco>")).rejects.toThrow(/unrecognized element/);
  });
});
