import { setTimeout as wait } from "node:timers/promises";
import { sayTable } from "../support/say.ts";
import type { Asked } from "./asked.ts";
import { BATCH, WINDOWS } from "./cell.ts";
import type { Given } from "./given.ts";

const EVERY_MS = 100;

/** Memory of Python and the process that decodes, together, while batches are taken; the first batch; float32 apart. */
export async function measureMemory({ set, python, threads, seconds }: Given): Promise<void> {
  const table = [
    ["av1-2, Python", "all processes (PSS)", "with NumPy alone", "wanted", "first batch", "wanted", "float32 of a batch"],
  ];
  for (const side of [224, 0]) {
    for (const order of ["local", "uniform"]) {
      const options = {
        path: await set("av1-2"),
        batch_size: BATCH,
        windows: WINDOWS,
        threads,
        order,
        ...(side > 0 && { size: [side, side] }),
      };
      await using loader = await python(options);
      const bytes = await mostBytes(loader, 2 * seconds);
      const float = await loader.ask("float");
      await using bare = await python({ ...options, as_: "numpy" });
      table.push([
        `${side > 0 ? `${side}²` : "640×480"} ${order}`,
        `${(bytes / 1e6).toFixed(0)} MB`,
        `${((await mostBytes(bare, 2 * seconds)) / 1e6).toFixed(0)} MB`,
        "≤ 1000 MB",
        `${loader.first.toFixed(2)} s`,
        "≤ 2 s",
        `${(float * 1000).toFixed(1)} ms`,
      ]);
    }
  }
  console.log("");
  sayTable(table);
}

async function mostBytes(loader: Asked, seconds: number): Promise<number> {
  let bytes = 0;
  const taken = loader.slice(seconds);
  for (let over = false; !over; over = await Promise.race([taken.then(() => true), wait(EVERY_MS, false)]))
    bytes = Math.max(bytes, loader.bytes());
  await taken;
  return bytes;
}
