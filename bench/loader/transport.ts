import { fileURLToPath } from "node:url";
import type { Spent } from "../../src/loader/spent.ts";
import { output, sayTable } from "../support/say.ts";
import type { Given } from "./given.ts";

/** What Python sets for the process that it starts. */
const AS_PYTHON = { GLIBC_TUNABLES: "glibc.cpu.x86_non_temporal_threshold=0x20000" };

/** Where the time of decoding threads goes when batches stand in files of shared memory, as for Python. */
export async function measureTransport({ set, threads, seconds }: Pick<Given, "set" | "threads" | "seconds">): Promise<void> {
  const table = [["into shared memory, local", "storage", "decode", "transform", "transport", "wanted"]];
  const one = fileURLToPath(new URL("./transportOne.ts", import.meta.url));
  for (const name of ["av1-2", "av1-30", "h264-2", "h264-30"]) {
    for (const side of [224, 0]) {
      const args = [one, await set(name), ...[side, threads, 2 * seconds].map(String)];
      const { storageMs, decodeMs, transformMs, transportMs } = JSON.parse(output(process.execPath, args, AS_PYTHON)) as Spent;
      const all = storageMs + decodeMs + transformMs + transportMs;
      const shares = [storageMs, decodeMs, transformMs, transportMs].map((each) => `${((100 * each) / all).toFixed(1)} %`);
      table.push([`${name} ${side > 0 ? `${side}²` : "640×480"}`, ...shares, side > 0 ? "≤ 5 %" : ""]);
    }
  }
  console.log("");
  sayTable(table);
}
