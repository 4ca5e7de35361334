import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../src/index.ts";

/** The G1 set (v3.0) coded in one way. */
export interface CodedSet {
  readonly name: string;
  readonly codec: "av1" | "h264";
  readonly group: number;
}

export const SETS: readonly CodedSet[] = [
  { name: "av1-2", codec: "av1", group: 2 },
  { name: "av1-30", codec: "av1", group: 30 },
  { name: "h264-2", codec: "h264", group: 2 },
  { name: "h264-30", codec: "h264", group: 30 },
];

/** Makes a set in `folder`, or finds it there; gives the dataset's folder. AV1 with a key frame every 2 is how it was recorded. */
export async function makeSet({ name, codec, group }: CodedSet, { g1, folder }: { g1: string; folder: string }): Promise<string> {
  const dataset = join(folder, name);
  const view = join(dataset, "lerobot");
  if (!existsSync(view)) {
    console.log(`making ${name}`);
    mkdirSync(folder, { recursive: true });
    const encoding = codec === "av1" && group === 2 ? { video: "copy" } : { video: "encode", encoding: { codec, group } };
    const report = await run({
      dataset,
      sources: { g1: { lerobot: { path: g1 } } },
      stages: [{ check: { frozen: false } as never }],
      sinks: [{ lerobot: { version: "3.0", ...encoding } as never }],
    });
    if (report.episodes.kept !== 20)
      throw new Error(`kept ${report.episodes.kept} episodes of 20: ${report.failures[0]?.message}`);
  }
  return join(view, readdirSync(view).find((name) => existsSync(join(view, name, "meta")))!);
}

export function videosOf(set: string): string[] {
  return readdirSync(join(set, "videos"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mp4"))
    .sort()
    .map((name) => join(set, "videos", name));
}
