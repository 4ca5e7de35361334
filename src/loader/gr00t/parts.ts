import { TendonError } from "../../core/errors.ts";
import type { Feature } from "../../core/feature.ts";
import { didYouMean } from "../../core/suggest.ts";
import { jointGroups, type Modality, type VectorEntry, vectorKey } from "../../layouts/gr00t/modality.ts";
import type { LanePart } from "../partsLane.ts";
import type { Statistics } from "../statistics.ts";

/** A GR00T dataset, as far as its lanes need it. */
export interface Gr00tDataset {
  /** `meta/modality.json`. */
  readonly file: string;
  readonly modality: Modality;
  readonly features: { readonly [stream: string]: Feature };
  readonly statistics?: Statistics | undefined;
  /** `meta/relative_stats.json`. */
  readonly relative?: Statistics | undefined;
}

export type Side = "state" | "action";

/** A part of the state or the action: columns of a stream. */
export interface Part {
  readonly side: Side;
  readonly key: string;
  readonly stream: string;
  readonly start: number;
  readonly end: number;
  /** Of the whole stream. */
  readonly streamWidth: number;
  readonly entry: VectorEntry;
}

/** The parts of one side in the order given; every one must be named by `modality.json` and lie within its stream. */
export function partsOf(dataset: Gr00tDataset, side: Side, keys: readonly string[]): Part[] {
  const { file, modality, features } = dataset;
  const entries = modality[side];
  const missing = keys.find((key) => !entries[key]);
  if (missing !== undefined) {
    const names = Object.keys(entries);
    throw new TendonError(
      "bad-pipeline",
      `names no ${side} part "${missing}"${didYouMean(missing, names)}; there are ${names.join(", ")}`,
      { place: { file } },
    );
  }
  const widths = new Map(Object.entries(features).flatMap(([stream, feature]) => widthOf(stream, feature)));
  const wanted = Object.fromEntries(keys.map((key) => [key, entries[key]!]));
  jointGroups(file, { ...modality, state: {}, action: {}, [side]: wanted }, widths);
  return keys.map((key) => {
    const entry = entries[key]!;
    const stream = vectorKey(side, entry);
    return { side, key, stream, start: entry.start, end: entry.end, streamWidth: widths.get(stream)!, entry };
  });
}

function widthOf(stream: string, { dtype, shape }: Feature): [string, number][] {
  if (dtype === "text" || dtype === "bytes" || dtype === "video" || shape.length > 1) return [];
  const [count = 1] = shape;
  return count === "any" ? [] : [[stream, count]];
}

export function widthOfPart({ start, end }: Pick<Part, "start" | "end">): number {
  return end - start;
}

/** Statistics that a part cannot do without. */
export function needed(statistics: Statistics | undefined, { side, key }: Part, dataset: Gr00tDataset): Statistics {
  if (statistics) return statistics;
  throw new TendonError("bad-data", `${side}.${key} is normalised, but meta/stats.json is missing: compute it, or copy it too`, {
    place: { file: dataset.file },
  });
}

/** Puts zeros behind what is less wide than the model wants. */
export function padded(parts: readonly LanePart[], side: Side, most: number | undefined): readonly LanePart[] {
  const width = parts.at(-1)?.segment.to ?? 0;
  if (most === undefined || width === most) return parts;
  if (width > most)
    throw new TendonError(
      "bad-pipeline",
      `max_${side}_dim is ${most}, but the ${side} has ${width} numbers: raise it, or name fewer keys`,
    );
  const segment = {
    key: "",
    kind: "padding",
    from: width,
    to: most,
    precision: "float32",
    clip: false,
    constant: "zero",
  } as const;
  return [...parts, { columns: { stream: "", start: 0, end: 0 }, segment, beyond: "hold" }];
}
