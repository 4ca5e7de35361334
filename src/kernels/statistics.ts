import type { NumberArray } from "../core/batch.ts";

/** Count, range, mean and standard deviation of each column of a vector, all `[width]`, float64, in the data's own unit. */
export interface ColumnStatistics {
  /** Finite numbers seen in each column. */
  readonly count: readonly number[];
  /** NaN where a column has none. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  /** Of the population, as `numpy.std` gives it. */
  readonly std: readonly number[];
}

/**
 * Accumulates rows in order. Only finite numbers count: NaN, infinities and masked values are
 * missing. The result does not depend on how the rows were cut into batches, because every value is
 * added by itself (B. P. Welford, "Note on a method for calculating corrected sums of squares and
 * products", 1962).
 */
export interface Moments {
  readonly width: number;
  /** `values` is `[row, width]`, row-major; `valid` is `[row]` or `[row, width]`. */
  add(values: NumberArray, valid?: Uint8Array): void;
  /** Adds what another accumulated after this one: the merge of T. F. Chan et al., 1979. Deterministic in a fixed order. */
  merge(other: MomentsState): void;
  state(): MomentsState;
  end(): ColumnStatistics;
}

/** The accumulated numbers, `[width]` each: `squares` is the sum of squared deviations from the mean. `min` and `max` are 0 where count is. */
export interface MomentsState {
  readonly count: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly mean: readonly number[];
  readonly squares: readonly number[];
}

export function moments(width: number): Moments {
  const count = new Float64Array(width);
  const min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);

  const addOne = (column: number, value: number) => {
    if (value - value !== 0) return;
    const seen = ++count[column]!;
    const before = value - mean[column]!;
    const middle = mean[column]! + before / seen;
    mean[column] = middle;
    squares[column]! += before * (value - middle);
    if (value < min[column]!) min[column] = value;
    if (value > max[column]!) max[column] = value;
  };
  return {
    width,
    add(values, valid) {
      const rows = values.length / width;
      if (!Number.isInteger(rows)) throw new RangeError(`${values.length} values are no rows of ${width}`);
      const numbers = asNumbers(values);
      const each = valid !== undefined && valid.length === values.length && width > 1;
      for (let row = 0, index = 0; row < rows; row++) {
        for (let column = 0; column < width; column++, index++) {
          if (valid === undefined || valid[each ? index : row] === 1) addOne(column, numbers[index]!);
        }
      }
    },
    merge(other) {
      for (let column = 0; column < width; column++) {
        const more = other.count[column]!;
        if (more === 0) continue;
        const total = count[column]! + more;
        const apart = other.mean[column]! - mean[column]!;
        squares[column]! += other.squares[column]! + (apart * apart * count[column]! * more) / total;
        mean[column]! += (apart * more) / total;
        count[column] = total;
        min[column] = Math.min(min[column]!, other.min[column]!);
        max[column] = Math.max(max[column]!, other.max[column]!);
      }
    },
    state: () => ({
      count: [...count],
      min: [...min].map((value, column) => (count[column] === 0 ? 0 : value)),
      max: [...max].map((value, column) => (count[column] === 0 ? 0 : value)),
      mean: [...mean],
      squares: [...squares],
    }),
    end: () => ({
      count: [...count],
      min: [...min].map((value, column) => (count[column] === 0 ? Number.NaN : value)),
      max: [...max].map((value, column) => (count[column] === 0 ? Number.NaN : value)),
      mean: [...mean].map((value, column) => (count[column] === 0 ? Number.NaN : value)),
      std: [...squares].map((sum, column) => (count[column] === 0 ? Number.NaN : Math.sqrt(sum / count[column]!))),
    }),
  };
}

/** 64-bit integers as float64: exact up to 2^53. */
export function asNumbers(values: NumberArray): Exclude<NumberArray, BigInt64Array | BigUint64Array> {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float64Array.from(values, Number);
  return values;
}
