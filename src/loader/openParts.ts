import { type Anchors, anchorsOf } from "./anchors.ts";
import { type Augment, type Mirrors, mirrorsOf, NO_MIRRORS } from "./augment/plan.ts";
import { type LoadedDataset, openLoaded } from "./dataset.ts";
import { type Gr00tConfig, readConfig } from "./gr00t/config.ts";
import { gr00tWindows } from "./gr00t/windows.ts";
import { resolveParts } from "./resolve.ts";
import { partsOf } from "./shares.ts";
import { type Spans, spansOf } from "./spans.ts";
import type { LoaderOptions } from "./types.ts";
import { checkWindows, type DatasetWindows, plainWindows } from "./windows.ts";

/** A dataset, what its samples hold and where they may stand, before they have an order. */
export interface OpenPart {
  readonly path: string;
  /** The robot. */
  readonly tag: string;
  readonly loaded: LoadedDataset;
  readonly windows: DatasetWindows;
  readonly mirrors: Mirrors;
  readonly spans: Spans;
  readonly anchors: Anchors;
  /** How much of the mixture is this dataset's, 0 to 1; in whole parts of all parts' sum. */
  readonly share: number;
  readonly parts: number;
}

/** Opens every dataset that the options name. */
export async function openParts(options: LoaderOptions, augment: Augment | undefined): Promise<OpenPart[]> {
  checkWindows(options);
  const named = await resolveParts(options.path);
  const config = options.gr00t === undefined ? undefined : await readConfig(options.gr00t);
  const loaded: LoadedDataset[] = [];
  for (const { path } of named) loaded.push(await openLoaded(path));
  const known = new Set(loaded.flatMap(({ features }) => Object.keys(features)));
  const opened: Omit<OpenPart, "path" | "tag" | "share" | "parts">[] = [];
  for (const dataset of loaded) {
    const { windows, mirrors } = await withWindows(dataset, { options, augment, config, known });
    const spans = spansOf(dataset, options.segments ?? "episode");
    opened.push({ loaded: dataset, windows, mirrors, spans, anchors: anchorsOf(spans.length, reachOf(windows, options.edges)) });
  }
  const weighed = named.map((part, index) => ({ ...part, rows: opened[index]!.anchors.count }));
  const parts = named.length === 1 ? [1] : partsOf(weighed, options);
  const period = parts.reduce((sum, each) => sum + each, 0);
  return opened.map((each, index) => ({
    ...each,
    path: named[index]!.path,
    tag: named[index]!.tag ?? each.loaded.described.schema.embodiment,
    share: parts[index]! / period,
    parts: parts[index]!,
  }));
}

/** How far windows reach, and whether they must lie within a span. By a GR00T configuration rows may be left out unless told. */
export function reachOf({ pictures, numbers, edges: own }: DatasetWindows, edges: "hold" | "drop" | undefined) {
  if (edges === undefined && own) return { least: -own.before, most: own.behind, inside: true };
  const inRows = numbers.filter(({ natives }) => natives === undefined);
  const all = [...pictures, ...inRows].flatMap(({ offsets }) => [...offsets]);
  return { least: Math.min(0, ...all), most: Math.max(0, ...all), inside: edges === "drop" };
}

interface Wishes {
  readonly options: LoaderOptions;
  readonly augment: Augment | undefined;
  readonly config: Gr00tConfig | undefined;
  readonly known: ReadonlySet<string>;
}

/** What a dataset's samples hold, and their mirror image. */
async function withWindows(
  dataset: LoadedDataset,
  { options, augment, config, known }: Wishes,
): Promise<Pick<OpenPart, "windows" | "mirrors">> {
  const make = async ({ streams: mirrors }: Mirrors): Promise<DatasetWindows> =>
    config
      ? await gr00tWindows(dataset, config, { size: options.size, mirrors })
      : await plainWindows(dataset, options, { known, mirrors });
  const windows = await make(NO_MIRRORS);
  if (!augment?.flip) return { windows, mirrors: NO_MIRRORS };
  // Which streams are read is known once the windows are.
  const streams = [...new Set(windows.numbers.flatMap((lane) => lane.streams))];
  const mirrors = mirrorsOf(augment, { features: dataset.features, streams });
  return { windows: await make(mirrors), mirrors };
}
