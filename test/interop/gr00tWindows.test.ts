import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunReport } from "../../src/core/report.ts";
import { openLoaded } from "../../src/loader/dataset.ts";
import { type Gr00tConfigInput, readConfig } from "../../src/loader/gr00t/config.ts";
import { gr00tLanes, openGr00t } from "../../src/loader/gr00t/lanes.ts";
import { EpisodeShelf } from "../../src/loader/rows.ts";
import { ask, data, openScratch, pythonOf, tendon } from "./support.ts";

const python = pythonOf("readers");
const scratch = openScratch();
afterAll(() => scratch.remove());

const CHUNK = Array.from({ length: 16 }, (_, step) => step);
const GR1 = ["left_arm", "left_hand", "left_leg", "neck", "right_arm", "right_hand", "right_leg", "waist"];
const G1 = ["left_arm", "right_arm", "left_hand", "right_hand"];
const SETS = [
  ["groot_gr1_pick_place_v20", { rows: 2096, keys: GR1 }],
  ["g1_teleop_v21", { rows: 6625, keys: G1 }],
] as const;

describe.skipIf(python === undefined).each(SETS)("our windows of %s are those of GR00T's rules", (set, { rows, keys }) => {
  let view = "";
  beforeAll(async () => {
    view = await viewOf(set);
  });

  it.each(Object.entries(configsOf(keys)))("%s, every row", async (name, config) => {
    const { found, notes } = await compare(view, config);
    expect(found).toMatchObject({ rows, ...(name.endsWith("stored") && { exact: true }) });
    expect(notes.some((note) => note.includes("issue 771"))).toBe(name === "n1.7 history");
  });
});

it.skipIf(python === undefined).each(["n1.5 q99", "n1.7 percentiles"])(
  "NVIDIA's own folder, by its own statistics: %s",
  async (name) => {
    const { found } = await compare(join(data!, "robot/groot_gr1_pick_place_v20"), configsOf(GR1)[name]!);
    expect(found).toMatchObject({ rows: 2096 });
  },
);

/** Our windows of every row beside those of the rules: none may be farther off than a rounding or two. */
async function compare(folder: string, config: Gr00tConfigInput) {
  const [ours, file] = [scratch.at("windows.bin"), scratch.at("config.json")];
  const notes = await writeWindows(folder, config, ours);
  await writeFile(file, JSON.stringify(config));
  const found = await ask(python!, scratch, "gr00t_windows.py", [folder, file, ours]);
  const { state, action } = found.farthest as { state: number; action: number };
  expect(Math.max(state, action)).toBeLessThanOrEqual(1e-6);
  return { found, notes };
}

function configsOf(keys: readonly string[]): { readonly [name: string]: Gr00tConfigInput } {
  const [state, action] = [
    { keys: [...keys], delta: [0] },
    { keys: [...keys], delta: CHUNK },
  ];
  const all = (mode: "min_max" | "q99" | "mean_std" | "binary") =>
    Object.fromEntries(keys.flatMap((key) => [[`state.${key}`, mode] as const, [`action.${key}`, mode] as const]));
  const n15 = { for: "n1.5", state, action } as const;
  const n17 = { for: "n1.7", state, action } as const;
  const how = (rep: "RELATIVE" | "ABSOLUTE") => ({ rep, type: "NON_EEF", format: "DEFAULT" }) as const;
  const turned = keys.toReversed();
  return {
    "n1.5 stored": { ...n15, action: { ...action, delta: [-2, 0, 5] } },
    "n1.5 min_max": { ...n15, normalise: all("min_max"), concat: { state: turned, action: turned } },
    "n1.5 q99": { ...n15, normalise: all("q99") },
    "n1.5 mean_std": { ...n15, normalise: all("mean_std") },
    "n1.5 sin_cos": { ...n15, sin_cos: keys.map((key) => `state.${key}`), normalise: { [`action.${keys[1]}`]: "binary" } },
    "n1.7 percentiles": n17,
    "n1.7 min_max": { ...n17, use_percentiles: false, clip_outliers: false },
    "n1.7 relative": {
      ...n17,
      action: { ...action, action_configs: keys.map((_, index) => how(index === 1 ? "ABSOLUTE" : "RELATIVE")) },
    },
    "n1.7 history": {
      ...n17,
      state: { keys: turned, delta: [-15, -1], sin_cos_embedding_keys: [keys[0]!] },
      action: { ...action, action_configs: keys.map(() => how("RELATIVE")) },
    },
    "n1.7 mean_std": {
      ...n17,
      state: { ...state, mean_std_embedding_keys: [...keys] },
      action: { ...action, mean_std_embedding_keys: [keys[0]!] },
    },
  };
}

/** The set as Tendon writes it for GR00T, with what relative actions need. */
async function viewOf(set: string): Promise<string> {
  const pipeline = {
    dataset: scratch.at(set),
    sources: { set: { lerobot: { path: join(data!, "robot", set) } } },
    sinks: [{ gr00t: { for: "n1.7", horizon: CHUNK.length } }],
  };
  const file = scratch.at(`${set}.yaml`);
  await writeFile(file, JSON.stringify(pipeline));
  const { status, stdout, stderr } = await tendon(["run", file, "--json"]);
  if (status !== 0) throw new Error(`tendon run ended with ${status}:\n${stderr.slice(-3000)}`);
  return (JSON.parse(stdout) as RunReport).views[0]!.path;
}

/** Of each episode all rows' states, then all rows' actions, as float32; gives what the lanes say of themselves. */
async function writeWindows(view: string, config: Gr00tConfigInput, into: string): Promise<readonly string[]> {
  const dataset = await openLoaded(view);
  const lanes = gr00tLanes(await readConfig(config), await openGr00t(dataset.root, dataset.features));
  const streams = lanes.numbers.flatMap((lane) => lane.streams);
  const shelf = new EpisodeShelf(dataset, { streams, task: "task", bytesMax: 1 << 20 });
  const file = createWriteStream(into);
  for (const place of dataset.episodes.keys()) {
    const episode = await shelf.read(place);
    for (const lane of lanes.numbers) {
      const size = lane.offsets.length * lane.shape[0]!;
      const values = new Float32Array(episode.rows * size);
      for (let row = 0; row < episode.rows; row++) lane.fill(episode, row, values, row * size);
      file.write(new Uint8Array(values.buffer));
    }
  }
  file.end();
  await finished(file);
  return lanes.notes;
}
