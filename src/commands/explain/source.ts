import { asTendonError, placeText } from "../../core/errors.ts";
import type { FoundEpisode } from "../../core/source.ts";
import { findEpisode } from "../../engines/findEpisode.ts";
import type { MadeSource } from "../../engines/recipe.ts";
import type { WorkerRun } from "../../engines/workerRun.ts";
import { lookRun } from "../lookRun.ts";
import type { History } from "./history.ts";

/** The pipeline of a snapshot made ready again, and the recording that an episode came from. */
export interface Reopened extends AsyncDisposable {
  readonly run?: WorkerRun;
  readonly source?: MadeSource;
  readonly found?: FoundEpisode;
  /** Why the recording could not be opened. */
  readonly gone?: string;
}

/** Opens what is still there. Throws nothing: what is gone is said. */
export async function reopen(
  history: History,
  wanted: { readonly source: string; readonly episode: string },
  signal?: AbortSignal,
): Promise<Reopened> {
  const nothing = async () => undefined;
  const record = history.run?.record;
  if (!record) {
    const gone = "the run that made this snapshot did not note its pipeline (an older Tendon); run the pipeline once more";
    return { gone, [Symbol.asyncDispose]: nothing };
  }
  let run: WorkerRun | undefined;
  try {
    run = await lookRun(record, signal);
    const source = run.recipe.sources.find((each) => each.source === wanted.source);
    if (!source) return { run, gone: `the pipeline has no source "${wanted.source}"`, [Symbol.asyncDispose]: closing(run) };
    return await openIn(run, source, wanted.episode);
  } catch (thrown) {
    return { gone: said(thrown), ...(run && { run }), [Symbol.asyncDispose]: run ? closing(run) : nothing };
  }
}

async function openIn(run: WorkerRun, source: MadeSource, episode: string): Promise<Reopened> {
  const context = run.context(source.path, episode, { drop: () => undefined, find: () => undefined });
  try {
    const found = await findEpisode(source.made, episode, context);
    if (!found) {
      const gone = `${source.path} has no such episode any more: its recording was moved, renamed or removed`;
      return { run, source, gone, [Symbol.asyncDispose]: closing(run) };
    }
    return { run, source, found, [Symbol.asyncDispose]: closing(run, found) };
  } catch (thrown) {
    return { run, source, gone: said(thrown), [Symbol.asyncDispose]: closing(run) };
  }
}

function closing(run: WorkerRun, found?: FoundEpisode): () => Promise<void> {
  return async () => {
    await found?.[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
  };
}

function said(thrown: unknown): string {
  const error = asTendonError(thrown, "not-found");
  return placeText(error.place) + error.message;
}
