import { join } from "node:path";
import type { Decision, Met, Seen, Verdict } from "../core/decision.ts";
import { digest, startDigest } from "../core/digest.ts";
import { TendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { canonicalJson, type Json, type JsonObject } from "../core/json.ts";
import type { Part, PlacedPart } from "../core/part.ts";
import type { Drop } from "../core/report.ts";
import { openSnapshots } from "../dataset/snapshots.ts";
import { collect, type Entry, SeenReceipts } from "./collect.ts";
import { checkResult, durationSec } from "./gather.ts";
import type { Life } from "./life.ts";
import { writeList } from "./lists.ts";
import type { Output } from "./outcome.ts";
import type { DecideArguments, DecidedView, DecideReply } from "./protocol.ts";
import { receiptKey } from "./receiptKeys.ts";
import { groupViews } from "./viewGroups.ts";
import type { WorkerRun } from "./workerRun.ts";

/** The second act: reads what was parked, asks the decisions in turn, and lists what each view holds in canonical order. */
export async function decide(run: WorkerRun, given: DecideArguments, life: Life): Promise<DecideReply> {
  life.step("decide");
  const { receipts } = run.stores();
  await receipts.refresh();
  const reader = new SeenReceipts(run, life);
  const drops = writeList<Drop>(join(run.stores().scratch, "drops.jsonl"));
  const findings = writeList<Finding>(join(run.stores().scratch, "findings.jsonl"));
  const collected = await collect(given, reader, drops, findings);
  let entries = collected.entries;
  let decidedDrops = 0;
  for (const [place, decision] of run.recipe.decisions.entries()) {
    const before = entries.length;
    life.step(decision.path);
    entries = await applyDecision(run, { place, decision: decision.made, path: decision.path, entries, reader, drops, life });
    decidedDrops += before - entries.length;
  }
  life.step("decide");
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
    recipe: digest(stepsOf(run)),
    steps: stepsOf(run),
    pipeline: run.recipe.pipeline as unknown as JsonObject,
  };
}

/** What the snapshot's id knows of the pipeline: every step that decided bytes, and nothing of where things lie. */
function stepsOf({ recipe }: WorkerRun): JsonObject {
  return {
    seed: recipe.pipeline.seed,
    sources: recipe.sources.map((source) => ({ name: source.source, tier: source.tier, recipe: source.recipe })),
    stages: recipe.chain.map((step) => (step.kind === "stage" ? step.recipe : step.checks.map((check) => check.recipe))),
    decisions: recipe.decisions.map((decision) => decision.recipe),
    sinks: recipe.sinks.map((sink) => sink.recipe),
  };
}

interface DecisionRun {
  readonly place: number;
  readonly decision: Decision<Json, unknown>;
  readonly path: string;
  readonly entries: readonly Entry[];
  readonly reader: SeenReceipts;
  readonly drops: { add(drop: Drop): Promise<void> };
  readonly life: Life;
}

async function applyDecision(run: WorkerRun, given: DecisionRun): Promise<Entry[]> {
  const { decision, path, entries, drops, life } = given;
  const context = life.used(run.baseContext(path));
  const met = await meetings(given);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const kept: Entry[] = [];
  for await (const verdict of life.each(decision.decide(seenOf(given), each(met), context))) {
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
      ...(output.parent !== undefined && { parent: output.parent }),
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
async function place(run: WorkerRun, entries: readonly Entry[], reader: SeenReceipts): Promise<Placed> {
  const episodes = writeList<JsonObject>(join(run.stores().scratch, "episodes.jsonl"));
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
      const receipt = receiptKey(entry.input, plan.fingerprint);
      await groups.add(plan.place, output, { ...placedPart(entry, output, part), receipt });
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
