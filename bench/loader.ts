/**
 * What loading costs, on the real G1 set (`TENDON_TEST_DATA`) as AV1 and H.264 with a key frame every 2 and every 30
 * pictures: samples of two pictures, a state and 16 actions, batches of 16, through TypeScript and through Python, by
 * turns with their own decode limit: the pictures which that order has to decode, decoded and scaled on as many threads,
 * and nothing else. Beside it LeRobot's DataLoader. Prints ratios; asserts nothing about time.
 *
 *     TENDON_TEST_DATA=… node bench/loader.ts [--quick] [--data FOLDER] [cells | CELL…] [rival] [memory] [transport] [episodes] [permutation]
 *
 * A cell is SET/SIZE/ORDER, such as av1-2/224/local; `--data` keeps the sets that are made, for the next time.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { OrderOption } from "../src/loader/types.ts";
import { type Asked, startAsked } from "./loader/asked.ts";
import { measureCell } from "./loader/cell.ts";
import { measureEpisodes } from "./loader/episodes.ts";
import { measureMemory } from "./loader/memory.ts";
import { measurePermutation } from "./loader/permutation.ts";
import { measureRival } from "./loader/rival.ts";
import { makeSet, SETS } from "./loader/sets.ts";
import { measureTransport } from "./loader/transport.ts";
import { lerobotPython } from "./support/lerobotPython.ts";
import { sayMachine, sayTable } from "./support/say.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, data: { type: "string" } },
});
const g1 = join(process.env.TENDON_TEST_DATA ?? "", "robot", "g1_teleop_v21");
const threads = availableParallelism();
const scratch = mkdtempSync(join(tmpdir(), "tendon-bench-loader-"));
const folder = values.data ?? scratch;
const SIZES = { "224": { height: 224, width: 224 }, "640x480": undefined };
const ORDERS: { readonly [name: string]: OrderOption } = { local: "local", "0.5": 0.5, uniform: "uniform" };
const ALL = SETS.flatMap(({ name }) =>
  Object.keys(SIZES).flatMap((size) => Object.keys(ORDERS).map((order) => `${name}/${size}/${order}`)),
);
const python = lerobotPython();
const env = { HF_HUB_OFFLINE: "1", PYTHONPATH: fileURLToPath(new URL("../python", import.meta.url)) };
const script = (name: string) => fileURLToPath(new URL(`./rivals/${name}`, import.meta.url));
const ours = (options: object): Promise<Asked> => startAsked(python!, [script("ours.py"), JSON.stringify(options)], env);
const typescript = (options: object): Promise<Asked> =>
  startAsked(process.execPath, [fileURLToPath(new URL("./loader/ours.ts", import.meta.url)), JSON.stringify(options)], {});
const theirs = (args: readonly string[]): Promise<Asked> => startAsked(python!, [script("loader.py"), ...args], env);
const rounds = values.quick ? 3 : 5;
const seconds = values.quick ? 1.5 : 3;
const set = async (name: string) => await makeSet(SETS.find((each) => each.name === name)!, { g1, folder });
const given = { set, python: python === undefined ? undefined : ours, threads, rounds, seconds };

const PARTS: { readonly [name: string]: () => Promise<void> } = {
  cells: () => cells(ALL.filter((name) => !values.quick || !name.endsWith("0.5"))),
  rival: () => (python === undefined ? Promise.resolve() : measureRival({ ...given, python: ours, theirs })),
  memory: () => (python === undefined ? Promise.resolve() : measureMemory({ ...given, python: ours })),
  transport: () => measureTransport(given),
  episodes: () => measureEpisodes(g1, scratch),
  permutation: measurePermutation,
};

sayMachine();
try {
  const asked = positionals.filter((name) => name in PARTS);
  const single = positionals.filter((name) => ALL.includes(name));
  const odd = positionals.find((name) => !(name in PARTS) && !ALL.includes(name));
  if (odd !== undefined)
    throw new Error(`there is no part ${odd}; there are ${Object.keys(PARTS).join(", ")} and cells such as ${ALL[0]}`);
  if (single.length > 0) await cells(single);
  for (const part of positionals.length > 0 ? asked : Object.keys(PARTS)) await PARTS[part]!();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function cells(names: readonly string[]): Promise<void> {
  const table = [
    [
      "set/size/order",
      "decode limit",
      "TypeScript",
      "of the limit",
      "by processor",
      "Python",
      "of the limit",
      "by processor",
      "decoded a served",
    ],
  ];
  for (const name of names) {
    const [coded, size, order] = name.split("/") as [string, keyof typeof SIZES, string];
    const path = await set(coded);
    const cell = await measureCell({
      set: path,
      order: ORDERS[order]!,
      size: SIZES[size],
      threads,
      rounds,
      seconds,
      typescript,
      ...(python !== undefined && { python: ours }),
    });
    const told = (measured: { samples: number; wall: number; cpu: number } | undefined) =>
      measured ? [`${measured.samples.toFixed(0)}/s`, measured.wall.toFixed(2), measured.cpu.toFixed(2)] : ["", "", ""];
    const row = [name, `${cell.limit.toFixed(0)}/s`, ...told(cell.ours), ...told(cell.python), cell.amplification.toFixed(2)];
    console.log(`  ${row.join("  ")}`);
    table.push(row);
  }
  console.log("");
  sayTable(table);
}
