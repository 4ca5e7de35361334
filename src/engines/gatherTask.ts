import type { Bad, Episode } from "../core/episode.ts";
import { asTendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { canonicalJson, type Json } from "../core/json.ts";
import type { Failure } from "../core/report.ts";
import type { Partition } from "../core/source.ts";
import { openQuarantine } from "../dataset/quarantine.ts";
import { openShelf } from "../dataset/shelf.ts";
import { type GatherEnvironment, type Gathered, gatherEpisode } from "./gather.ts";
import type { Outcome } from "./outcome.ts";
import type { Tally } from "./pass.ts";
import type { GatherArguments, GatherNote } from "./protocol.ts";
import { countKey, receiptKey } from "./receiptKeys.ts";
import { chainTo, watchersOf } from "./recipe.ts";
import type { WorkerRun } from "./workerRun.ts";

const NOTE_EVERY_MS = 250;

/** Gathers some episodes of a partition, one after another; what each left is on disk before the note that says so. */
export async function gatherTask(
  run: WorkerRun,
  given: GatherArguments,
  note: (note: GatherNote) => void,
): Promise<{ episodes: number }> {
  const source = run.recipe.sources[given.source]!;
  const chain = chainTo(run.recipe, source, run.recipe.chain.length);
  const watchers = watchersOf(run.recipe, source);
  const tally: Tally = { rows: 0, frames: 0, bytes: 0 };
  const going = setInterval(() => note({ note: "going", ...tally }), NOTE_EVERY_MS);
  const { home, receipts } = run.stores();
  const quarantine = openQuarantine(home, `${run.id}-${run.worker}`);
  const everything = watchers.map((_, index) => index);
  const found: Finding[] = [];
  const { first, episodes } = opened(run, given, found);
  let ordinal = first;
  try {
    for await (const episode of episodes) {
      const at = ordinal++;
      if (at < given.from) {
        found.length = 0;
        continue;
      }
      const wanted = given.todo ? (given.todo[at - given.from] ?? everything) : everything;
      note({ note: "claimed", ordinal: at });
      const environment = environmentOf(run, given, tally);
      const input = { source: source.source, partition: given.partition, ordinal: at };
      const before = (await receipts.get(receiptKey(input, chain))) as Outcome | null;
      const gathered = withFindings(await gatherEpisode(environment, episode, watchers, wanted), [
        ...(before?.findings ?? []),
        ...found.splice(0),
      ]);
      for (const failure of gathered.failures) {
        await quarantine.put({ ...failure, run: run.id, payload: given.partition as unknown as Json, atMs: Date.now() });
      }
      // First, so that a pass that is made again for a watcher keeps what only this one could find.
      if (isDone(gathered)) await receipts.put(receiptKey(input, chain), gathered.outcome as unknown as Json);
      for (const [index, values] of gathered.left) await receipts.put(receiptKey(input, watchers[index]!.fingerprint), values);
      note({ note: "gathered", ordinal: at, ...summary(gathered) });
      note({ note: "going", ...tally });
      if (ordinal === given.to) break;
    }
    if (given.to === null) await receipts.put(countKey(source.source, given.partition, chain), ordinal);
    return { episodes: ordinal };
  } finally {
    clearInterval(going);
    await quarantine[Symbol.asyncDispose]();
  }
}

/**
 * Adds what the source found while it was read, and what an earlier pass found: a pass for one new
 * watcher may read a part only.
 */
function withFindings(gathered: Gathered, others: readonly Finding[]): Gathered {
  const { id, findings } = gathered.outcome;
  const known = new Set(findings.map(canonicalJson));
  const more = others.map((finding) => ({ ...finding, episode: finding.episode ?? id }));
  const fresh = more.filter((finding) => !known.has(canonicalJson(finding)));
  return fresh.length === 0 ? gathered : { ...gathered, outcome: { ...gathered.outcome, findings: [...findings, ...fresh] } };
}

/** A failure that may pass leaves no receipt, so that the next run tries again. */
function isDone({ outcome, failures }: Gathered): boolean {
  return outcome.failure !== undefined || outcome.outputs.length > 0 || failures.length === 0;
}

function summary({ outcome, left, failures }: Gathered): {
  episode: string;
  outcome: "kept" | "dropped" | "failed";
  receipts: number;
  failures: readonly Failure[];
} {
  return { episode: outcome.id, outcome: kindOf(outcome, failures), receipts: left.size, failures };
}

function kindOf(outcome: Outcome, failures: readonly Failure[]): "kept" | "dropped" | "failed" {
  if (failures.length > 0) return "failed";
  return outcome.outputs.length > 0 ? "kept" : "dropped";
}

interface Opened {
  /** The ordinal of the first. */
  readonly first: number;
  readonly episodes: AsyncIterable<Episode | Bad>;
}

/** The partition's episodes, from where they are asked for if the source can. */
function opened(run: WorkerRun, { source, partition, from }: GatherArguments, found: Finding[]): Opened {
  const { made, path, source: name } = run.recipe.sources[source]!;
  const context = run.sourceContext({ path, source: partition.key }, ({ episode, ...finding }) => {
    found.push(episode === undefined ? finding : { ...finding, episode: `${name}/${episode}` });
  });
  return from > 0 && made.openFrom
    ? { first: from, episodes: orBad(() => made.openFrom!(partition, from, context), partition, `${partition.key}#${from}`) }
    : { first: 0, episodes: orBad(() => made.open(partition, context), partition, partition.key) };
}

/** A partition that cannot be opened is one bad episode. */
async function* orBad(open: () => AsyncIterable<Episode | Bad>, { key }: Partition, id: string): AsyncGenerator<Episode | Bad> {
  try {
    yield* open();
  } catch (thrown) {
    yield { bad: true, id, error: asTendonError(thrown, "plugin-failed", { file: key }) };
  }
}

function environmentOf(run: WorkerRun, given: GatherArguments, tally: Tally): GatherEnvironment {
  const { home } = run.stores();
  return {
    recipe: run.recipe,
    source: run.recipe.sources[given.source]!,
    codecs: run.codecs,
    tally,
    attempt: given.attempt,
    context: (step, episode, said) => run.context(step, episode, said),
    writing: (context) => {
      const shelf = openShelf(home);
      return { ...context, park: (episode, wants) => shelf.park(episode, wants) };
    },
  };
}
