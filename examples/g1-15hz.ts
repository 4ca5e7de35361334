import { align, check, gate, gr00t, lerobot, pipeline, run, split } from "tendon";

/** The same as g1-15hz.yaml. */
const g1At15Hz = pipeline({
  tendon: 1,
  dataset: `${process.env.TENDON_OUT ?? "../out"}/g1-15hz`,
  sources: { g1: lerobot({ path: `${process.env.TENDON_TEST_DATA}/robot/g1_teleop_v21` }) },
  stages: [align({ rateHz: 15 }), check()],
  decisions: [gate({ broken: "drop" }), split({ train: 0.9, val: 0.1 })],
  sinks: [gr00t({ horizon: 16 }), lerobot()],
});
export default g1At15Hz;

if (import.meta.main) console.log(await run(g1At15Hz, { base: import.meta.dirname }));
