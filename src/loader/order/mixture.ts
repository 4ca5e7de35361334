/** Which dataset stands at each position of a mixture, in constant time and without end. */
export interface Mixture {
  /** Positions after which the same datasets follow again. */
  readonly period: number;
  /** `[dataset]`: how many of a period's positions are a dataset's. */
  readonly parts: readonly number[];
  /** The dataset at a position, and how many positions before it are that dataset's. */
  at(position: number): { readonly dataset: number; readonly count: number };
  /** How many of the positions before `position` are a dataset's. */
  countBefore(dataset: number, position: number): number;
}

/**
 * The chairman's schedule (R. Tijdeman, "The chairman assignment problem", 1980): at each position, of the
 * datasets that are behind by enough, the one whose deadline is next. In every prefix each dataset has its share
 * to within less than one sample, so also in every batch and at the end of every period, where all is exact.
 *
 * `parts` are whole numbers from 1; their sum is the period. For k datasets, position n from 1 on and `had[i]`
 * positions before it: i may be taken where `(parts[i] * n - had[i] * period) * (2k - 2) >= period`, and of those the
 * least `(period * (2k - 3) - (parts[i] * n - had[i] * period) * (2k - 2)) / parts[i]` is, the first of equal ones.
 */
export function mixtureOf(parts: readonly number[]): Mixture {
  const period = parts.reduce((sum, each) => sum + each, 0);
  const schedule = new Uint16Array(period);
  const before = new Uint32Array(period);
  const had = new Float64Array(parts.length);
  const places = parts.map((part) => new Uint32Array(part));
  for (let place = 0; place < period; place++) {
    const dataset = next(parts, had, { period, position: place + 1 });
    schedule[place] = dataset;
    places[dataset]![had[dataset]!] = place;
    before[place] = had[dataset]!++;
  }
  return {
    period,
    parts,
    at(position) {
      const round = Math.floor(position / period);
      const place = position - round * period;
      const dataset = schedule[place]!;
      return { dataset, count: round * parts[dataset]! + before[place]! };
    },
    countBefore(dataset, position) {
      const round = Math.floor(position / period);
      return round * parts[dataset]! + countBelow(places[dataset]!, position - round * period);
    },
  };
}

/** How many of ascending numbers are below a bound. */
function countBelow(ascending: Uint32Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function next(parts: readonly number[], had: Float64Array, { period, position }: { period: number; position: number }): number {
  const steps = 2 * parts.length - 2;
  if (steps === 0) return 0;
  let found = 0;
  let soonest = Number.POSITIVE_INFINITY;
  for (let dataset = 0; dataset < parts.length; dataset++) {
    const behind = (parts[dataset]! * position - had[dataset]! * period) * steps;
    if (behind < period) continue;
    const deadline = (period * (steps - 1) - behind) / parts[dataset]!;
    if (deadline >= soonest) continue;
    soonest = deadline;
    found = dataset;
  }
  return found;
}
