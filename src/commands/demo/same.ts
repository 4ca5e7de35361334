import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import type { RunReport } from "../../core/report.ts";

/** Whether two runs gave the same. */
export interface Sameness {
  readonly snapshot: boolean;
  /** In the views of the one or the other. */
  readonly files: number;
  /** `lerobot/ROBOT/meta/info.json` and the like: in one only, or with other bytes. */
  readonly differing: readonly string[];
}

/** Compares two runs by snapshot and by every byte of their views, as `diff -r` would. */
export async function compareRuns(one: RunReport, other: RunReport): Promise<Sameness> {
  const [first, second] = await Promise.all([digestsOf(one), digestsOf(other)]);
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  return {
    snapshot: one.snapshot === other.snapshot,
    files: names.length,
    differing: names.filter((name) => first.get(name) !== second.get(name)),
  };
}

async function digestsOf({ views }: RunReport): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const { sink, embodiment, path } of views) {
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const file = join(entry.parentPath, entry.name);
      const hash = createHash("sha256");
      await pipeline(createReadStream(file), hash);
      digests.set(join(sink, embodiment, relative(path, file)), hash.digest("hex"));
    }
  }
  return digests;
}
