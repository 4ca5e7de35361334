/**
 * LeRobot's `splits`: ranges `first:end` of episodes, half-open. A side whose episodes do not follow
 * each other has several, `"0:3,5:9"`: episodes keep their order, and every number stays true.
 */
export interface SplitRanges {
  add(split: string | undefined): void;
  end(): { readonly [split: string]: string };
}

/** Episodes that no decision put anywhere are on the side `train`. */
export function splitRanges(): SplitRanges {
  const ranges = new Map<string, { first: number; end: number }[]>();
  let episode = 0;
  return {
    add(split = "train") {
      const own = ranges.get(split) ?? [];
      const last = own.at(-1);
      if (last?.end === episode) last.end++;
      else own.push({ first: episode, end: episode + 1 });
      ranges.set(split, own);
      episode++;
    },
    end: () =>
      Object.fromEntries([...ranges].map(([split, own]) => [split, own.map(({ first, end }) => `${first}:${end}`).join(",")])),
  };
}

/** The side that a split decision chose. */
export function splitOf(facts: { readonly [fact: string]: unknown }): string | undefined {
  return typeof facts.split === "string" ? facts.split : undefined;
}
