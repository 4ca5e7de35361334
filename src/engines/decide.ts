import { join } from "node:path";
import type { Decision, Met, Seen, Verdict } from "../core/decision.ts";
import { digest, startDigest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { canonicalJson, type Json, type JsonObject } from "../core/json.ts";
import type { Part, PlacedPart } from "../core/part.ts";
import type { Drop, Failure } from "../core/report.ts";
import { openSnapshots } from "../dataset/snapshots.ts";
import { checkResult, durationSec } from "./gather.ts";
import { readList, writeList } from "./lists.ts";
import type { Outcome, Output } from "./outcome.ts";
import type { DecideArguments, DecidedView, DecideReply } from "./protocol.ts";
import { type InputEpisode, receiptKey } from "./receiptKeys.ts";
import { chainTo, type WatcherPlan, watchersOf } from "./recipe.ts";
import { groupViews } from "./viewGroups.ts";
import type { WorkerRun } from "./workerRun.ts";

/** A source episode of this run, as the supervisor lists it. */
export type ListedEpisode = InputEpisode;

/** One output that every watcher has seen. Receipts are read again when they are needed, so that memory holds names alone. */
interface Entry {
  readonly id: string;
  readonly input: InputEpisode;
  /** Its place among the outputs of its source episode. */
  readonly place: number;
  facts: JsonObject;
  copies: number;
  rank: bigint | undefined;
}

/** What of the run's receipts the decisions and the arrangement read. */
class Receipts {
  readonly #run: WorkerRun;
  readonly #plans = new Map<string, { chain: string; watchers: readonly WatcherPlan[] }>();

  constructor(run: WorkerRun) {
    this.#run = run;
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

/** The second act: reads what was parked, asks the decisions in turn, and lists what each view holds in canonical order. */
export async function decide(run: WorkerRun, given: DecideArguments): Promise<DecideReply> {
  const { receipts } = run.stores();
  await receipts.refresh();
  const reader = new Receipts(run);
  const drops = writeList<Drop>(join(run.scratch, "drops.jsonl"));
  const findings = writeList<Finding>(join(run.scratch, "findings.jsonl"));
  const collected = await collect(given, reader, drops, findings);
  let entries = collected.entries;
  let decidedDrops = 0;
  for (const [place, decision] of run.recipe.decisions.entries()) {
    const before = entries.length;
    entries = await applyDecision(run, { place, decision: decision.made, path: decision.path, entries, reader, drops });
    decidedDrops += before - entries.length;
  }
  entries = await canonicalOrder(run, given.parent, entries);
  const placed = await place(run, entries, reader);
  await drops.close();
  await findings.close();
  return {
    ...placed,
    read: collected.read,
    kept: entries.length,
    dropped: collected.dropped + decidedDrops,
    failed: collected.failed,
    failures: collected.failures,
    drops: drops.path,
    findings: findings.path,
    recipe: recipeDigest(run),
  };
}

/** What the snapshot's id knows of the pipeline: every step that decided bytes, and nothing of where things lie. */
function recipeDigest({ recipe }: WorkerRun): string {
  return digest({
    seed: recipe.pipeline.seed,
    sources: recipe.sources.map((source) => ({ name: source.source, tier: source.tier, recipe: source.recipe })),
    stages: recipe.chain.map((step) => (step.kind === "stage" ? step.recipe : step.checks.map((check) => check.recipe))),
    decisions: recipe.decisions.map((decision) => decision.recipe),
    sinks: recipe.sinks.map((sink) => sink.recipe),
  });
}

interface Collected {
  readonly entries: Entry[];
  readonly read: number;
  readonly dropped: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
}

async function collect(
  given: DecideArguments,
  reader: Receipts,
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

interface DecisionRun {
  readonly place: number;
  readonly decision: Decision<Json, unknown>;
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly reader: Receipts;
  readonly drops: { add(drop: Drop): Promise<void> };
}

async function applyDecision(run: WorkerRun, given: DecisionRun): Promise<Entry[]> {
  const { decision, path, entries, drops } = given;
  const context = run.context(path, path, { drop: () => undefined, find: () => undefined });
  const met = await meetings(given);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const kept: Entry[] = [];
  for await (const verdict of decision.decide(seenOf(given), each(met), context)) {
    const entry = byId.get(verdict.episode);
    if (!entry)
      throw new TendonError(
        "plugin-failed",
        `gave a verdict on "${verdict.episode}", which it was not shown or has judged before`,
        { place: { path } },
      );
    byId.delete(verdict.episode);
    if (verdict.keep) kept.push(withVerdict(entry, verdict));
    else
      await drops.add({
        episode: verdict.episode,
        reason: verdict.reason,
        by: path,
        ...(verdict.score !== undefined && { score: verdict.score }),
      });
  }
  if (byId.size > 0) {
    const [first] = byId.keys();
    throw new TendonError("plugin-failed", `gave no verdict on ${byId.size} episodes, the first of them "${first}"`, {
      place: { path },
    });
  }
  return kept.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function withVerdict(entry: Entry, verdict: Verdict & { keep: true }): Entry {
  return {
    ...entry,
    facts: { ...entry.facts, ...verdict.facts },
    copies: entry.copies * (verdict.copies ?? 1),
    rank: verdict.rank ?? entry.rank,
  };
}

async function* seenOf({ place, entries, reader }: DecisionRun): AsyncGenerator<Seen<Json>> {
  for (const entry of entries) {
    const outcome = (await reader.outcome(entry.input))!;
    const output = outcome.outputs[entry.place]!;
    const findings: Finding[] = outcome.findings.filter(
      (finding) => finding.episode === outcome.id || finding.episode === output.id,
    );
    const scores: Record<string, number> = {};
    let seen: Json = null;
    for (const plan of reader.watchers(entry.input)) {
      if (plan.kind === "sink") continue;
      const values = await reader.values(entry.input, plan);
      const value = values[Math.min(entry.place, values.length - 1)] ?? null;
      if (plan.kind === "decision") {
        if (plan.place === place) seen = value;
        continue;
      }
      const result = checkResult(value, output.id);
      findings.push(...result.findings);
      Object.assign(scores, result.scores);
    }
    const facts = { ...output.facts, ...entry.facts };
    yield {
      episode: output.id,
      embodiment: output.schema.embodiment,
      facts,
      rows: output.rows,
      durationSec: durationSec(output),
      findings,
      scores,
      seen,
    };
  }
}

/** Brings together the episodes that share a key: in key order, and in each key by id. */
async function meetings(given: DecisionRun): Promise<unknown[]> {
  const exchange = given.decision.exchange;
  if (!exchange) return [];
  const groups = new Map<bigint, Met[]>();
  for await (const seen of seenOf(given)) {
    for (const { key, payload } of exchange.keys(seen)) {
      const group = groups.get(key);
      if (group) group.push({ episode: seen.episode, payload });
      else groups.set(key, [{ episode: seen.episode, payload }]);
    }
  }
  const shared = [...groups].filter(([, group]) => group.length > 1).sort(([a], [b]) => (a < b ? -1 : 1));
  return shared.flatMap(([key, group]) => [...exchange.meet(key, group)]);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The parent snapshot's order first, then new episodes by id; a rank that a decision gave goes before both. */
async function canonicalOrder(run: WorkerRun, parent: string | null, entries: Entry[]): Promise<Entry[]> {
  const known = new Map<string, number>();
  if (parent !== null) {
    for await (const line of openSnapshots(run.stores().home).list(parent, "episodes"))
      known.set((line as { episode: string }).episode, known.size);
  }
  const order = (entry: Entry) => known.get(entry.id) ?? Number.POSITIVE_INFINITY;
  return entries.toSorted((a, b) => {
    if (a.rank !== b.rank) return (a.rank ?? 0n) < (b.rank ?? 0n) ? -1 : 1;
    if (order(a) !== order(b)) return order(a) - order(b);
    return a.id < b.id ? -1 : 1;
  });
}

type Placed = Pick<DecideReply, "views" | "episodes" | "episodesDigest">;

/** Writes the list of parts of every view, and the snapshot's own list of episodes. */
async function place(run: WorkerRun, entries: readonly Entry[], reader: Receipts): Promise<Placed> {
  const episodes = writeList<JsonObject>(join(run.scratch, "episodes.jsonl"));
  const digestOfAll = startDigest();
  const groups = groupViews(run);
  for (const entry of entries) {
    const outcome = (await reader.outcome(entry.input))!;
    const output = outcome.outputs[entry.place]!;
    const parts: Record<string, string> = {};
    for (const plan of reader.watchers(entry.input)) {
      if (plan.kind !== "sink") continue;
      const part = (await reader.values(entry.input, plan))[entry.place] as unknown as Part;
      const sink = run.recipe.sinks[plan.place]!;
      parts[sink.name] = part.key;
      await groups.add(plan.place, output, placedPart(entry, output, part));
    }
    const hashed = { episode: entry.id, parts, copies: entry.copies, facts: entry.facts };
    digestOfAll.add(`${canonicalJson(hashed)}\n`);
    const origin = {
      file: output.facts.origin.file,
      ...(output.facts.origin.key !== undefined && { key: output.facts.origin.key }),
    };
    await episodes.add({
      ...hashed,
      embodiment: output.schema.embodiment,
      source: output.facts.source,
      origin,
      rows: output.rows,
    });
  }
  await episodes.close();
  const views: readonly DecidedView[] = await groups.close();
  return { views, episodes: episodes.path, episodesDigest: digestOfAll.end() };
}

function placedPart(entry: Entry, output: Output, part: Part): PlacedPart {
  const { clock, startNs, endNs, rows } = output;
  return { part, facts: { ...output.facts, ...entry.facts }, clock, startNs, endNs, copies: entry.copies, rows };
}
