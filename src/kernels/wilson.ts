/** The standard normal's quantile that 95 % lie within. */
const Z = 1.959964;

/**
 * The interval that holds a rate with 95 % certainty, of which `hits` out of `count` were seen: Wilson's
 * score interval (1927), which stays between 0 and 1 and is honest for few trials. `[low, high]`.
 */
export function wilsonInterval(hits: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 1];
  const rate = hits / count;
  const middle = rate + Z ** 2 / (2 * count);
  const half = Z * Math.sqrt((rate * (1 - rate)) / count + Z ** 2 / (4 * count ** 2));
  const whole = 1 + Z ** 2 / count;
  return [Math.max(0, (middle - half) / whole), Math.min(1, (middle + half) / whole)];
}
