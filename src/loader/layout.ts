import { frameBytes, numbers, type Size } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import { type Feature, type NumberDtype, width } from "../core/feature.ts";
import type { Tensor } from "./types.ts";

const ALIGN = 64;

/** One stream of every batch: its window, and where its tensor lies in a batch's memory. */
export interface Lane {
  readonly stream: string;
  readonly dtype: NumberDtype;
  /** Of one sample's row: `[height, width, 3]` for pictures. */
  readonly shape: readonly number[];
  readonly offsets: Int32Array;
  readonly picture: boolean;
  /** Bytes of one row. */
  readonly bytes: number;
  /** Bytes from the start of the batch's memory. */
  readonly start: number;
}

/** Where everything of a batch of `samples` lies in one piece of memory. */
export interface BatchLayout {
  readonly samples: number;
  readonly bytes: number;
  readonly lanes: readonly Lane[];
}

/** Lays the streams of a batch one behind another, each from a multiple of 64 bytes on. */
export function layoutOf(
  samples: number,
  streams: readonly { readonly stream: string; readonly feature: Feature; readonly offsets: readonly number[] }[],
  size: Size | undefined,
): BatchLayout {
  let end = 0;
  const lanes = streams.map(({ stream, feature, offsets }): Lane => {
    const picture = feature.dtype === "video";
    const shape = picture ? pictureShape(stream, feature, size) : numberShape(stream, feature);
    const dtype = picture ? "uint8" : (feature.dtype as NumberDtype);
    const bytes = picture
      ? frameBytes("rgb24", { height: shape[0]!, width: shape[1]! })
      : width(feature) * numbers(dtype, 0).BYTES_PER_ELEMENT;
    const start = end;
    end = Math.ceil((start + bytes * offsets.length * samples) / ALIGN) * ALIGN;
    return { stream, dtype, shape, offsets: Int32Array.from(offsets), picture, bytes, start };
  });
  return { samples, bytes: end, lanes };
}

/** A lane's tensor in a batch's memory. */
export function tensorOf(lane: Lane, memory: SharedArrayBuffer, samples: number): Tensor {
  const sample = numbers(lane.dtype, 0);
  const Column = sample.constructor as new (memory: SharedArrayBuffer, start: number, count: number) => Tensor["data"];
  const count = (lane.bytes / sample.BYTES_PER_ELEMENT) * lane.offsets.length * samples;
  return {
    dtype: lane.dtype,
    shape: [samples, lane.offsets.length, ...lane.shape],
    data: new Column(memory, lane.start, count),
  };
}

function pictureShape(stream: string, { shape }: Feature, size: Size | undefined): readonly number[] {
  const [height, across] = shape;
  const own = size ?? { height: Number(height), width: Number(across) };
  if (!Number.isInteger(own.height) || !Number.isInteger(own.width) || own.height < 1 || own.width < 1) {
    throw new TendonError("bad-data", "has no size in the metadata: give one with `size`", { place: { stream } });
  }
  return [own.height, own.width, 3];
}

function numberShape(stream: string, { dtype, shape }: Feature): readonly number[] {
  if (dtype === "text" || dtype === "bytes" || shape.includes("any")) {
    const message = `is ${dtype} of shape [${shape.join(", ")}]: a batch holds numbers and pictures; instructions come as \`tasks\``;
    throw new TendonError("bad-pipeline", message, { place: { path: `windows.${stream}` } });
  }
  return shape as readonly number[];
}
