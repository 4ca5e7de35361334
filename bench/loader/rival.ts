import { median, sayTable } from "../support/say.ts";
import type { Asked } from "./asked.ts";
import { BATCH, WINDOWS } from "./cell.ts";
import type { Given } from "./given.ts";

const WORKERS = 2;

/** LeRobot's DataLoader at its best setting, and ours in Python, by turns. */
export async function measureRival({
  set,
  python,
  theirs,
  threads,
  rounds,
  seconds,
}: Given & { readonly theirs: (args: readonly string[]) => Promise<Asked> }): Promise<void> {
  const path = await set("av1-2");
  const table = [
    [
      "AV1, key frame every 2",
      "LeRobot's DataLoader",
      "local",
      "times",
      "wanted",
      "uniform",
      "times",
      "wanted",
      "its first batch",
    ],
  ];
  for (const side of [224, 0]) {
    await using rival = await theirs([path, String(side), String(side), String(WORKERS)]);
    const options = { path, batch_size: BATCH, windows: WINDOWS, threads, ...(side > 0 && { size: [side, side] }) };
    await using local = await python({ ...options, order: "local" });
    await using uniform = await python({ ...options, order: "uniform" });
    const rates = { rival: [] as number[], local: [] as number[], uniform: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
      for (const [name, loader] of Object.entries({ rival, local, uniform })) {
        const { samples, seconds: took } = await loader.slice(seconds);
        if (round > 0) rates[name as keyof typeof rates].push(samples / took);
      }
    }
    const times = (own: "local" | "uniform") => median(rates[own].map((rate, round) => rate / rates.rival[round]!));
    table.push([
      side > 0 ? `${side}²` : "640×480",
      `${median(rates.rival).toFixed(0)}/s`,
      `${median(rates.local).toFixed(0)}/s`,
      `${times("local").toFixed(1)} ×`,
      side > 0 ? "≥ 6" : "≥ 4",
      `${median(rates.uniform).toFixed(0)}/s`,
      `${times("uniform").toFixed(1)} ×`,
      "≥ 2",
      `${rival.first.toFixed(1)} s`,
    ]);
  }
  console.log("");
  sayTable(table);
}
