import { align, assemble, check, dedup, gate, gr00t, mcap, pipeline, run } from "tendon";

/** The same as mcap-to-gr00t.yaml. */
const toGr00t = pipeline({
  tendon: 1,
  dataset: `${process.env.TENDON_OUT ?? "../out"}/teleop`,
  sources: { teleop: mcap({ path: `${process.env.RECORDINGS}`, streams: { "/imu/data": false } }) },
  stages: [align(), assemble(), check()],
  decisions: [gate({ broken: "drop", minDurationSec: 1 }), dedup()],
  sinks: [gr00t({ for: "n1.7", horizon: 16 })],
});
export default toGr00t;

if (import.meta.main) console.log(await run(toGr00t, { base: import.meta.dirname }));
