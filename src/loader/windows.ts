import type { Size } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import type { Feature, NumberDtype } from "../core/feature.ts";
import { didYouMean } from "../core/suggest.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { NumberLane } from "./numberLane.ts";
import { plainLane } from "./plainLane.ts";
import type { LoaderOptions } from "./types.ts";

/** What each sample of one dataset holds. */
export interface DatasetWindows {
  readonly pictures: readonly PictureWindow[];
  readonly numbers: readonly NumberLane[];
}

/** Pictures of one camera, `[sample, step, height, width, 3]`. */
export interface PictureWindow {
  /** The batch's key. */
  readonly name: string;
  readonly stream: string;
  readonly offsets: Int32Array;
  readonly size: Size;
}

const OFFSET_MAX = 1e6;
/** As LeRobot has it. */
const TOLERANCE_SEC = 1e-4;

/** The windows of a dataset as options name them; streams that only other datasets of a mixture have are left out. */
export function windowsOf(
  dataset: LoadedDataset,
  { windows = {}, deltaTimestamps = {}, size }: Pick<LoaderOptions, "windows" | "deltaTimestamps" | "size">,
  known: ReadonlySet<string>,
): DatasetWindows {
  const pictures: PictureWindow[] = [];
  const numbers: NumberLane[] = [];
  const given = [
    ...Object.entries(windows).map(([stream, offsets]) => ({ stream, offsets, path: `windows.${stream}` })),
    ...Object.entries(deltaTimestamps).map(([stream, seconds]) => ({
      stream,
      offsets: offsetsOf(seconds, dataset.described.rateHz, `deltaTimestamps.${stream}`),
      path: `deltaTimestamps.${stream}`,
    })),
  ];
  for (const { stream, offsets, path } of given) {
    const feature = dataset.features[stream];
    if (!feature && known.has(stream)) continue;
    if (!feature) throw unknownStream(stream, known, path);
    const window = checkedOffsets(offsets, path);
    if (feature.dtype === "video") pictures.push({ name: stream, stream, offsets: window, size: sizeOf(stream, feature, size) });
    else numbers.push(plainLane(stream, { ...numberFeature(feature, path), offsets: window }));
  }
  return { pictures, numbers };
}

/** Refuses what names no stream at all, or one twice. */
export function checkWindows({ windows = {}, deltaTimestamps = {} }: LoaderOptions): void {
  const names = [...Object.keys(windows), ...Object.keys(deltaTimestamps)];
  if (names.length === 0) throw new TendonError("bad-pipeline", "names no stream", { place: { path: "windows" } });
  const twice = Object.keys(deltaTimestamps).find((name) => name in windows);
  if (twice === undefined) return;
  throw new TendonError("bad-pipeline", "stands in `windows` too: give its window once", {
    place: { path: `deltaTimestamps.${twice}` },
  });
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

function sizeOf(stream: string, { shape }: Feature, size: Size | undefined): Size {
  const own = size ?? { height: Number(shape[0]), width: Number(shape[1]) };
  if (Number.isInteger(own.height) && Number.isInteger(own.width) && own.height > 0 && own.width > 0) return own;
  throw new TendonError("bad-data", "has no size in the metadata: give one with `size`", { place: { stream } });
}

function numberFeature({ dtype, shape }: Feature, path: string): { dtype: NumberDtype; shape: readonly number[] } {
  if (dtype !== "text" && dtype !== "bytes" && !shape.includes("any"))
    return { dtype: dtype as NumberDtype, shape: shape as readonly number[] };
  const message = `is ${dtype} of shape [${shape.join(", ")}]: a batch holds numbers and pictures; instructions come as \`tasks\``;
  throw new TendonError("bad-pipeline", message, { place: { path } });
}
