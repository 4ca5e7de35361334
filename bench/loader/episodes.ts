import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetWriteFile } from "hyparquet-writer";
import { output, sayTable } from "../support/say.ts";

const EPISODES = 100_000;
const ROWS = 300;
const CAMERA = "observation.images.cam_high";

/** Opens a dataset of 10⁵ episodes, of which the metadata and the first episode are there, in a process of its own. */
export async function measureEpisodes(g1: string, scratch: string): Promise<void> {
  const table = [
    [`${EPISODES.toExponential()} episodes`, "opened", "wanted", "memory of the process", "above one of 20 episodes", "wanted"],
  ];
  const opener = fileURLToPath(new URL("./openEpisodes.ts", import.meta.url));
  const open = (path: string) => JSON.parse(output(process.execPath, [opener, path])) as { seconds: number; bytes: number };
  const small = open(g1);
  for (const version of ["v2.1", "v3.0"] as const) {
    const root = join(scratch, `episodes-${version}`);
    (version === "v2.1" ? writeV21 : writeV30)(g1, root);
    const { seconds, bytes } = open(root);
    const megabytes = (each: number) => `${(each / 1e6).toFixed(0)} MB`;
    table.push([version, `${seconds.toFixed(2)} s`, "≤ 2 s", megabytes(bytes), megabytes(bytes - small.bytes), "≤ 200 MB"]);
  }
  console.log("");
  sayTable(table);
}

function writeV21(g1: string, root: string): void {
  cpSync(join(g1, "meta/info.json"), join(root, "meta/info.json"));
  cpSync(join(g1, "meta/tasks.jsonl"), join(root, "meta/tasks.jsonl"));
  const task = (JSON.parse(readFileSync(join(g1, "meta/episodes.jsonl"), "utf8").split("\n")[0]!) as { tasks: string[] }).tasks;
  const first = (JSON.parse(readFileSync(join(g1, "meta/episodes.jsonl"), "utf8").split("\n")[0]!) as { length: number }).length;
  const line = (index: number) => JSON.stringify({ episode_index: index, tasks: task, length: index === 0 ? first : ROWS });
  writeFileSync(join(root, "meta/episodes.jsonl"), Array.from({ length: EPISODES }, (_, index) => `${line(index)}\n`).join(""));
  for (const file of ["data/chunk-000/episode_000000.parquet", `videos/chunk-000/${CAMERA}/episode_000000.mp4`])
    cpSync(join(g1, file), join(root, file));
}

/** Ten episodes a file, as they are at about 3,000 rows. */
function writeV30(g1: string, root: string): void {
  mkdirSync(join(root, "meta/episodes/chunk-000"), { recursive: true });
  const info = JSON.parse(readFileSync(join(g1, "meta/info.json"), "utf8")) as Record<string, unknown>;
  const paths = {
    data_path: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    video_path: "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
  };
  writeFileSync(join(root, "meta/info.json"), JSON.stringify({ ...info, ...paths, codebase_version: "v3.0" }));
  const episodes = Array.from({ length: EPISODES }, (_, index) => index);
  const whole = (name: string, of: (index: number) => number) =>
    ({ name, data: episodes.map((index) => BigInt(of(index))), type: "INT64" }) as const;
  const seconds = (name: string, of: (index: number) => number) => ({ name, data: episodes.map(of), type: "DOUBLE" }) as const;
  const chunk = (index: number) => Math.floor(index / 10_000);
  const file = (index: number) => Math.floor(index / 10) % 1000;
  parquetWriteFile({
    filename: join(root, "meta/episodes/chunk-000/file-000.parquet"),
    columnData: [
      whole("episode_index", (index) => index),
      whole("length", () => ROWS),
      whole("data/chunk_index", chunk),
      whole("data/file_index", file),
      whole("dataset_from_index", (index) => index * ROWS),
      whole("dataset_to_index", (index) => (index + 1) * ROWS),
      whole(`videos/${CAMERA}/chunk_index`, chunk),
      whole(`videos/${CAMERA}/file_index`, file),
      seconds(`videos/${CAMERA}/from_timestamp`, (index) => (index % 10) * 10),
      seconds(`videos/${CAMERA}/to_timestamp`, (index) => ((index % 10) + 1) * 10),
    ],
  });
  parquetWriteFile({
    filename: join(root, "meta/tasks.parquet"),
    columnData: [
      { name: "task_index", data: [0n], type: "INT64" },
      { name: "task", data: ["move"], type: "STRING" },
    ],
  });
  for (const [from, to] of [
    ["data/chunk-000/episode_000000.parquet", "data/chunk-000/file-000.parquet"],
    [`videos/chunk-000/${CAMERA}/episode_000000.mp4`, `videos/${CAMERA}/chunk-000/file-000.mp4`],
  ] as const) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(join(g1, from), join(root, to));
  }
}
