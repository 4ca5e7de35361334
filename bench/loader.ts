/**
 * What loading costs, on the real G1 set (`TENDON_TEST_DATA`): samples of two pictures, a state and 16 actions,
 * in each order and size, beside its own decode limit in the same run: the pictures which that order has to
 * decode, decoded and scaled on all cores and nothing else. Prints ratios; asserts nothing about time.
 *
 *     TENDON_TEST_DATA=… node bench/loader.ts
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Size } from "../src/core/batch.ts";
import { loader } from "../src/index.ts";
import { codecRates } from "./support/codecRates.ts";
import { sayMachine, sayTable } from "./support/say.ts";

const CAMERA = "observation.images.cam_high";
const g1 = join(process.env.TENDON_TEST_DATA ?? "", "robot", "g1_teleop_v21");
const threads = availableParallelism();
const videos = readdirSync(join(g1, "videos"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".mp4"))
  .map((name) => join(g1, "videos", name));
const table = [["order", "size", "samples/s", "limit", "ratio", "decoded a different one", "first batch", "memory"]];

sayMachine();
for (const size of [{ height: 224, width: 224 }, undefined]) {
  for (const order of ["local", "uniform", "sequential"] as const) await measure(order, size);
}
console.log("");
sayTable(table);

async function measure(order: "local" | "uniform" | "sequential", size: Size | undefined): Promise<void> {
  const want = { format: "rgb24" as const, ...(size && { size }) };
  const alone = await codecRates(videos, { threads, encode: false, want });
  const start = performance.now();
  await using batches = await loader({
    path: g1,
    batchSize: 16,
    windows: { [CAMERA]: [-1, 0], "observation.state": [0], action: Array.from({ length: 16 }, (_, step) => step) },
    order,
    threads,
    epochs: 1,
    ...(size && { size }),
  });
  let samples = 0;
  let first = 0;
  for await (const batch of batches) {
    first ||= performance.now() - start;
    samples += batch.samples;
  }
  const seconds = (performance.now() - start) / 1000;
  const { decoded, wanted } = batches.counts();
  const limit = (samples * alone.frames) / alone.decodeSec / decoded;
  table.push([
    order,
    size ? `${size.height}²` : "640×480",
    (samples / seconds).toFixed(0),
    limit.toFixed(0),
    `${(samples / seconds / limit).toFixed(2)} ×`,
    (decoded / wanted).toFixed(2),
    `${(first / 1000).toFixed(1)} s`,
    `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  ]);
}
