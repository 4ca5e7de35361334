import { run } from "../../src/commands/run.ts";

// Runs the pipeline given as JSON in a process of its own, so that a test can kill it; a line for each episode.
const [json, workers, killAt] = process.argv.slice(2);
let episodes = 0;
const report = await run(JSON.parse(json!), {
  workers: Number(workers),
  onEvent: (event) => {
    if (event.type === "episode" && ++episodes === Number(killAt)) process.kill(-process.pid, "SIGKILL");
    if (event.type === "progress" && event.act === "arrange" && Number(killAt) < 0 && event.done === -Number(killAt))
      process.kill(-process.pid, "SIGKILL");
  },
});
process.stdout.write(JSON.stringify(report));
