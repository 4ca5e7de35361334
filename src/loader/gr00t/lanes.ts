import { join } from "node:path";
import { TendonError } from "../../core/errors.ts";
import type { Feature } from "../../core/feature.ts";
import { didYouMean } from "../../core/suggest.ts";
import { annotationKey, modality, videoKey } from "../../layouts/gr00t/modality.ts";
import { readJsonFile } from "../../layouts/lerobot/read/files.ts";
import type { Normalisation, Segment } from "../normalise.ts";
import type { MirrorMap, NumberLane } from "../numberLane.ts";
import { type LanePart, partsLane } from "../partsLane.ts";
import { readStatistics } from "../statistics.ts";
import type { Gr00tConfig } from "./config.ts";
import { partsN15, refuseUnknown } from "./n15.ts";
import { actionN17, stateN17 } from "./n17.ts";
import { type Gr00tDataset, padded, type Side } from "./parts.ts";

/** A stream that is not numbers, under the name that a batch gives it. */
interface NamedWindow {
  readonly name: string;
  readonly stream: string;
  readonly offsets: Int32Array;
}

/** What a configuration makes of a dataset. */
export interface Gr00tLanes {
  /** `video.<key>`, in the order in which GR00T stacks them. */
  readonly pictures: readonly NamedWindow[];
  /** `state` and `action`. */
  readonly numbers: readonly NumberLane[];
  readonly language: NamedWindow | undefined;
  /** 1 where a column is the robot's, 0 where it is padding; by name of the lane. */
  readonly dims: ReadonlyMap<string, Uint8Array>;
  /** How numbers came about, and how they become the robot's again. */
  readonly normalisation: Normalisation;
  /** Rows at each end of an episode at which that version of GR00T takes no sample. */
  readonly edges: { readonly before: number; readonly behind: number };
  /** Where these windows are not those of GR00T, a sentence each. */
  readonly notes: readonly string[];
}

/** Reads what a GR00T dataset says of itself. */
export async function openGr00t(root: string, features: { readonly [stream: string]: Feature }): Promise<Gr00tDataset> {
  const file = join(root, "meta/modality.json");
  const content = await readJsonFile(file, modality);
  if (content === null) {
    const message =
      "is missing, so nothing says which columns are which part: write the dataset by `tendon convert … --to gr00t`";
    throw new TendonError("not-found", message, { place: { file } });
  }
  const [statistics, relative] = await Promise.all([readStatistics(root), readStatistics(root, "relative_stats.json")]);
  return { file, modality: content, features, statistics, relative };
}

/** The lanes of a configuration. `mirrors` says how flipped samples' numbers are mirrored, by stream. */
export function gr00tLanes(
  config: Gr00tConfig,
  dataset: Gr00tDataset,
  mirrors: ReadonlyMap<string, MirrorMap> = new Map(),
): Gr00tLanes {
  if (config.for === "n1.5") refuseUnknown(config);
  const sides = (["state", "action"] as const).flatMap((side) => {
    const parts = config[side] && padded(partsOfSide(config, side, dataset), side, config[`max_${side}_dim`]);
    return parts ? [{ side, parts, lane: partsLane({ name: side, offsets: config[side]!.delta, parts, mirrors }) }] : [];
  });
  const notes: string[] = [...notesOf(config, sides)];
  const delta = config.for === "n1.7" ? config.action?.delta : undefined;
  return {
    pictures: picturesOf(config, dataset),
    numbers: sides.map(({ lane }) => lane),
    language: languageOf(config, dataset, notes),
    dims: new Map(sides.map(({ side, parts }) => [side, dimsOf(parts.map(({ segment }) => segment))])),
    normalisation: {
      tendon: "normalisation 1",
      tensors: Object.fromEntries(sides.map(({ side, parts }) => [side, parts.map(({ segment }) => segment)])),
    },
    edges: { before: 0, behind: delta ? Math.max(...delta) - Math.min(...delta) : 0 },
    notes,
  };
}

