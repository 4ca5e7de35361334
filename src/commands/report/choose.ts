import type { EpisodeFacts, FindingFacts } from "./model.ts";

/**
 * The order in which episodes get room in the page: those with findings and those that were dropped
 * first, the worst of them foremost; then the others, evenly spread, so that any number of them is a
 * fair sample.
 */
export function orderOfInterest(episodes: readonly EpisodeFacts[], findings: readonly FindingFacts[]): number[] {
  const weight = episodes.map(() => 0);
  const worth = { broken: 3, risk: 2, note: 1 };
  for (const { episode, severity } of findings) {
    if (episode !== undefined) weight[episode] = Math.max(weight[episode]!, worth[severity]);
  }
  for (const [place, { status }] of episodes.entries()) if (status === "dropped") weight[place] = Math.max(weight[place]!, 2.5);
  const interesting = range(episodes.length).filter((place) => weight[place]! > 0);
  const plain = range(episodes.length).filter((place) => weight[place] === 0);
  return [...interesting.sort((a, b) => weight[b]! - weight[a]! || a - b), ...evenly(plain)];
}

/** First the ends, then the middle, then the quarters: the bits of the place from the other side. */
export function evenly(places: readonly number[]): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, places.length))));
  const reversed = (value: number) => {
    let out = 0;
    for (let bit = 0; bit < bits; bit++) if (value & (1 << bit)) out |= 1 << (bits - 1 - bit);
    return out;
  };
  return range(1 << bits)
    .map(reversed)
    .filter((place) => place < places.length)
    .map((place) => places[place]!);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
