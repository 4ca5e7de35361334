import type { Size } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import { type Feature, type NumberDtype, width } from "../core/feature.ts";
import { didYouMean } from "../core/suggest.ts";
import type { LoadedDataset } from "./dataset.ts";
import { nativeLane } from "./native.ts";
import type { Normalisation, Segment } from "./normalise.ts";
import type { MirrorMap, NumberLane } from "./numberLane.ts";
import { partsLane } from "./partsLane.ts";
import { plainLane } from "./plainLane.ts";
import { readStatistics, type Scaling, type Statistics, wholeStream } from "./statistics.ts";
import type { LoaderOptions } from "./types.ts";

/** What each sample of one dataset holds. */
export interface DatasetWindows {
  readonly pictures: readonly PictureWindow[];
  readonly numbers: readonly NumberLane[];
  /** Of a lane that is padded: 1 where a column is the robot's, 0 where it is padding; by name. */
  readonly dims: ReadonlyMap<string, Uint8Array>;
  /** The stream of texts that tells the task. */
  readonly task: string;
  readonly normalisation: Normalisation;
  /** Rows at each end of a span at which no sample stands, whatever the windows. */
  readonly edges?: { readonly before: number; readonly behind: number };
  /** What a user should know of these windows. */
  readonly notes: readonly string[];
}

/** Pictures of one camera, `[sample, step, height, width, 3]`. */
export interface PictureWindow {
  /** The batch's key. */
  readonly name: string;
  readonly stream: string;
  readonly offsets: Int32Array;
  readonly size: Size;
}

/** Where a window came from, and what becomes of its numbers. */
interface Given {
  readonly stream: string;
  readonly offsets: readonly number[];
  readonly path: string;
}

const OFFSET_MAX = 1e6;
/** As LeRobot has it. */
const TOLERANCE_SEC = 1e-4;
export const TASK = "task";

/** The windows of a dataset as options name them; streams that only other datasets of a mixture have are left out. */
export async function plainWindows(
  dataset: LoadedDataset,
  options: Pick<LoaderOptions, "windows" | "deltaTimestamps" | "nativeWindows" | "size" | "normalise">,
  { known, mirrors }: { readonly known: ReadonlySet<string>; readonly mirrors: ReadonlyMap<string, MirrorMap> },
): Promise<DatasetWindows> {
  const pictures: PictureWindow[] = [];
  const numbers: NumberLane[] = [];
  const tensors: { [name: string]: readonly Segment[] } = {};
  const statistics = options.normalise ? await readStatistics(dataset.root) : undefined;
  for (const { stream, offsets, path } of givenWindows(options, dataset.described.rateHz)) {
    const feature = dataset.features[stream];
    if (!feature && known.has(stream)) continue;
    if (!feature) throw unknownStream(stream, known, path);
    const window = checkedOffsets(offsets, path);
    const kind = options.normalise?.[stream];
    if (feature.dtype === "video")
      pictures.push({ name: stream, stream, offsets: window, size: sizeOf(stream, feature, options.size) });
    else if (kind) {
      const segment = scaled(dataset, statistics, { stream, feature, kind, path });
      const columns = { stream, start: 0, end: segment.to };
      numbers.push(partsLane({ name: stream, offsets: window, parts: [{ columns, segment, beyond: "hold" }], mirrors }));
      tensors[stream] = [segment];
    } else {
      const mirror = mirrors.get(stream);
      numbers.push(plainLane({ stream, ...numberFeature(feature, path), offsets: window, ...(mirror && { mirror }) }));
    }
  }
  for (const [stream, offsets] of Object.entries(options.nativeWindows ?? {}))
    numbers.push(await nativeLane(dataset, stream, checkedOffsets(offsets, `nativeWindows.${stream}`)));
  return { pictures, numbers, dims: new Map(), task: TASK, normalisation: { tendon: "normalisation 1", tensors }, notes: [] };
}

