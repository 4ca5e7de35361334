import type { NumberArray } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import { absolutePose, type PoseFormat, relativePose } from "./pose.ts";

/**
 * How the numbers of a batch came out of those of the robot, as plain data: JSON goes from here to where a policy
 * runs, and `tendon.normalise` in Python takes it as it is.
 */
export interface Normalisation {
  readonly tendon: "normalisation 1";
  /** By tensor: its parts, which cover it from the first column to the last. */
  readonly tensors: { readonly [name: string]: readonly Segment[] };
}

/** Columns `from` to `to` (half-open) of a normalised tensor: one part of the robot, or padding. */
export interface Segment {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /**
   * `min_max`, `q01_q99`: from [low, high] to [-1, 1]. `mean_std`: less the mean, by the deviation. `sin_cos`: the
   * sines of all numbers, then their cosines: twice as many columns. `binary`: 1 above 0.5, else 0. `padding`: zeros
   * that no number stands behind.
   */
  readonly kind: "none" | "min_max" | "q01_q99" | "mean_std" | "sin_cos" | "binary" | "padding";
  /**
   * `float32`: values are rounded to float32 as they are read and, unless they are relative, after the division and
   * the doubling too, which is what NumPy does with float32 values and float64 statistics.
   */
  readonly precision: "float32" | "float64";
  /** Whether results are held within [-1, 1]. What was beyond cannot be had back. */
  readonly clip: boolean;
  /** Low and high, or mean and deviation, `[step][column]`; one row stands for all steps. */
  readonly low?: readonly (readonly number[])[];
  readonly high?: readonly (readonly number[])[];
  readonly mean?: readonly (readonly number[])[];
  readonly std?: readonly (readonly number[])[];
  /** 1 where the number never changes, which cannot be scaled; absent where all change. */
  readonly still?: readonly (readonly number[])[];
  /** What a number that never changes becomes. */
  readonly constant: "zero" | "keep";
  /** The actions are told from a state: columns `from` to `to` of the tensor `state` before it is normalised. */
  readonly relativeTo?: {
    readonly key: string;
    readonly from: number;
    readonly to: number;
    readonly format: "joints" | PoseFormat;
  };
}

/** What a relative tensor is told from: the state's numbers by part, or all of them one behind another. */
export type Reference = ArrayLike<number> | { readonly [key: string]: ArrayLike<number> };

/** Normalises one sample: `values` is `[step, ...]` as the robot has it, parts one behind another. */
export function apply(
  normalisation: Normalisation,
  name: string,
  values: ArrayLike<number>,
  state?: Reference,
): Float64Array<ArrayBuffer> {
  const { segments, width, rawWidth } = tensorOf(normalisation, name);
  const steps = stepsOf(values.length, rawWidth, name);
  const result = new Float64Array(steps * width);
  let column = 0;
  for (const segment of segments) {
    const count = rawWidthOf(segment);
    const normaliser = normaliserOf(segment);
    const reference = referenceOf(segment, name, state);
    for (let step = 0; step < steps; step++) {
      const row = Float64Array.from({ length: count }, (_, index) => values[step * rawWidth + column + index]!);
      normaliser.apply(row, { step, reference }, result, step * width + segment.from);
    }
    column += count;
  }
  return result;
}

/** The robot's numbers of one sample: `values` is `[step, ...]` as a batch has it. */
export function invert(
  normalisation: Normalisation,
  name: string,
  values: ArrayLike<number>,
  state?: Reference,
): Float64Array<ArrayBuffer> {
  const { segments, width, rawWidth } = tensorOf(normalisation, name);
  const steps = stepsOf(values.length, width, name);
  const result = new Float64Array(steps * rawWidth);
  let column = 0;
  for (const segment of segments) {
    const normaliser = normaliserOf(segment);
    const reference = referenceOf(segment, name, state);
    for (let step = 0; step < steps; step++) {
      const from = step * width + segment.from;
      const row = Float64Array.from({ length: segment.to - segment.from }, (_, index) => values[from + index]!);
      result.set(normaliser.invert(row, { step, reference }), step * rawWidth + column);
    }
    column += rawWidthOf(segment);
  }
  return result;
}

