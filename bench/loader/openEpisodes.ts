/** Opens a dataset to be loaded, and says what that took: `node openEpisodes.ts PATH`. */
import { openLoader } from "../../src/loader/open.ts";

const start = performance.now();
const opened = await openLoader({
  path: process.argv[2]!,
  batchSize: 16,
  windows: { "observation.state": [0], "observation.images.cam_high": [-1, 0] },
});
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, bytes: process.resourceUsage().maxRSS * 1024, samples: opened.samples }));
