import { basename, join } from "node:path";
import { z } from "zod";
import { TendonError } from "../../../core/errors.ts";
import type { Finding } from "../../../core/finding.ts";
import { type Modality, modality } from "../../gr00t/modality.ts";
import { type Info, type InfoFeature, info as infoSchema } from "../info.ts";
import type { Entries } from "./entries.ts";
import { readEntriesV2 } from "./entriesV2.ts";
import { readEntriesV3 } from "./entriesV3.ts";
import { listFiles, readJsonFile, sizeOf } from "./files.ts";
import { collectNotes, type Note } from "./notes.ts";
import { readTasks, type Tasks } from "./tasks.ts";

/** The metadata of one LeRobot folder, read whole; no table and no video was opened. */
export interface Dataset {
  /** Absolute. */
  readonly root: string;
  readonly version: 2 | 3;
  readonly info: Info;
  /** GR00T's flavour only. */
  readonly modality?: Modality;
  readonly tasks: Tasks;
  readonly entries: Entries;
  /** Features of dtype `video`, in the order of info.json. */
  readonly cameras: readonly string[];
  /** As it names a folder. */
  readonly embodiment: string;
  /** What was seen in the metadata alone. */
  readonly findings: readonly Finding[];
}

/** Reads the metadata of a LeRobot dataset of any version. */
export async function openDataset(root: string): Promise<Dataset> {
  const { note, findings } = collectNotes();
  const file = join(root, "meta/info.json");
  const info = await readJsonFile(file, infoSchema);
  if (info === null)
    throw new TendonError("not-found", "is not there: a LeRobot dataset has it (is this the dataset's own folder?)", {
      place: { file },
    });
  const version = await versionOf(root, info, note);
  const cameras = Object.entries(info.features).flatMap(([key, feature]) => (feature.dtype === "video" ? [key] : []));
  const tasks = await readTasks(root, version, note);
  const entries = await (version === 3 ? readEntriesV3 : readEntriesV2)(root, info, cameras, note);
  const content = await readJsonFile(join(root, "meta/modality.json"), modality);
  missingKeys(info, version, note);
  return {
    root,
    version,
    info,
    ...(content && { modality: content }),
    tasks,
    entries,
    cameras,
    embodiment: embodimentOf(info, root),
    findings,
  };
}

/** What a feature's `info` or `video_info` says under a key. */
export function videoFact(feature: InfoFeature | undefined, key: string): unknown {
  return feature?.info?.[key] ?? feature?.video_info?.[key];
}

/** What is on disk decides; what `codebase_version` says otherwise is reported. */
async function versionOf(root: string, info: Info, note: Note): Promise<2 | 3> {
  const said = info.codebase_version ?? undefined;
  const jsonl = sizeOf(join(root, "meta/episodes.jsonl")) !== null;
  const table = !jsonl && (await listFiles(root, "meta/episodes", ".parquet")).length > 0;
  const declared = said === undefined ? undefined : /^v?3(\.|$)/.test(said) ? 3 : /^v?2(\.|$)/.test(said) ? 2 : null;
  if (declared === null)
    throw new TendonError(
      "bad-data",
      `codebase_version ${said} cannot be read; v2.0, v2.1 and v3.0 can: convert it with LeRobot`,
      {
        place: { file: join(root, "meta/info.json") },
      },
    );
  const seen = table ? 3 : jsonl ? 2 : undefined;
  if (said === undefined)
    note("risk", `info.json has no codebase_version; the files are laid out as in v${seen === 3 ? "3.0" : "2.x"}`);
  else if (seen !== undefined && seen !== declared)
    note("risk", `info.json says ${said}, but the files are laid out as in v${seen === 3 ? "3.0" : "2.x"}; they are read so`);
  return seen ?? declared ?? 2;
}

function missingKeys(info: Info, version: 2 | 3, note: Note): void {
  const keys = ["robot_type", "total_episodes", "total_frames", "total_tasks", "data_path", "splits"] as const;
  const own = version === 2 ? (["total_chunks", "total_videos", "chunks_size"] as const) : [];
  const missing = [...keys, ...own].filter((key) => info[key] === undefined || info[key] === null);
  if (missing.length > 0) note("note", `info.json lacks ${missing.join(", ")}; LeRobot's own tools ask for them`);
}

function embodimentOf(info: Info, root: string): string {
  const robot = info.robot_type ?? "";
  const name = sanitise(/^(unknown|none|null)?$/i.test(robot.trim()) ? basename(root) : robot);
  return name === "" ? "robot" : name;
}

/** Lower case letters, digits and single underscores. */
function sanitise(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, 64);
}

/** `meta/stats.json`: only its shape is looked at. */
export const statsFile = z.record(z.string(), z.record(z.string(), z.unknown()));