/** How many of the robot's numbers a segment is made of. */
export function rawWidthOf({ kind, from, to }: Segment): number {
  if (kind === "padding") return 0;
  return kind === "sin_cos" ? (to - from) / 2 : to - from;
}

interface Place {
  readonly step: number;
  readonly reference: Float64Array | undefined;
}

/** A segment, ready to be computed row by row. */
export interface Normaliser {
  /** Writes a row's normalised numbers; `row` is used up. */
  apply(row: Float64Array, place: Place, target: NumberArray, at: number): void;
  invert(row: Float64Array, place: Place): Float64Array;
}

/** Makes ready what does not change from row to row. */
export function normaliserOf(segment: Segment): Normaliser {
  const { precision, relativeTo } = segment;
  const round = precision === "float32" ? Math.fround : (value: number) => value;
  const scaler = scalerOf(segment, relativeTo ? (value) => value : round);
  return {
    apply(row, { step, reference }, target, at) {
      if (precision === "float32") for (let index = 0; index < row.length; index++) row[index] = Math.fround(row[index]!);
      if (relativeTo) makeRelative(row, reference!, relativeTo.format, round);
      scaler.apply(row, step, target as Float64Array, at);
    },
    invert(row, { step, reference }) {
      const values = scaler.invert(row, step);
      if (relativeTo?.format === "joints")
        for (let index = 0; index < values.length; index++) values[index]! += reference![index]!;
      else if (relativeTo) absolutePose(values, reference!, relativeTo.format as PoseFormat);
      return values;
    },
  };
}

function makeRelative(
  row: Float64Array,
  reference: Float64Array,
  format: "joints" | PoseFormat,
  round: (value: number) => number,
) {
  if (format === "joints") for (let index = 0; index < row.length; index++) row[index]! -= round(reference[index]!);
  else relativePose(row, reference.map(round), format);
}

interface Scaler {
  apply(row: Float64Array, step: number, target: Float64Array, at: number): void;
  invert(row: Float64Array, step: number): Float64Array;
}

function scalerOf(segment: Segment, round: (value: number) => number): Scaler {
  const { kind } = segment;
  if (kind === "min_max" || kind === "q01_q99") return rangeScaler(segment, round);
  if (kind === "mean_std") return meanScaler(segment, round);
  if (kind === "sin_cos") return SIN_COS(round);
  if (kind === "binary") return plainScaler((value) => (value > 0.5 ? 1 : 0));
  if (kind === "padding")
    return {
      apply: (_row, _step, target, at) => target.fill(0, at, at + segment.to - segment.from),
      invert: () => new Float64Array(0),
    };
  return plainScaler((value) => value);
}

function plainScaler(each: (value: number) => number): Scaler {
  return {
    apply(row, _step, target, at) {
      for (let index = 0; index < row.length; index++) target[at + index] = each(row[index]!);
    },
    invert: (row) => row.map(each),
  };
}

const SIN_COS = (round: (value: number) => number): Scaler => ({
  apply(row, _step, target, at) {
    for (let index = 0; index < row.length; index++) {
      target[at + index] = round(Math.sin(row[index]!));
      target[at + row.length + index] = round(Math.cos(row[index]!));
    }
  },
  invert(row) {
    const count = row.length / 2;
    return Float64Array.from({ length: count }, (_, index) => Math.atan2(row[index]!, row[count + index]!));
  },
});

