import { frameBytes, type NumberArray, numbers, type Size } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import type { NumberDtype } from "../core/feature.ts";
import { type Augment, cropOf } from "./augment/plan.ts";
import type { NumberLane } from "./numberLane.ts";
import type { DatasetWindows, PictureWindow } from "./windows.ts";

const ALIGN = 64;

/** One array of a batch: where it begins in the batch's memory, in bytes, and what stands there, row-major. */
export interface Field {
  readonly name: string;
  readonly dtype: NumberDtype;
  /** The first is the samples. */
  readonly shape: readonly number[];
  readonly start: number;
}

/** A camera's pictures in a batch. `sources` has one for each dataset, absent where it has no such camera. */
export interface PictureLane {
  readonly field: Field;
  readonly steps: number;
  /** Bytes of one picture. */
  readonly bytes: number;
  readonly size: Size;
  readonly sources: readonly (PictureWindow | undefined)[];
  readonly isPad: Field;
}

/** Numbers in a batch; where robots have fewer than `across`, zeros fill up, and `dimIsPad` says so. */
export interface NumbersLane {
  readonly field: Field;
  readonly steps: number;
  /** Numbers of one step. */
  readonly across: number;
  readonly sources: readonly (NumberLane | undefined)[];
  readonly isPad: Field;
  readonly dimIsPad?: Field;
  /** `[dataset]`: 1 where a column is the robot's, if some are not though the robot has this tensor. */
  readonly dims: readonly (Uint8Array | undefined)[];
}

/** What says which sample is which. */
export interface InfoFields {
  readonly dataset: Field;
  readonly episode: Field;
  readonly row: Field;
  readonly task: Field;
  readonly valid: Field;
}

/** Where everything of a batch lies: numbers first, `numbersBytes` of them, pictures behind. */
export interface BatchLayout {
  readonly samples: number;
  readonly bytes: number;
  readonly numbersBytes: number;
  readonly pictures: readonly PictureLane[];
  /** How much larger pictures are decoded, for a part of them to be kept. */
  readonly crop: Size;
  readonly numbers: readonly NumbersLane[];
  readonly info: InfoFields;
  /** All of them, in the order of memory. */
  readonly fields: readonly Field[];
}

/** Lays the arrays of a batch of `samples` one behind another, each from a multiple of 64 bytes on. */
export function layoutOf(samples: number, datasets: readonly DatasetWindows[], augment?: Augment): BatchLayout {
  const fields: Field[] = [];
  let end = 0;
  const place = (name: string, dtype: NumberDtype, shape: readonly number[]): Field => {
    const field = { name, dtype, shape: [samples, ...shape], start: end };
    end = Math.ceil((end + bytesOf(field)) / ALIGN) * ALIGN;
    fields.push(field);
    return field;
  };
  const info = {
    dataset: place("dataset_index", "int64", []),
    episode: place("episode_index", "int64", []),
    row: place("frame_index", "int64", []),
    task: place("task_index", "int32", []),
    valid: place("is_valid", "bool", []),
  };
  const pads = (name: string, steps: number) => place(`${name}_is_pad`, "bool", [steps]);
  const numbersLanes = namesOf(datasets, "numbers").map((name): NumbersLane => {
    const sources = datasets.map((dataset) => dataset.numbers.find((lane) => lane.name === name));
    const dims = datasets.map((dataset) => dataset.dims.get(name));
    const { dtype, steps, shape, ragged } = numbersShape(name, sources);
    const padded = ragged || dims.some((own) => own?.includes(0));
    const field = place(name, dtype, [steps, ...shape]);
    const across = shape.reduce((product, each) => product * each, 1);
    const dimIsPad = padded ? { dimIsPad: place(`${name}_dim_is_pad`, "bool", shape) } : {};
    return { field, steps, across, sources, dims, isPad: pads(name, steps), ...dimIsPad };
  });
  const names = namesOf(datasets, "pictures");
  const picturePads = new Map(names.map((name) => [name, pads(name, picturesShape(name, datasets).steps)]));
  const numbersBytes = end;
  const pictures = names.map((name): PictureLane => {
    const { steps, size, sources } = picturesShape(name, datasets);
    const field = place(name, "uint8", [steps, size.height, size.width, 3]);
    const isPad = picturePads.get(name)!;
    return { field, steps, bytes: frameBytes("rgb24", size), size, sources, isPad };
  });
  const crop = commonCrop(pictures, augment);
  return { samples, bytes: end, numbersBytes, pictures, crop, numbers: numbersLanes, info, fields };
}

