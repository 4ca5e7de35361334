import type { Episode } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import type { Drop, Failure } from "../core/report.ts";
import type { Watcher } from "../core/watcher.ts";
import { checkResult, gatherEpisode } from "./gather.ts";
import { type MadeSource, watchersOf } from "./recipe.ts";
import type { WorkerRun } from "./workerRun.ts";

export interface LookGiven {
  readonly source: MadeSource;
  /** As the source gave it. */
  readonly episode: Episode;
  /** How many steps of the chain it goes through; their checks watch. */
  readonly steps: number;
  /** Called for each episode that comes out. */
  readonly watch: (episode: Episode) => Promise<Watcher<unknown>>;
}

/** What came of it. */
export interface LookedThrough {
  readonly findings: readonly Finding[];
  readonly drops: readonly Drop[];
  readonly failures: readonly Failure[];
}

/** Sends one episode through the first steps of a pipeline in one pass, as a run would, to be looked at. Nothing is parked. */
export async function lookThrough(run: WorkerRun, { source, episode, steps, watch }: LookGiven): Promise<LookedThrough> {
  const look = {
    path: "look",
    name: "look",
    version: "1",
    recipe: {},
    made: {
      wants: () => [],
      write: async (output: Episode) => (await watch(output)) as Watcher<never>,
      layout: unused,
      build: unused,
      finish: unused,
    },
  };
  const recipe = { ...run.recipe, chain: run.recipe.chain.slice(0, steps), decisions: [], sinks: [look] };
  const plans = watchersOf(recipe, source);
  const environment = {
    recipe,
    source,
    codecs: run.codecs,
    tally: { rows: 0, frames: 0, bytes: 0 },
    attempt: 1,
    context: (...[step, of, said]: Parameters<WorkerRun["context"]>) => run.context(step, of, said),
    writing: (context: ReturnType<WorkerRun["context"]>) => ({ ...context, park: unused }),
  };
  const everything = plans.map((_, index) => index);
  const { outcome, left, failures } = await gatherEpisode(environment, episode, plans, everything);
  const checked = [...left].flatMap(([index, values]) =>
    plans[index]!.kind === "check" ? values.flatMap((value) => checkResult(value, outcome.id).findings) : [],
  );
  return { findings: [...outcome.findings, ...checked], drops: outcome.drops, failures };
}

function unused(): never {
  throw new TendonError("internal", "nothing is written where an episode is only looked at");
}