/** Refuses what names no stream at all, one twice, or two ways at once. */
export function checkWindows({
  windows = {},
  deltaTimestamps = {},
  nativeWindows = {},
  normalise = {},
  gr00t,
}: LoaderOptions): void {
  const wrong = (path: string, message: string) => new TendonError("bad-pipeline", message, { place: { path } });
  const names = [...Object.keys(windows), ...Object.keys(deltaTimestamps)];
  if (gr00t !== undefined) {
    if (names.length + Object.keys(nativeWindows).length > 0)
      throw wrong("gr00t", "says what is loaded: leave `windows` and `deltaTimestamps` out");
    if (Object.keys(normalise).length > 0) throw wrong("normalise", "stands in the GR00T configuration: leave it out here");
    return;
  }
  if (names.length === 0) throw wrong("windows", "names no stream");
  const twice = Object.keys(deltaTimestamps).find((name) => name in windows);
  if (twice !== undefined) throw wrong(`deltaTimestamps.${twice}`, "stands in `windows` too: give its window once");
  const idle = Object.keys(normalise).find((name) => !names.includes(name));
  if (idle !== undefined) throw wrong(`normalise.${idle}`, `has no window${didYouMean(idle, names)}`);
}

/** The size in which a camera's pictures come. */
export function sizeOf(stream: string, { shape }: Feature, size: Size | undefined): Size {
  const own = size ?? { height: Number(shape[0]), width: Number(shape[1]) };
  if (Number.isInteger(own.height) && Number.isInteger(own.width) && own.height > 0 && own.width > 0) return own;
  throw new TendonError("bad-data", "has no size in the metadata: give one with `size`", { place: { stream } });
}

function givenWindows(
  { windows = {}, deltaTimestamps = {} }: LoaderOptions | (object & Partial<LoaderOptions>),
  rateHz: number,
): Given[] {
  return [
    ...Object.entries(windows).map(([stream, offsets]) => ({ stream, offsets, path: `windows.${stream}` })),
    ...Object.entries(deltaTimestamps).map(([stream, seconds]) => {
      const path = `deltaTimestamps.${stream}`;
      return { stream, offsets: offsetsOf(seconds, rateHz, path), path };
    }),
  ];
}

function offsetsOf(seconds: readonly number[], rateHz: number, path: string): number[] {
  return seconds.map((second) => {
    const rows = Math.round(second * rateHz);
    if (Math.abs(rows / rateHz - second) <= TOLERANCE_SEC) return rows;
    const message = `${second} s is no multiple of a frame at ${rateHz} Hz (nearest: ${rows / rateHz} s, ${rows} rows)`;
    throw new TendonError("bad-pipeline", message, { place: { path } });
  });
}

function checkedOffsets(offsets: readonly number[], path: string): Int32Array {
  const wrong = (message: string) => new TendonError("bad-pipeline", message, { place: { path } });
  if (offsets.length === 0) throw wrong("holds no offset");
  const odd = offsets.find((each) => !Number.isInteger(each) || Math.abs(each) > OFFSET_MAX);
  if (odd !== undefined) throw wrong(`must hold whole numbers of rows (got ${odd})`);
  return Int32Array.from(offsets);
}

function unknownStream(stream: string, known: ReadonlySet<string>, path: string): TendonError {
  const message = `there is no stream "${stream}"${didYouMean(stream, known)}; there are ${[...known].join(", ")}`;
  return new TendonError("bad-pipeline", message, { place: { path } });
}

function scaled(
  { root }: LoadedDataset,
  statistics: Statistics | undefined,
  { stream, feature, kind, path }: { stream: string; feature: Feature; kind: Scaling; path: string },
): Segment {
  const { shape } = numberFeature(feature, path);
  if (!statistics) {
    const message = "has no meta/stats.json to normalise by: convert the dataset with `tendon convert`, which writes it";
    throw new TendonError("not-found", message, { place: { file: root, path: `normalise.${stream}` } });
  }
  if (shape.length > 1) {
    const message = `has the shape [${shape.join(", ")}]: only vectors are normalised`;
    throw new TendonError("bad-pipeline", message, { place: { path: `normalise.${stream}` } });
  }
  return wholeStream(statistics, stream, { width: width(feature), kind });
}

function numberFeature({ dtype, shape }: Feature, path: string): { dtype: NumberDtype; shape: readonly number[] } {
  if (dtype !== "text" && dtype !== "bytes" && !shape.includes("any"))
    return { dtype: dtype as NumberDtype, shape: shape as readonly number[] };
  const message = `is ${dtype} of shape [${shape.join(", ")}]: a batch holds numbers and pictures; instructions come as \`tasks\``;
  throw new TendonError("bad-pipeline", message, { place: { path } });
}