/** A field's array in a batch's memory, which begins at `from`. */
export function arrayOf({ dtype, shape, start }: Field, memory: ArrayBufferLike, from = 0): NumberArray {
  const Column = numbers(dtype, 0).constructor as new (memory: ArrayBufferLike, start: number, count: number) => NumberArray;
  return new Column(
    memory,
    from + start,
    shape.reduce((product, each) => product * each, 1),
  );
}

function bytesOf({ dtype, shape }: Field): number {
  return shape.reduce((product, each) => product * each, numbers(dtype, 0).BYTES_PER_ELEMENT);
}

/** Names of all datasets' tensors, in the order in which they first stand. */
function namesOf(datasets: readonly DatasetWindows[], kind: "pictures" | "numbers"): string[] {
  return [...new Set(datasets.flatMap((dataset) => dataset[kind].map(({ name }) => name)))];
}

function numbersShape(name: string, sources: readonly (NumberLane | undefined)[]) {
  const there = sources.filter((source) => source !== undefined);
  const { dtype, offsets, shape } = there[0]!;
  const steps = offsets.length;
  for (const other of there) {
    if (other.dtype !== dtype) throw differ(name, `numbers of ${dtype} and of ${other.dtype}`);
    if (other.offsets.length !== steps) throw differ(name, `windows of ${steps} and of ${other.offsets.length} steps`);
    const same = other.shape.length === shape.length && other.shape.every((each, at) => each === shape[at]);
    if (!same && (shape.length !== 1 || other.shape.length !== 1))
      throw differ(name, `the shapes [${shape.join(", ")}] and [${other.shape.join(", ")}]`);
  }
  const ragged = there.length < sources.length || there.some((other) => other.shape[0] !== shape[0]);
  const widest = shape.length === 1 ? [Math.max(...there.map((other) => other.shape[0]!))] : shape;
  return { dtype, steps, shape: widest, ragged: ragged && shape.length === 1 };
}

function picturesShape(name: string, datasets: readonly DatasetWindows[]) {
  const sources = datasets.map((dataset) => dataset.pictures.find((window) => window.name === name));
  const there = sources.filter((source) => source !== undefined);
  const { size, offsets } = there[0]!;
  for (const other of there) {
    if (other.offsets.length !== offsets.length)
      throw differ(name, `windows of ${offsets.length} and of ${other.offsets.length} steps`);
    if (other.size.height !== size.height || other.size.width !== size.width)
      throw differ(name, `${size.width}x${size.height} and ${other.size.width}x${other.size.height}: give a common \`size\``);
  }
  return { sources, size, steps: offsets.length };
}

/** One draw serves all cameras. */
function commonCrop(pictures: readonly PictureLane[], augment: Augment | undefined): Size {
  const [first, ...others] = pictures.map(({ size }) => (augment ? cropOf(augment, size) : { height: 0, width: 0 }));
  if (others.every(({ height, width }) => height === first!.height && width === first!.width))
    return first ?? { height: 0, width: 0 };
  throw new TendonError("bad-pipeline", "cuts pictures of different sizes: give a common `size`", {
    place: { path: "augment.crop" },
  });
}

function differ(name: string, what: string): TendonError {
  return new TendonError("bad-pipeline", `the datasets of the mixture have ${what} for it`, {
    place: { path: `windows.${name}` },
  });
}