function partsOfSide(config: Gr00tConfig, side: Side, dataset: Gr00tDataset): LanePart[] {
  if (config.for === "n1.5") return partsN15(config, side, dataset);
  return side === "state" ? stateN17(config, dataset) : actionN17(config, dataset);
}

function dimsOf(segments: readonly Segment[]): Uint8Array {
  const dims = new Uint8Array(segments.at(-1)?.to ?? 0);
  for (const { kind, from, to } of segments) if (kind !== "padding") dims.fill(1, from, to);
  return dims;
}

function picturesOf(config: Gr00tConfig, { modality: content, file, features }: Gr00tDataset): NamedWindow[] {
  if (!config.video) return [];
  const { keys, delta } = config.video;
  const order = (config.for === "n1.5" ? config.concat?.video?.map((key) => key.replace("video.", "")) : undefined) ?? keys;
  return order.map((key) => {
    const entry = content.video[key];
    const names = Object.keys(content.video);
    if (!entry || !keys.includes(key)) {
      const message = `names no video "${key}"${didYouMean(key, names)}; there are ${names.join(", ")}`;
      throw new TendonError("bad-pipeline", message, { place: { file } });
    }
    const stream = videoKey(key, entry, Object.keys(features));
    if (features[stream]?.dtype !== "video")
      throw new TendonError("bad-data", `says that video.${key} is ${stream}, which is no camera of this dataset`, {
        place: { file },
      });
    return { name: `video.${key}`, stream, offsets: Int32Array.from(delta) };
  });
}

/** Texts are streams of the dataset; what reads `task_index` is its stream `task`. */
function languageOf(config: Gr00tConfig, dataset: Gr00tDataset, notes: string[]): NamedWindow | undefined {
  if (!config.language) return undefined;
  const [key, ...more] = config.language.keys as [string, ...string[]];
  const { modality: content, file, features } = dataset;
  if (more.length > 0) notes.push(`language: only the first key, ${key}, is loaded, as in GR00T; ${more.join(", ")} left out`);
  if (config.for === "n1.7" && key === "task")
    notes.push("language: N1.7 draws one of the episode's tasks for `task`; here it is the row's own");
  const entry = content.annotation[key] ?? (key === "task" ? { original_key: "task_index" } : undefined);
  const names = Object.keys(content.annotation);
  if (!entry) {
    const message = `names no annotation "${key}"${didYouMean(key, names)}; there are ${names.join(", ")}`;
    throw new TendonError("bad-pipeline", message, { place: { file } });
  }
  const column = annotationKey(key, entry);
  const stream = column === "task_index" ? "task" : column;
  if (!features[stream])
    throw new TendonError("bad-data", `says that annotation.${key} is ${column}, which this dataset does not have`, {
      place: { file },
    });
  return { name: `annotation.${key}`, stream, offsets: Int32Array.from(config.language.delta) };
}

function* notesOf(config: Gr00tConfig, sides: readonly { readonly side: Side; readonly parts: readonly LanePart[] }[]) {
  for (const { side, parts } of sides) {
    for (const { segment, beyond } of parts)
      if (beyond === "zero")
        yield `${side}.${segment.key} is not absolute: beyond an episode's ends it is 0, as in N1.5, and not the first or last row`;
  }
  if (config.for === "n1.5") return;
  for (const modality of ["video", "state", "action"] as const) {
    const least = Math.min(0, ...(config[modality]?.delta ?? []));
    if (least < 0) {
      yield `${modality} reaches ${-least} rows back: at an episode's start N1.6 and N1.7 read its last rows there ` +
        "(NVIDIA/Isaac-GR00T issue 771); here its first row stands in, masked";
    }
  }
  const configs = config.action?.action_configs ?? [];
  for (const [index, { rep }] of configs.entries()) {
    const key = config.action!.keys[index]!;
    if (rep === "DELTA") yield `action.${key} is DELTA: its numbers are those stored, as in N1.7, which computes no differences`;
    if (rep === "RELATIVE" && !config.use_relative_action) yield `action.${key} stays absolute: use_relative_action is off`;
  }
}
