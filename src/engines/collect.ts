import type { Finding } from "../core/finding.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Drop, Failure } from "../core/report.ts";
import { checkResult } from "./gather.ts";
import type { Life } from "./life.ts";
import { readList } from "./lists.ts";
import type { Outcome } from "./outcome.ts";
import type { DecideArguments } from "./protocol.ts";
import { type InputEpisode, receiptKey } from "./receiptKeys.ts";
import { chainTo, type WatcherPlan, watchersOf } from "./recipe.ts";
import type { WorkerRun } from "./workerRun.ts";

/** A source episode of this run, as the supervisor lists it. */
export type ListedEpisode = InputEpisode;

/** One output that every watcher has seen. Receipts are read again when they are needed, so that memory holds names alone. */
export interface Entry {
  readonly id: string;
  readonly input: InputEpisode;
  /** Its place among the outputs of its source episode. */
  readonly place: number;
  facts: JsonObject;
  copies: number;
  rank: bigint | undefined;
}

/** What of the run's receipts the decisions and the arrangement read. */
export class SeenReceipts {
  readonly #run: WorkerRun;
  readonly #life: Life;
  readonly #plans = new Map<string, { chain: string; watchers: readonly WatcherPlan[] }>();

  constructor(run: WorkerRun, life: Life) {
    this.#run = run;
    this.#life = life;
    for (const source of run.recipe.sources) {
      this.#plans.set(source.source, {
        chain: chainTo(run.recipe, source, run.recipe.chain.length),
        watchers: watchersOf(run.recipe, source),
      });
    }
  }

  watchers(input: InputEpisode): readonly WatcherPlan[] {
    return this.#plans.get(input.source)!.watchers;
  }

  async outcome(input: InputEpisode): Promise<Outcome | null> {
    this.#life.sign();
    return (await this.#run
      .stores()
      .receipts.get(receiptKey(input, this.#plans.get(input.source)!.chain))) as unknown as Outcome | null;
  }

  has(input: InputEpisode, plan: WatcherPlan): boolean {
    return this.#run.stores().receipts.has(receiptKey(input, plan.fingerprint));
  }

  async values(input: InputEpisode, plan: WatcherPlan): Promise<readonly Json[]> {
    return ((await this.#run.stores().receipts.get(receiptKey(input, plan.fingerprint))) ?? []) as readonly Json[];
  }
}

export interface Collected {
  readonly entries: Entry[];
  readonly read: number;
  readonly dropped: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
}

/** Reads every receipt of the run once: what was dropped, what failed, and what the decisions may judge. */
export async function collect(
  given: DecideArguments,
  reader: SeenReceipts,
  drops: { add(drop: Drop): Promise<void> },
  findings: { add(finding: Finding): Promise<void> },
): Promise<Collected> {
  const inputs: { id: string; input: InputEpisode }[] = [];
  let read = 0;
  let dropped = 0;
  let failed = 0;
  const failures: Failure[] = [];
  const entries: Entry[] = [];
  for await (const input of readList<ListedEpisode>(given.episodes)) {
    read++;
    const outcome = await reader.outcome(input);
    if (outcome) inputs.push({ id: outcome.id, input });
    else failed++;
  }
  inputs.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (const [index, { id, input }] of inputs.entries()) {
    if (inputs[index - 1]?.id === id) {
      failures.push(twins(id, inputs[index - 1]!.input, input));
      failed++;
      continue;
    }
    const outcome = (await reader.outcome(input))!;
    for (const finding of outcome.findings) await findings.add(finding);
    for (const drop of outcome.drops) await drops.add(drop);
    if (outcome.failure) {
      failed++;
      failures.push(outcome.failure);
      continue;
    }
    if (!reader.watchers(input).every((plan) => reader.has(input, plan) || outcome.outputs.length === 0)) {
      failed++;
      continue;
    }
    for (const plan of reader.watchers(input)) {
      if (plan.kind !== "check") continue;
      for (const value of await reader.values(input, plan))
        for (const finding of checkResult(value, outcome.id).findings) await findings.add(finding);
    }
    if (outcome.outputs.length === 0) dropped++;
    outcome.outputs.forEach((output, place) => {
      entries.push({ id: output.id, input, place, facts: {}, copies: 1, rank: undefined });
    });
  }
  return { entries, read, dropped, failed, failures };
}

function twins(id: string, first: InputEpisode, second: InputEpisode): Failure {
  const message = `has the same id as an episode of ${first.partition.key}; the first was kept. Give the recordings different names or sources`;
  return {
    episode: id,
    step: `sources.${second.source}`,
    code: "bad-data",
    message,
    place: { file: second.partition.key },
    attempt: 1,
  };
}
