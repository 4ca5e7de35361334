/** A rate as a fraction: `num / den` frames a second. */
export interface Rate {
  readonly num: bigint;
  readonly den: bigint;
}

/**
 * The simplest fraction that is the rate to seven digits, with a denominator up to 1001: 30 is 30/1
 * and 29.97 is 2997/100, but 29.97002997 is 30000/1001, as cameras have it.
 */
export function rateOf(rateHz: number): Rate {
  if (!(rateHz > 0 && rateHz < 1e6)) throw new RangeError(`no rate: ${rateHz}`);
  for (const den of [1, 1001]) {
    const num = Math.round(rateHz * den);
    if (Math.abs(num / den - rateHz) <= 1e-8 * rateHz) return { num: BigInt(num), den: BigInt(den) };
  }
  for (let den = 2; den < 1001; den++) {
    const num = Math.round(rateHz * den);
    if (Math.abs(num / den - rateHz) <= 1e-9 * rateHz) return { num: BigInt(num), den: BigInt(den) };
  }
  return { num: BigInt(Math.round(rateHz * 1e6)), den: 1_000_000n };
}

/** When frame `index` is shown, to the nearest nanosecond; nothing adds up from frame to frame. */
export function frameTime(index: bigint, { num, den }: Rate): bigint {
  const scaled = 2n * index * den * 1_000_000_000n + num;
  const divisor = 2n * num;
  return scaled >= 0n ? scaled / divisor : -((-scaled + divisor - 1n) / divisor);
}

/** Seconds from frame 0 to frame `index`. */
export function frameSeconds(index: number, { num, den }: Rate): number {
  return (index * Number(den)) / Number(num);
}
