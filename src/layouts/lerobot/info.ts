import { z } from "zod";
import { TendonError } from "../../core/errors.ts";

/** `meta/info.json` of one feature. Writers put facts about video under `info` or, earlier, `video_info`. */
export const infoFeature = z.looseObject({
  /** A NumPy name, or `video`, `image`, `string`, `language`. */
  dtype: z.string(),
  shape: z.array(z.number().int()).nullish(),
  /** A list, a list in a list, an object of lists, or null: see `featureNames`. */
  names: z.unknown().optional(),
  info: z.record(z.string(), z.unknown()).nullish(),
  video_info: z.record(z.string(), z.unknown()).nullish(),
});
export type InfoFeature = z.output<typeof infoFeature>;

/** `meta/info.json` of LeRobot v2.0, v2.1, v3.0 and GR00T's flavour. Only what nothing can be read without is required. */
export const info = z.looseObject({
  codebase_version: z.string().nullish(),
  robot_type: z.string().nullish(),
  fps: z.number().positive().max(100_000),
  features: z.record(z.string(), infoFeature),
  total_episodes: z.number().nullish(),
  total_frames: z.number().nullish(),
  total_tasks: z.number().nullish(),
  /** v2.x only. */
  total_videos: z.number().nullish(),
  /** v2.x only. */
  total_chunks: z.number().nullish(),
  chunks_size: z.number().int().positive().nullish(),
  /** v3.0 only. */
  data_files_size_in_mb: z.number().nullish(),
  /** v3.0 only. */
  video_files_size_in_mb: z.number().nullish(),
  /** Name to a half-open range of episodes, as `0:20`. */
  splits: z.record(z.string(), z.string()).nullish(),
  data_path: z.string().nullish(),
  video_path: z.string().nullish(),
  /** Tendon's own: side-cars of actions at their own rate. */
  native_action_path: z.string().optional(),
});
export type Info = z.output<typeof info>;

/** Where files lie when `info.json` does not say, and what our own sinks write. */
export const PATHS = {
  v2: {
    data: "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
    video: "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
  },
  v3: {
    data: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
    video: "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
    episodes: "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
  },
} as const;

/** Columns that only say where a row stands: never streams. */
export const PLACE_COLUMNS: readonly string[] = ["frame_index", "episode_index", "index", "task_index"];

/** Fills a Python format string such as `data/chunk-{episode_chunk:03d}/…`. Throws where it would leave its folder. */
export function fillPath(template: string, values: Readonly<Record<string, string | number>>, file?: string): string {
  const place = file === undefined ? {} : { file };
  const path = template.replaceAll(/\{(\w+)(?::0?(\d*)d)?\}/g, (_all, name: string, digits?: string) => {
    const value = values[name];
    if (value === undefined)
      throw new TendonError("bad-data", `the path ${template} asks for {${name}}; known are ${Object.keys(values).join(", ")}`, {
        place,
      });
    return String(value).padStart(Math.min(Number(digits || 0), 20), "0");
  });
  const climbs = path.includes("..") && path.split(/[/\\]/).includes("..");
  const escapes = climbs || path.startsWith("/") || path.includes("\0") || /^[a-z]:/i.test(path);
  if (escapes) throw new TendonError("bad-data", `the path ${template} leads out of the dataset's folder (${path})`, { place });
  return path;
}

/** The names of a vector's numbers, from any of the forms in use; undefined where there are none. */
export function featureNames(names: unknown): string[] | undefined {
  if (typeof names === "object" && names !== null && !Array.isArray(names)) {
    const lists = Object.values(names).map(featureNames);
    return lists.every((list) => list !== undefined) ? nonEmpty(lists.flat()) : undefined;
  }
  if (!Array.isArray(names)) return undefined;
  const flat = names.flat(3) as unknown[];
  return flat.every((name) => typeof name === "string") ? nonEmpty(flat as string[]) : undefined;
}

function nonEmpty(names: string[]): string[] | undefined {
  return names.length === 0 ? undefined : names;
}
