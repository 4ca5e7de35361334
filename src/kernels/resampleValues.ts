import type { NumberArray } from "../core/batch.ts";

/** Arrays of floating-point numbers: what can be averaged and interpolated. */
export type FloatArray = Float16Array | Float32Array | Float64Array;

/** How the samples of a window become one. */
export type Aggregate = "mean" | "min" | "max" | "sum" | "last" | "first";

/** One window of `[sample, width]` values: samples `start` to `end` (half-open). `valid` is [sample] or [sample, width]. */
export interface Window {
  readonly values: NumberArray;
  readonly valid?: Uint8Array | undefined;
  readonly validWidth: number;
  readonly start: number;
  readonly end: number;
  readonly width: number;
}

/**
 * Copies samples `index[i] - base` to rows from `at`; -1 gives zeros. Every dtype travels as words of
 * its own size, so that one loop, which V8 keeps monomorphic, serves them all.
 */
export function copyRows(
  from: NumberArray,
  index: Int32Array,
  to: NumberArray,
  place: { readonly base: number; readonly at: number; readonly width: number },
): void {
  const words = wordsOf(from.BYTES_PER_ELEMENT);
  const factor = from.BYTES_PER_ELEMENT / words;
  const width = place.width * factor;
  if (words === 4 && width === 1) copySingles4(words4(from), index, words4(to), place);
  else if (words === 4) copyWords4(words4(from), index, words4(to), { ...place, width });
  else if (words === 2) copyWords2(words2(from), index, words2(to), { ...place, width });
  else copyWords1(words1(from), index, words1(to), { ...place, width });
}

type Place = { readonly base: number; readonly at: number; readonly width: number };