function rangeScaler(segment: Segment, round: (value: number) => number): Scaler {
  const { clip, constant } = segment;
  const [low, high] = [rowsOf(segment, "low"), rowsOf(segment, "high")];
  const still = stillOf(segment);
  const bound = clip ? within : (value: number) => value;
  return {
    apply(row, step, target, at) {
      const [lows, highs, stills] = [low(step), high(step), still(step)];
      for (let index = 0; index < row.length; index++) {
        const value = row[index]!;
        if (stills[index]) target[at + index] = constant === "zero" ? 0 : bound(value);
        else {
          const part = round((value - lows[index]!) / (highs[index]! - lows[index]!));
          target[at + index] = bound(round(round(2 * part) - 1));
        }
      }
    },
    invert(row, step) {
      const [lows, highs] = [low(step), high(step)];
      return row.map((value, index) => ((bound(value) + 1) / 2) * (highs[index]! - lows[index]!) + lows[index]!);
    },
  };
}

function meanScaler(segment: Segment, round: (value: number) => number): Scaler {
  const { clip, constant } = segment;
  const [mean, std] = [rowsOf(segment, "mean"), rowsOf(segment, "std")];
  const still = stillOf(segment);
  const bound = clip ? within : (value: number) => value;
  return {
    apply(row, step, target, at) {
      const [means, deviations, stills] = [mean(step), std(step), still(step)];
      for (let index = 0; index < row.length; index++) {
        const value = row[index]!;
        if (stills[index]) target[at + index] = constant === "zero" ? 0 : bound(value);
        else target[at + index] = bound(round((value - means[index]!) / deviations[index]!));
      }
    },
    invert(row, step) {
      const [means, deviations, stills] = [mean(step), std(step), still(step)];
      return row.map((value, index) => {
        if (stills[index]) return constant === "zero" ? means[index]! : value;
        return value * deviations[index]! + means[index]!;
      });
    },
  };
}

function within(value: number): number {
  return Math.max(-1, Math.min(1, value));
}

/** A row of statistics by step, where there is one for each; else the only one. */
function rowsOf(segment: Segment, name: "low" | "high" | "mean" | "std"): (step: number) => Float64Array {
  const rows = (segment[name] ?? []).map((row) => Float64Array.from(row));
  if (rows.length === 0) throw new TendonError("bad-data", `${segment.key}: ${segment.kind} without ${name}`);
  const only = rows[0]!;
  if (rows.length === 1) return () => only;
  return (step) => {
    const row = rows[step];
    if (row) return row;
    throw new TendonError("bad-data", `${segment.key} has statistics of ${rows.length} steps: there is none of step ${step}`);
  };
}

function stillOf({ still, from, to }: Segment): (step: number) => Uint8Array {
  const rows = still ? still.map((row) => Uint8Array.from(row)) : [new Uint8Array(to - from)];
  return (step) => (rows.length === 1 ? rows[0]! : rows[step]!);
}

function tensorOf({ tensors }: Normalisation, name: string) {
  const segments = tensors[name];
  if (!segments)
    throw new TendonError(
      "bad-pipeline",
      `nothing says how ${name} was normalised; there are ${Object.keys(tensors).join(", ")}`,
    );
  return { segments, width: segments.at(-1)?.to ?? 0, rawWidth: segments.reduce((sum, each) => sum + rawWidthOf(each), 0) };
}

function stepsOf(length: number, width: number, name: string): number {
  if (width > 0 && length % width === 0) return length / width;
  throw new TendonError("bad-pipeline", `${name} has ${width} numbers a step: ${length} are no whole number of steps`);
}

function referenceOf({ key, relativeTo }: Segment, name: string, state: Reference | undefined): Float64Array | undefined {
  if (!relativeTo) return undefined;
  if (state === undefined)
    throw new TendonError("bad-pipeline", `${name}: ${key} is told from the state part ${relativeTo.key}: give the state`);
  const width = relativeTo.to - relativeTo.from;
  const byPart =
    "length" in state && typeof state.length === "number" ? undefined : (state as { [key: string]: ArrayLike<number> });
  const part = byPart
    ? byPart[relativeTo.key]
    : Float64Array.from(state as ArrayLike<number>).subarray(relativeTo.from, relativeTo.to);
  if (part?.length === width) return Float64Array.from(part);
  const got = part ? `${part.length} numbers` : "none";
  throw new TendonError("bad-pipeline", `the state part ${relativeTo.key} has ${width} numbers (got ${got})`);
}
