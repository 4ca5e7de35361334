import { check, lerobot, pipeline, run } from "tendon";

/** The same as lerobot-v21-to-v30.yaml. */
const toV30 = pipeline({
  tendon: 1,
  dataset: `${process.env.TENDON_OUT ?? "../out"}/g1-v30`,
  sources: { g1: lerobot({ path: `${process.env.TENDON_TEST_DATA}/robot/g1_teleop_v21` }) },
  stages: [check({ frozen: false })],
  sinks: [lerobot({ video: "copy" })],
});
export default toV30;

if (import.meta.main) console.log(await run(toV30, { base: import.meta.dirname }));
