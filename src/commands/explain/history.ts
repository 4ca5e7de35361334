import { TendonError } from "../../core/errors.ts";
import type { Finding } from "../../core/finding.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Part } from "../../core/part.ts";
import type { Drop, Failure } from "../../core/report.ts";
import type { Home } from "../../dataset/home.ts";
import { findReceipts } from "../../dataset/receiptSearch.ts";
import { listRuns, type Run, runLines } from "../../dataset/runs.ts";
import { openSnapshots } from "../../dataset/snapshots.ts";
import type { Outcome } from "../../engines/outcome.ts";

/** A line of a snapshot's list of episodes. */
export interface EpisodeLine {
  readonly episode: string;
  readonly parts: { readonly [sink: string]: string };
  readonly copies: number;
  readonly facts: JsonObject;
  readonly embodiment: string;
  readonly source: string;
  readonly origin: { readonly file: string; readonly key?: string };
  readonly rows: number;
}

/** What a home remembers of one snapshot, or of the newest run where nothing was kept. */
export interface History {
  readonly home: Home;
  readonly snapshot: string | null;
  /** The steps with their versions, as the snapshot notes them. */
  readonly steps: JsonObject | undefined;
  /** The newest run that gave this snapshot. */
  readonly run: Run | undefined;
}

/** Opens what is remembered of a snapshot: the head where none is named. A beginning of its id will do. */
export async function openHistory(home: Home, wanted: string | undefined): Promise<History> {
  const snapshot = wanted === undefined ? ((await openSnapshots(home).head())?.id ?? null) : await wholeId(home, wanted);
  const manifest = snapshot === null ? undefined : await openSnapshots(home).manifest(snapshot);
  let newest: Run | undefined;
  let own: Run | undefined;
  for await (const run of listRuns(home)) {
    newest ??= run;
    if (run.record?.snapshot !== snapshot) continue;
    own = run;
    break;
  }
  return {
    home,
    snapshot,
    steps: manifest?.steps as JsonObject | undefined,
    run: own ?? (snapshot === null ? newest : undefined),
  };
}

async function wholeId(home: Home, wanted: string): Promise<string> {
  const versions = await openSnapshots(home).versions();
  const fitting = [...new Set(versions.map(({ id }) => id))].filter((id) => id.startsWith(wanted));
  if (fitting.length === 1) return fitting[0]!;
  const there = versions.slice(-5).map(({ n, id }) => `${n}: ${id.slice(0, 12)}`);
  const why = fitting.length > 1 ? "is the beginning of several snapshots" : "is no snapshot of this dataset";
  const message = `"${wanted}" ${why} (the newest: ${there.join(", ") || "none"})`;
  throw new TendonError("not-found", message, { place: { file: home.path } });
}

/** What the lists say of one episode, and the names of all. */
export interface Remembered {
  readonly line: EpisodeLine | undefined;
  readonly findings: readonly Finding[];
  readonly drops: readonly Drop[];
  readonly failures: readonly Failure[];
}

/** Every episode that is kept, dropped or failed, each once, kept ones first and in the order of the dataset. */
export async function* episodeNames(history: History): AsyncGenerator<string> {
  const told = new Set<string>();
  const fresh = (name: string) => !told.has(name) && told.add(name) !== undefined;
  for await (const { episode } of episodeLines(history)) if (fresh(episode)) yield episode;
  for await (const fact of factsOf(history)) {
    const name = "drop" in fact ? fact.drop.episode : "failure" in fact ? fact.failure.episode : undefined;
    if (name !== undefined && fresh(name)) yield name;
  }
}

/** All that is remembered of one episode. */
export async function remember(history: History, episode: string): Promise<Remembered> {
  let line: EpisodeLine | undefined;
  for await (const each of episodeLines(history)) if (each.episode === episode) line = each;
  const findings: Finding[] = [];
  const drops: Drop[] = [];
  const failures: Failure[] = [];
  for await (const fact of factsOf(history)) {
    if ("drop" in fact && fact.drop.episode === episode) drops.push(fact.drop);
    else if ("failure" in fact && fact.failure.episode === episode) failures.push(fact.failure);
    else if ("finding" in fact && fact.finding.episode === episode) findings.push(fact.finding);
  }
  return { line, findings, drops, failures };
}

/** The lines of a snapshot's list; none without a snapshot. */
export async function* episodeLines({ home, snapshot }: History): AsyncGenerator<EpisodeLine> {
  if (snapshot === null) return;
  for await (const line of openSnapshots(home).list(snapshot, "episodes")) yield line as unknown as EpisodeLine;
}

type Fact = { readonly drop: Drop } | { readonly failure: Failure } | { readonly finding: Finding };

/** The run's own file has the failures too; a snapshot without one still has its lists. */
async function* factsOf({ home, snapshot, run }: History): AsyncGenerator<Fact> {
  if (run) {
    for await (const line of runLines(run.file)) if (!("run" in line)) yield line;
  } else if (snapshot !== null) {
    const snapshots = openSnapshots(home);
    for await (const drop of snapshots.list(snapshot, "drops")) yield { drop: drop as unknown as Drop };
    for await (const finding of snapshots.list(snapshot, "findings")) yield { finding: finding as unknown as Finding };
  }
}

/** What the gather pass left of an episode: its outcome and its parts by key. */
export interface Left {
  readonly outcome: Outcome | undefined;
  readonly parts: ReadonlyMap<string, Part>;
}

/** Looks for an episode's receipts by what they hold, so that it does not matter which version of a plug-in left them. */
export async function leftOf({ home }: History, episode: string, partKeys: readonly string[]): Promise<Left> {
  const quoted = JSON.stringify(episode);
  const needles = [`"id":${quoted}`, ...partKeys.map((key) => `"key":"${key}"`)];
  const parts = new Map<string, Part>();
  let outcome: Outcome | undefined;
  for await (const value of findReceipts(home, needles)) {
    if (Array.isArray(value)) {
      for (const each of value as unknown as readonly (Partial<Part> | null)[])
        if (each?.key !== undefined && partKeys.includes(each.key)) parts.set(each.key, each as Part);
    } else {
      const found = value as unknown as Partial<Outcome>;
      // A later line is of a later pass over the same recording.
      if (found.outputs && (found.id === episode || found.outputs.some(({ id }) => id === episode))) outcome = found as Outcome;
    }
  }
  return { outcome, parts };
}
