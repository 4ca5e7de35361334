import { TendonError } from "../core/errors.ts";

/** What is known of a dataset before it is given its share of a mixture. */
export interface Weighed {
  readonly path: string;
  /** As given; absent: its rows. */
  readonly weight?: number;
  readonly tier?: string;
  readonly rows: number;
}

export interface ShareOptions {
  /** What each tier has of all together, whatever its datasets weigh. */
  readonly tiers?: { readonly [tier: string]: number };
  /** Above 1 evens datasets out, below 1 favours the heavy ones: shares are weights to the power of 1 / temperature. */
  readonly temperature?: number;
}

const DECIMALS_MAX = 6;
const PERIOD_MAX = 2 ** 20;
/** What laying out a period may cost: datasets times positions. */
const WORK_MAX = 2 ** 26;
const DATASETS_MAX = 4096;

/** Each dataset's share, as whole parts of their sum: exact where the weights are short decimals, else to a millionth. */
export function partsOf(datasets: readonly Weighed[], { tiers, temperature = 1 }: ShareOptions): number[] {
  if (datasets.length > DATASETS_MAX) throw wrong("path", `names ${datasets.length} datasets, ${DATASETS_MAX} can be mixed`);
  if (!(temperature > 0)) throw wrong("temperature", `must be above 0 (got ${temperature})`);
  const weights = datasets.map(({ weight, rows, path }) => {
    const own = weight ?? rows;
    if (!(own > 0 && Number.isFinite(own))) throw wrong("path", `the weight of ${path} must be above 0 (got ${own})`);
    return temperature === 1 ? own : own ** (1 / temperature);
  });
  return wholeParts(tiers === undefined ? weights : tiered(datasets, weights, tiers));
}

/** Within a tier datasets keep their proportions; together they have the tier's part. */
function tiered(datasets: readonly Weighed[], weights: readonly number[], tiers: { readonly [tier: string]: number }): number[] {
  const sums = new Map<string, number>();
  datasets.forEach(({ tier, path }, index) => {
    if (tier === undefined || tiers[tier] === undefined)
      throw wrong("tiers", `${path} is of ${tier === undefined ? "no tier" : `the tier "${tier}"`}, which has no weight`);
    sums.set(tier, (sums.get(tier) ?? 0) + weights[index]!);
  });
  for (const [tier, weight] of Object.entries(tiers)) {
    if (!(weight > 0 && Number.isFinite(weight))) throw wrong(`tiers.${tier}`, `must be above 0 (got ${weight})`);
    if (!sums.has(tier)) throw wrong(`tiers.${tier}`, "no dataset is of this tier: give one its `tier`, or leave it out");
  }
  return datasets.map(({ tier }, index) => (tiers[tier!]! * weights[index]!) / sums.get(tier!)!);
}

/** Weights as whole numbers in the same proportion, if they have a short period; else the nearest of a long one, none below 1. */
export function wholeParts(weights: readonly number[]): number[] {
  for (let scale = 1; scale <= 10 ** DECIMALS_MAX; scale *= 10) {
    const whole = weights.map((weight) => Math.round(weight * scale));
    const exact = whole.every((part, index) => part > 0 && Math.abs(part - weights[index]! * scale) <= 1e-9 * part);
    if (!exact) continue;
    const divisor = whole.reduce(gcd);
    const parts = whole.map((part) => part / divisor);
    if (sum(parts) <= periodMax(parts.length)) return parts;
  }
  return nearestParts(weights, periodMax(weights.length));
}

/** Largest remainders, after each has 1. */
function nearestParts(weights: readonly number[], period: number): number[] {
  const all = sum(weights);
  const free = period - weights.length;
  const wanted = weights.map((weight) => Math.max(0, (weight / all) * period - 1));
  const scale = free / Math.max(sum(wanted), Number.MIN_VALUE);
  const parts = wanted.map((each) => 1 + Math.floor(each * scale));
  const byRemainder = wanted
    .map((each, index) => ({ index, rest: each * scale - Math.floor(each * scale) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (let left = period - sum(parts), at = 0; left > 0; left--) parts[byRemainder[at++ % parts.length]!.index]!++;
  return parts;
}

function periodMax(datasets: number): number {
  return Math.min(PERIOD_MAX, Math.max(2 * datasets, Math.floor(WORK_MAX / datasets)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function wrong(path: string, message: string): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path } });
}
