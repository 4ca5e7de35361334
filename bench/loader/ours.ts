/**
 * Tendon's loader as TypeScript has it: `node ours.ts OPTIONS` (JSON: what `loader` takes). Says "ready SECONDS", from after
 * the imports to the first batch. For each line on its input, a number of seconds, it takes batches for so long and prints
 * how many samples; "decoded" and "wanted" print how many pictures were so far.
 */
import { createInterface } from "node:readline";
import { type LoaderOptions, loader } from "../../src/index.ts";

const options = JSON.parse(process.argv[2]!) as LoaderOptions;
const start = performance.now();
await using batches = await loader(options);
const pull = batches[Symbol.asyncIterator]();
await pull.next();
console.log(`ready ${(performance.now() - start) / 1000}`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "decoded" || line === "wanted") {
    console.log(batches.counts()[line]);
    continue;
  }
  const end = performance.now() + Number(line) * 1000;
  let samples = 0;
  while (performance.now() < end) samples += (await pull.next()).value?.samples ?? 0;
  console.log(samples);
}
await pull.return?.(undefined);