function wordsOf(bytes: number): 1 | 2 | 4 {
  return bytes >= 4 ? 4 : bytes === 2 ? 2 : 1;
}
const words4 = (array: NumberArray) => new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4);
const words2 = (array: NumberArray) => new Uint16Array(array.buffer, array.byteOffset, array.byteLength / 2);
const words1 = (array: NumberArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

// The loops are the same; a shared one would see three kinds of array and slow down.
function copySingles4(from: Uint32Array, index: Int32Array, to: Uint32Array, { base, at }: Place): void {
  for (let row = 0; row < index.length; row++) {
    const sample = index[row]!;
    to[at + row] = sample < 0 ? 0 : from[sample - base]!;
  }
}

function copyWords4(from: Uint32Array, index: Int32Array, to: Uint32Array, { base, at, width }: Place): void {
  for (let row = 0; row < index.length; row++) {
    const target = (at + row) * width;
    if (index[row]! < 0) {
      to.fill(0, target, target + width);
      continue;
    }
    const source = (index[row]! - base) * width;
    for (let k = 0; k < width; k++) to[target + k] = from[source + k]!;
  }
}

function copyWords2(from: Uint16Array, index: Int32Array, to: Uint16Array, { base, at, width }: Place): void {
  for (let row = 0; row < index.length; row++) {
    const target = (at + row) * width;
    if (index[row]! < 0) {
      to.fill(0, target, target + width);
      continue;
    }
    const source = (index[row]! - base) * width;
    for (let k = 0; k < width; k++) to[target + k] = from[source + k]!;
  }
}

function copyWords1(from: Uint8Array, index: Int32Array, to: Uint8Array, { base, at, width }: Place): void {
  for (let row = 0; row < index.length; row++) {
    const target = (at + row) * width;
    if (index[row]! < 0) {
      to.fill(0, target, target + width);
      continue;
    }
    const source = (index[row]! - base) * width;
    for (let k = 0; k < width; k++) to[target + k] = from[source + k]!;
  }
}

/** The line between samples `a` and `b` at `weight` (0 is a, 1 is b). At 0 and 1 the samples themselves, to the bit. */
export function lerpInto(
  to: FloatArray,
  at: number,
  from: FloatArray,
  between: { readonly a: number; readonly b: number; readonly weight: number; readonly width: number },
): void {
  const { width, weight } = between;
  const a = between.a * width;
  const b = between.b * width;
  for (let k = 0; k < width; k++) {
    const left = from[a + k]!;
    const right = from[b + k]!;
    to[at * width + k] = weight === 0 ? left : weight === 1 ? right : left * (1 - weight) + right * weight;
  }
}

/**
 * The rotation between quaternions `a` and `b` (four numbers each, xyzw or wxyz alike), by the shorter
 * way round and normalised: Shoemake 1985. Near each other the line is as good and does not divide by zero.
 */
export function slerpInto(
  to: FloatArray,
  at: number,
  from: FloatArray,
  between: { readonly a: number; readonly b: number; readonly weight: number },
): void {
  const a = between.a * 4;
  const b = between.b * 4;
  const normA = Math.hypot(from[a]!, from[a + 1]!, from[a + 2]!, from[a + 3]!);
  const normB = Math.hypot(from[b]!, from[b + 1]!, from[b + 2]!, from[b + 3]!);
  let dot = 0;
  for (let k = 0; k < 4; k++) dot += (from[a + k]! / normA) * (from[b + k]! / normB);
  const side = dot < 0 ? -1 : 1;
  const angle = Math.acos(Math.min(1, Math.abs(dot)));
  const small = angle < 1e-6;
  const left = small ? 1 - between.weight : Math.sin((1 - between.weight) * angle) / Math.sin(angle);
  const right = side * (small ? between.weight : Math.sin(between.weight * angle) / Math.sin(angle));
  let square = 0;
  for (let k = 0; k < 4; k++) {
    const value = (left * from[a + k]!) / normA + (right * from[b + k]!) / normB;
    MIXED[k] = value;
    square += value * value;
  }
  const norm = Math.sqrt(square);
  for (let k = 0; k < 4; k++) to[at * 4 + k] = MIXED[k]! / norm;
}
const MIXED = new Float64Array(4);

/**
 * One number a column from a window, at row `at`; values that are not valid are passed over. `had`
 * tells, from `at * width`, which columns had any. Sums run in float64, in the samples' order.
 */
export function aggregateInto(how: Aggregate, to: NumberArray, at: number, window: Window, had: Uint8Array): void {
  for (let column = 0; column < window.width; column++) {
    const place = at * window.width + column;
    had[place] = aggregateColumn(how, to, place, window, column) ? 1 : 0;
    if (had[place] === 0) to[place] = zeroOf(to);
  }
}

function aggregateColumn(how: Aggregate, to: NumberArray, place: number, window: Window, column: number): boolean {
  if (how === "first" || how === "last") return pickColumn(how, to, place, window, column);
  if (how === "min" || how === "max") return extremeColumn(how, to, place, window, column);
  let sum = 0;
  let count = 0;
  for (let sample = window.start; sample < window.end; sample++) {
    if (!isValid(window, sample, column)) continue;
    sum += window.values[sample * window.width + column] as number;
    count++;
  }
  if (count > 0) to[place] = how === "mean" ? sum / count : sum;
  return count > 0;
}

function pickColumn(how: "first" | "last", to: NumberArray, place: number, window: Window, column: number): boolean {
  const step = how === "first" ? 1 : -1;
  let sample = how === "first" ? window.start : window.end - 1;
  while (sample >= window.start && sample < window.end && !isValid(window, sample, column)) sample += step;
  if (sample < window.start || sample >= window.end) return false;
  to[place] = window.values[sample * window.width + column]!;
  return true;
}

/** NaN wins, as in NumPy: an extreme over unknown numbers is unknown. */
function extremeColumn(how: "min" | "max", to: NumberArray, place: number, window: Window, column: number): boolean {
  let best: number | bigint | undefined;
  for (let sample = window.start; sample < window.end; sample++) {
    if (!isValid(window, sample, column)) continue;
    const value = window.values[sample * window.width + column]!;
    if (best === undefined || Number.isNaN(value) || (how === "min" ? value < best : value > best)) best = value;
    if (Number.isNaN(best)) break;
  }
  if (best !== undefined) to[place] = best;
  return best !== undefined;
}

function isValid(window: Window, sample: number, column: number): boolean {
  if (!window.valid) return true;
  return window.valid[sample * window.validWidth + (window.validWidth === 1 ? 0 : column)] === 1;
}

function zeroOf(array: NumberArray): number | bigint {
  return array instanceof BigInt64Array || array instanceof BigUint64Array ? 0n : 0;
}
