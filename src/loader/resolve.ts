import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { TendonError } from "../core/errors.ts";
import { HOME_FILE } from "../dataset/home.ts";
import { readJsonFile, sizeOf } from "../layouts/lerobot/read/files.ts";
import { findDatasets } from "../layouts/lerobot/read/folders.ts";
import type { MixturePart } from "./types.ts";

const MIXTURE = "mixture.json";
/** In the home of a dataset, the view that is taken: both hold the same samples, in v3.0 there are fewer files. */
const VIEWS = ["lerobot", "gr00t"];

const mixtureFile = z.looseObject({
  datasets: z
    .array(
      z.looseObject({
        path: z.string().min(1),
        tag: z.string().optional(),
        tier: z.string().optional(),
        weight: z.number().min(0).optional(),
        rows: z.int().min(0).optional(),
      }),
    )
    .min(1),
});

/**
 * The datasets that a path stands for: a folder of LeRobot's or GR00T's, a view of a Tendon dataset, a dataset's
 * home, or a `mixture.json`. A list of paths or parts stands for each of its own.
 */
export async function resolveParts(path: string | readonly (string | MixturePart)[]): Promise<MixturePart[]> {
  if (typeof path === "string") return await partsIn(path);
  if (path.length === 0) throw new TendonError("bad-pipeline", "names no dataset", { place: { path: "path" } });
  const parts: MixturePart[] = [];
  for (const each of path) {
    const given = typeof each === "string" ? { path: each } : each;
    const found = await partsIn(given.path);
    // A weight of several datasets together is shared out by their own.
    const all = found.reduce((sum, { weight = 1 }) => sum + weight, 0);
    for (const part of found) {
      const weight = given.weight === undefined ? part.weight : (given.weight * (part.weight ?? 1)) / all;
      parts.push({ ...part, ...given, path: part.path, ...(weight !== undefined && { weight }) });
    }
  }
  return parts;
}

async function partsIn(given: string): Promise<MixturePart[]> {
  const path = resolve(given);
  if (basename(path).endsWith(".json")) return await readMixture(path);
  if (sizeOf(join(path, "meta", "info.json")) !== null) return [{ path }];
  if (sizeOf(join(path, MIXTURE)) !== null) return await readMixture(join(path, MIXTURE));
  for (const view of VIEWS) if (sizeOf(join(path, view, MIXTURE)) !== null) return await readMixture(join(path, view, MIXTURE));
  const folders = await findDatasets(path).catch(async (thrown) => {
    throw sizeOf(join(path, HOME_FILE)) === null ? thrown : noView(path);
  });
  if (folders.length === 1) return [{ path: folders[0]!.root }];
  const names = folders.slice(0, 5).map(({ key }) => key);
  throw new TendonError(
    "bad-pipeline",
    `holds ${folders.length} datasets (${names.join(", ")}) and no mixture.json: name one of them, or give a list`,
    { place: { file: path } },
  );
}

async function readMixture(file: string): Promise<MixturePart[]> {
  const read = await readJsonFile(file, mixtureFile);
  if (read === null) throw new TendonError("not-found", "is not there", { place: { file } });
  const rows = read.datasets.reduce((sum, each) => sum + (each.rows ?? Number.NaN), 0);
  return read.datasets
    .filter(({ weight }) => weight !== 0)
    .map(({ path, tag, tier, weight, rows: own }) => {
      // What stands there unless somebody changed it: then rows say it exactly.
      const byRows = weight !== undefined && own !== undefined && Math.abs(weight - own / rows) < 1e-9;
      return {
        path: resolve(dirname(file), path),
        ...(tag !== undefined && { tag }),
        ...(tier !== undefined && { tier }),
        ...(weight !== undefined && !byRows && { weight }),
      };
    });
}

function noView(file: string): TendonError {
  const message = "is the home of a dataset without a LeRobot or GR00T view: run its pipeline with a sink `lerobot` or `gr00t`";
  return new TendonError("not-found", message, { place: { file } });
}
