import { join } from "node:path";
import { expect, test } from "vitest";
import { align, assemble, gate, lerobot, mcap, pipeline, run } from "../../src/index.ts";
import { temporaryFolder } from "../support/readMcap.ts";
import { ros2Topic, stamp, steady, writeMcap } from "../support/writeMcap.ts";

const START = 1_700_000_000_000_000_000n;

test("joints in another order than at first: put in order, told in the report, and counted by the gate", async () => {
  await using folder = await temporaryFolder();
  const messages = steady(START, 20, 60).map((log, index) => {
    const swapped = index === 30;
    const name = swapped ? ["b", "a"] : ["a", "b"];
    const position = swapped ? [1, 0] : [0, 1];
    return { log, value: { header: { stamp: stamp(log), frame_id: "" }, name, position, velocity: [], effort: [] } };
  });
  await writeMcap(join(folder.path, "odd.mcap"), [ros2Topic("/joint_states", "sensor_msgs/msg/JointState", messages)]);
  const made = (home: string, risk: "keep" | "drop") =>
    run(
      pipeline({
        dataset: join(folder.path, home),
        sources: { robot: mcap({ path: join(folder.path, "odd.mcap") }) },
        stages: [align({ rateHz: 10 }), assemble()],
        decisions: [gate({ risk })],
        sinks: [lerobot()],
      }),
      { workers: 1 },
    );
  const kept = await made("kept", "keep");
  expect(kept.episodes).toMatchObject({ kept: 1, failed: 0 });
  const odd = kept.findings.filter(({ message }) => message.includes("in another order than the first message"));
  expect(odd).toHaveLength(1);
  expect(odd[0]).toMatchObject({ check: "mcap", severity: "risk", episode: "robot/odd.mcap" });
  const dropped = await made("dropped", "drop");
  expect(dropped.drops[0]!.reason).toContain("in another order than the first message");
});
