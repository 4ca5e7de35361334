import type { Context } from "../../core/context.ts";
import type { Decision, Met, Seen, Verdict } from "../../core/decision.ts";
import type { Json } from "../../core/json.ts";

/** A context for tests; what is logged goes into `said`. */
export function quiet(said: string[] = [], seed = 0n): Context {
  return {
    signal: new AbortController().signal,
    seed,
    log: (_level, message) => void said.push(message),
    scratch: "",
    hold: (_key, open) => open(),
    drop: () => undefined,
    find: () => undefined,
  };
}

/** What a decision would be told of an episode, for tests. */
export function seenEpisode(episode: string, rest: Partial<Seen<Json>> = {}): Seen<Json> {
  return {
    episode,
    ...(rest.parent !== undefined && { parent: rest.parent }),
    embodiment: rest.embodiment ?? "arm",
    facts: { source: "test", tier: "real", origin: { file: episode }, ...rest.facts },
    rows: rest.rows ?? 100,
    durationSec: rest.durationSec ?? 10,
    findings: rest.findings ?? [],
    scores: rest.scores ?? {},
    seen: rest.seen ?? null,
  };
}

/** The verdicts of a decision, asked as an engine asks it: episodes by id, meetings by key. For tests. */
export async function decided(
  decision: Decision<Json, unknown>,
  episodes: readonly Seen<Json>[],
  context: Context = quiet(),
): Promise<Verdict[]> {
  const seen = episodes.toSorted((a, b) => (a.episode < b.episode ? -1 : 1));
  const groups = new Map<bigint, Met[]>();
  for (const each of seen) {
    for (const { key, payload } of decision.exchange?.keys(each) ?? []) {
      groups.set(key, [...(groups.get(key) ?? []), { episode: each.episode, payload }]);
    }
  }
  const shared = [...groups].filter(([, group]) => group.length > 1).sort(([a], [b]) => (a < b ? -1 : 1));
  const met = shared.flatMap(([key, group]) => [...decision.exchange!.meet(key, group)]);
  const verdicts: Verdict[] = [];
  for await (const verdict of decision.decide(each(seen), each(met), context)) verdicts.push(verdict);
  return verdicts;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
