import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { asTendonError, TendonError } from "../core/errors.ts";

/** What stands at a path, and how a source opens it. */
export interface Found {
  readonly kind: "mcap" | "lerobot" | "gr00t" | "dataset";
  /** Absolute. */
  readonly path: string;
  /** As the format tells it, such as `v2.1`. */
  readonly version?: string;
  /** A name for what was found, fit for a folder and a source. */
  readonly name: string;
}

const SUPPORTED =
  "Tendon reads MCAP files and folders of them, and LeRobot (v2.0, v2.1, v3.0) and GR00T datasets: the folder that holds meta/info.json";
const FOLDERS_SEARCHED_MAX = 2000;
const JSON_BYTES_MAX = 64_000_000;

/** Other things that people have: to say what was seen, and what to do. */
const OTHERS: readonly { readonly magic: string; readonly is: string }[] = [
  { magic: "#ROSBAG V", is: "a ROS 1 bag; convert it with `mcap convert IN.bag OUT.mcap`" },
  { magic: "SQLite format 3", is: "a ROS 2 bag in SQLite; convert it with `ros2 bag convert` to mcap storage" },
  { magic: "PAR1", is: "a Parquet file; name the dataset's folder, which holds meta/info.json" },
  { magic: "\u0089HDF", is: "an HDF5 file" },
  { magic: "ftyp", is: "a video; name the dataset's folder, which holds meta/info.json" },
];

/** Looks at a path. Throws a TendonError that says what was seen and what is supported. */
export async function detect(path: string): Promise<Found> {
  const full = resolve(path);
  const info = await stat(full).catch((cause: unknown) => {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw missing
      ? new TendonError("not-found", "there is no such file or folder", { place: { file: full } })
      : asTendonError(cause, "not-found", { file: full });
  });
  return info.isDirectory() ? detectFolder(full) : detectFile(full, info.size);
}

async function detectFile(file: string, sizeBytes: number): Promise<Found> {
  const name = safeName(basename(file, extname(file)));
  const head = await firstBytes(file);
  if (head.startsWith("\u0089MCAP0\r\n")) return { kind: "mcap", path: file, name };
  if (extname(file) === ".mcap") return { kind: "mcap", path: file, name };
  const place = { file };
  if (sizeBytes === 0) throw new TendonError("bad-data", `is empty (0 bytes); was it copied whole? ${SUPPORTED}`, { place });
  if (/\.ya?ml$/.test(file) && /^(tendon|dataset|sources|#)/m.test(head)) {
    throw new TendonError("bad-pipeline", "looks like a pipeline; see what it would do with `tendon plan`", { place });
  }
  const other = OTHERS.find(({ magic }) => head.includes(magic));
  throw new TendonError("bad-data", `is ${other?.is ?? "nothing that Tendon knows"}. ${SUPPORTED}`, { place });
}

async function detectFolder(folder: string): Promise<Found> {
  const name = safeName(basename(folder));
  const entries = await names(folder);
  if (entries.includes("home.json") && (await json(join(folder, "home.json")))?.tendon === "home") {
    return { kind: "dataset", path: folder, name };
  }
  if (entries.includes("meta") && (await names(join(folder, "meta"))).includes("info.json")) {
    const version = (await json(join(folder, "meta", "info.json")))?.codebase_version;
    const groot = (await names(join(folder, "meta"))).includes("modality.json");
    return { kind: groot ? "gr00t" : "lerobot", path: folder, name, ...(typeof version === "string" && { version }) };
  }
  const { mcap, datasets } = await searchFolder(folder);
  if (mcap) return { kind: "mcap", path: folder, name };
  const place = { file: folder };
  if (datasets.length > 0) {
    const seen = `${datasets.slice(0, 5).join(", ")}${datasets.length > 5 ? ", …" : ""}`;
    throw new TendonError("bad-pipeline", `holds several datasets (${seen}); name one of them`, { place });
  }
  const held = entries.length === 0 ? "nothing" : `${entries.slice(0, 5).join(", ")}${entries.length > 5 ? ", …" : ""}`;
  throw new TendonError("bad-data", `holds no recording (it holds ${held}). ${SUPPORTED}`, { place });
}

/** Looks below a folder, breadth first and not for ever, for MCAP files and for datasets. */
async function searchFolder(folder: string): Promise<{ mcap: boolean; datasets: string[] }> {
  const waiting = [""];
  const datasets: string[] = [];
  for (let at = 0; at < waiting.length && at < FOLDERS_SEARCHED_MAX; at++) {
    const entries = await readdir(join(folder, waiting[at]!), { withFileTypes: true }).catch(() => []);
    if (entries.some((entry) => entry.isFile() && entry.name.endsWith(".mcap"))) return { mcap: true, datasets };
    for (const entry of entries) {
      if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
      const below = join(waiting[at]!, entry.name);
      const isDataset = await stat(join(folder, below, "meta", "info.json")).catch(() => undefined);
      if (isDataset) datasets.push(below);
      else waiting.push(below);
    }
  }
  return { mcap: false, datasets: datasets.sort() };
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return [];
    throw asTendonError(cause, "not-found", { file: folder });
  }
}

/** A small JSON object; undefined where it is none: the source says later what is wrong with it. */
async function json(file: string): Promise<Record<string, unknown> | undefined> {
  if ((await stat(file)).size > JSON_BYTES_MAX) return undefined;
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file, "r").catch((cause: unknown) => {
    throw asTendonError(cause, "not-found", { file });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^[-_]+|-+$/g, "") || "dataset";
}
