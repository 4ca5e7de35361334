import { z } from "zod";
import type { BaseContext } from "../core/context.ts";
import type { Seen, Verdict } from "../core/decision.ts";
import { digest } from "../core/digest.ts";
import { canonicalJson, type Json } from "../core/json.ts";
import { defineDecision } from "../core/plugin.ts";

const share = z.number().min(0).max(1);

const options = z.strictObject({
  train: share.default(0.95).describe("Share of the groups to train on, 0 to 1"),
  val: share.default(0.05).describe("Share of the groups to validate on, 0 to 1"),
  test: share.default(0).describe("Share of the groups to test on, 0 to 1"),
  by: z
    .string()
    .min(1)
    .default("episode")
    .describe("What stays together on one side: `episode`, `task`, or any fact such as `operator`"),
});
type Options = z.output<typeof options>;
type Shares = Pick<Options, "train" | "val" | "test">;
type Side = "train" | "val" | "test";

const SIDES: readonly Side[] = ["train", "val", "test"];

/**
 * Puts each group of episodes on one side, by a hash of the run's seed and the group's name alone: a
 * group never changes sides because others were added, left out or renamed. The price is that shares
 * hold on average, not exactly: of 20 episodes, 95 % may come out as 18 or 20. Where all episodes are
 * one group, it goes to the side with the largest share.
 */
export const split = defineDecision({
  name: "split",
  version: "1",
  about: "Divides episodes into train, val and test, stably",
  example: "- split: { train: 0.9, val: 0.1, by: task }",
  options: options.refine(({ train, val, test }) => sum({ train, val, test }) === 1, {
    error: ({ input }) => `train, val and test must add up to 1 (got ${sum(input as Shares)})`,
  }),
  create: (settings) => ({ decide: (seen, _met, context) => decide(seen, settings, context) }),
});

async function* decide(seen: AsyncIterable<Seen<Json>>, settings: Options, context: BaseContext): AsyncGenerator<Verdict> {
  const largest = SIDES.reduce((best, side) => (settings[side] > settings[best] ? side : best));
  const counts = { train: 0, val: 0, test: 0 };
  // Until a second group turns up, it is not known whether the first is the only one.
  const waiting: string[] = [];
  let only: string | undefined;
  let many = false;
  const put = (episode: string, side: Side): Verdict => {
    counts[side]++;
    return { episode, keep: true, facts: { split: side } };
  };
  for await (const episode of seen) {
    const group = groupOf(episode, settings.by);
    only ??= group;
    if (!many && group === only) {
      waiting.push(episode.episode);
      continue;
    }
    many = true;
    for (const first of waiting.splice(0)) yield put(first, sideOf(only, settings, context.seed));
    yield put(episode.episode, sideOf(group, settings, context.seed));
  }
  for (const first of waiting) yield put(first, largest);
  warnEmpty(counts, settings, context);
}

/** To a billionth, so that 0.8 + 0.15 + 0.05 is 1. */
function sum({ train, val, test }: Shares): number {
  return Math.round((train + val + test) * 1e9) / 1e9;
}

/** Episodes without the fact are groups of their own; the pieces of one that was cut stay together. */
function groupOf(episode: Seen<Json>, by: string): string {
  const fact = by === "episode" ? undefined : episode.facts[by];
  return fact === undefined || fact === null || fact === ""
    ? `episode ${episode.parent ?? episode.episode}`
    : `${by} ${canonicalJson(fact)}`;
}

/** A number from 0 to 1 that only the seed and the group decide, held against the shares one after another. */
function sideOf(group: string, settings: Options, seed: bigint): Side {
  const number = Number.parseInt(digest({ seed, group }).slice(0, 13), 16) / 2 ** 52;
  let upTo = 0;
  let last: Side = "train";
  for (const side of SIDES) {
    if (settings[side] === 0) continue;
    upTo += settings[side];
    last = side;
    if (number < upTo) return side;
  }
  return last;
}

function warnEmpty(counts: { readonly [side in Side]: number }, settings: Options, context: BaseContext): void {
  const total = counts.train + counts.val + counts.test;
  for (const side of SIDES) {
    if (total > 0 && settings[side] > 0 && counts[side] === 0)
      context.log("warn", `split: ${side} is empty: no group of ${settings.by} fell into its ${settings[side] * 100} %`);
  }
}
