/**
 * What normalisation and augmentation cost beside a bare copy of the same pictures, in one run: pictures cropped from
 * 256² to 224², and the windows of a humanoid's state (44 numbers) and 16 actions. Asserts nothing about time.
 *
 *     node bench/augment.ts
 */
import { modality } from "../src/layouts/gr00t/modality.ts";
import { colorMap } from "../src/loader/augment/color.ts";
import { changePicture, type PictureChange } from "../src/loader/augment/picture.ts";
import { readConfig } from "../src/loader/gr00t/config.ts";
import { gr00tLanes } from "../src/loader/gr00t/lanes.ts";
import { sayMachine, sayTable } from "./support/say.ts";

const [FROM, TO] = [
  { height: 256, width: 256 },
  { height: 224, width: 224 },
];
const BYTES = TO.height * TO.width * 3;
const PICTURES = 64;
const WIDTH = 44;
const ROWS = 2000;
const RUNS = 20;

const source = Uint8Array.from({ length: FROM.height * FROM.width * 3 }, (_, index) => Math.imul(index, 2654435761) >>> 24);
const target = new Uint8Array(new SharedArrayBuffer(PICTURES * BYTES));
const color = colorMap({ brightness: 1.1, contrast: 0.9, saturation: 1.2, hue: 0.05 });
const table = [["pictures", "GB/s"]];

sayMachine();
table.push(["copied", rate(PICTURES * BYTES, () => copyAll())]);
for (const [name, flip, map] of [
  ["cropped", false, undefined],
  ["cropped and flipped", true, undefined],
  ["cropped and coloured", false, color],
  ["cropped, flipped and coloured", true, color],
] as const) {
  const change = (index: number): PictureChange => ({ from: FROM, to: TO, y: index % 32, x: (7 * index) % 32, flip, color: map });
  table.push([
    name,
    rate(PICTURES * BYTES, () => {
      for (let index = 0; index < PICTURES; index++) changePicture(source, change(index), target, index * BYTES);
    }),
  ]);
}
sayTable(table);
console.log("");
await windows();

function copyAll(): void {
  for (let index = 0; index < PICTURES; index++) target.set(source.subarray(0, BYTES), index * BYTES);
}

async function windows(): Promise<void> {
  const parts = { all: { start: 0, end: WIDTH } };
  const numbers = (value: number) => Array.from({ length: WIDTH }, () => value);
  const feature = { dtype: "float32", shape: [WIDTH] } as const;
  const statistics = {
    q01: numbers(-1),
    q99: numbers(1),
    min: numbers(-2),
    max: numbers(2),
    mean: numbers(0),
    std: numbers(0.5),
  };
  const dataset = {
    file: "modality.json",
    modality: modality.parse({ state: parts, action: parts }),
    features: { "observation.state": feature, action: feature },
    statistics: { file: "stats.json", of: { "observation.state": statistics, action: statistics } },
  };
  const column = Float32Array.from({ length: ROWS * WIDTH }, (_, index) => Math.sin(index));
  const episode = {
    rows: ROWS,
    columns: new Map([
      ["observation.state", column],
      ["action", column],
    ]),
    tasks: [],
    index: 0,
    file: "table.parquet",
  };
  const state = { keys: ["all"], delta: [0] };
  const action = { keys: ["all"], delta: Array.from({ length: 16 }, (_, step) => step) };
  const rows = [["windows", "samples/s"]];
  for (const [name, config] of [
    ["as stored", { for: "n1.5", state, action }],
    ["N1.5, q99", { for: "n1.5", state, action, normalise: { "state.all": "q99", "action.all": "q99" } }],
    ["N1.7, percentiles", { for: "n1.7", state, action }],
  ] as const) {
    const { numbers: lanes } = gr00tLanes(await readConfig(config), dataset);
    const into = new Float32Array(17 * WIDTH);
    const best = Math.min(
      ...Array.from({ length: RUNS }, () => {
        const start = performance.now();
        for (let row = 0; row < ROWS; row++) for (const lane of lanes) lane.fill(episode, row, into, 0);
        return performance.now() - start;
      }),
    );
    rows.push([name, ((1000 * ROWS) / best).toFixed(0)]);
  }
  sayTable(rows);
}

function rate(bytes: number, run: () => void): string {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < RUNS; turn++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return (bytes / best / 1e6).toFixed(2);
}
