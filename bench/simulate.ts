// How many camera frames of a simulated robot come about in a second: physics, drawing, encoding and writing
// together, on all cores. `node bench/simulate.ts [EPISODES]`. Prints and never asserts.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { simulate } from "../src/commands/simulate.ts";
import { openCodecs } from "../src/formats/video/codecs.ts";
import { planEpisodes } from "../src/simulator/plan.ts";
import { simulateEpisode } from "../src/simulator/simulate.ts";

const episodes = Number(process.argv[2] ?? 4);
const folder = await mkdtemp(join(tmpdir(), "tendon-bench-"));
try {
  // One thread first, by its own computing time: what else runs on the machine does not count.
  const [plan] = planEpisodes({ episodes: 1, seed: 1, faults: [], noise: "usual", cameras: "all" });
  const codecs = await openCodecs();
  await simulateEpisode({ ...plan!, cameras: "none" }, {});
  const parts = [
    { name: "physics alone", cameras: "none" },
    { name: "physics, drawing and encoding", cameras: "all" },
  ] as const;
  for (const { name, cameras } of parts) {
    const before = process.cpuUsage();
    const { durationSec, logs } = await simulateEpisode({ ...plan!, cameras }, { codecs });
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    const frames = logs.reduce((sum, { film }) => sum + (film?.packets.length ?? 0), 0);
    const rate = frames > 0 ? `, ${(frames / seconds).toFixed(0)} camera frames a second of one core` : "";
    console.log(`${name}: ${seconds.toFixed(2)} s of a core for ${durationSec.toFixed(1)} s${rate}`);
  }
  const report = await simulate(join(folder, "out"), { episodes, seed: 1 });
  const cores = availableParallelism();
  console.log(
    `${episodes} recordings on ${cores} cores: ${(report.frames / report.seconds).toFixed(0)} camera frames/s by the clock`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
