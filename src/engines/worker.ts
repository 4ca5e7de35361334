import { parentPort } from "node:worker_threads";
import type { Bad } from "../core/episode.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import type { Failure } from "../core/report.ts";
import type { Partition } from "../core/source.ts";
import { build, finish, layout } from "./arrange.ts";
import { decide } from "./decide.ts";
import { foldSchema } from "./fold.ts";
import { gatherTask } from "./gatherTask.ts";
import type { FromWorker, Operations, PartitionsReply, SentError, SourceReply, ToWorker } from "./protocol.ts";
import { chainTo, type MadeSource, watchersOf } from "./recipe.ts";
import { beginRun, type WorkerKit, type WorkerRun } from "./workerRun.ts";

/** Answers the supervisor in this worker thread until it is ended. Operations may overlap; a run's calls come after its `begin`. */
export function serveWorker(kit: WorkerKit): void {
  const port = parentPort;
  if (!port) throw new TendonError("internal", "this file runs in a worker thread of Tendon's engine");
  const send = (message: FromWorker) => port.postMessage(message);
  const served = new Served(kit, (level, message) => send({ log: { level, message } }));
  port.on("message", (message: ToWorker) => {
    if ("cancel" in message) return served.cancel();
    const { call, operation, given } = message;
    const run = served[operation] as (given: unknown, note: (note: unknown) => void) => Promise<unknown>;
    run
      .call(served, given, (note) => send({ call, note }))
      .then(
        (result) => send({ call, result }),
        (thrown: unknown) => send({ call, error: sendable(thrown) }),
      );
  });
  send({ ready: true });
}

class Served implements Operations {
  readonly #kit: WorkerKit;
  readonly #log: (level: "debug" | "info" | "warn", message: string) => void;
  readonly #held = new Map<string, Promise<object>>();
  readonly #listings = new Map<number, { readonly items: AsyncIterator<Partition | Bad>; at: number }>();
  /** By source and schema: why no view can be made of such episodes. */
  readonly #refused = new Map<number, ReadonlyMap<string, TendonError>>();
  #abort = new AbortController();
  #run: WorkerRun | undefined;

  constructor(kit: WorkerKit, log: (level: "debug" | "info" | "warn", message: string) => void) {
    this.#kit = kit;
    this.#log = log;
  }

  cancel(): void {
    this.#abort.abort();
  }

  async begin(given: Parameters<Operations["begin"]>[0]): Promise<null> {
    await this.end();
    this.#abort = new AbortController();
    this.#run = await beginRun(this.#kit, given, this.#held, this.#abort.signal, this.#log);
    return null;
  }

  async enterHome(given: Parameters<Operations["enterHome"]>[0]): Promise<null> {
    await this.#current().enterHome(given);
    return null;
  }

  async end(): Promise<null> {
    for (const listing of this.#listings.values()) await listing.items.return?.();
    this.#listings.clear();
    this.#refused.clear();
    await this.#run?.[Symbol.asyncDispose]();
    this.#run = undefined;
    return null;
  }

  async openSource({ source }: { source: number }): Promise<SourceReply> {
    const run = this.#current();
    const made = run.recipe.sources[source]!;
    const findings: Finding[] = [];
    const context = run.context(made.path, made.source, {
      drop: () => undefined,
      find: (finding) => void findings.push(ofSource(finding, made)),
    });
    const schemas = await made.made.schema(context);
    const refused = new Map<string, TendonError>();
    const folded = schemas.flatMap((schema) => {
      try {
        const { input, after, output } = foldSchema(run.recipe, made, schema);
        return [{ input, after, output }];
      } catch (thrown) {
        refused.set(schema.key, asTendonError(thrown, "bad-pipeline"));
        return [];
      }
    });
    const [first] = refused.values();
    if (first && folded.length === 0) throw first;
    this.#refused.set(source, refused);
    return {
      source: made.source,
      schemas: folded,
      findings,
      watchers: watchersOf(run.recipe, made),
      chain: chainTo(run.recipe, made, run.recipe.chain.length),
    };
  }

  async partitions({ source, skip, max }: { source: number; skip: number; max: number }): Promise<PartitionsReply> {
    const made = this.#current().recipe.sources[source]!;
    if (!this.#refused.has(source)) await this.openSource({ source });
    const refused = this.#refused.get(source);
    const listing = await this.#listingAt(source, skip);
    const partitions: Partition[] = [];
    const failures: Failure[] = [];
    while (partitions.length + failures.length < max) {
      const step = await listing.items.next();
      if (step.done) return { partitions, failures, ended: true };
      listing.at++;
      if ("bad" in step.value) failures.push(badInput(step.value, made));
      else if (refused?.has(step.value.schema)) failures.push(refusal(step.value, refused.get(step.value.schema)!, made));
      else partitions.push(step.value);
    }
    return { partitions, failures, ended: false };
  }

  /** The listing where the last page ended; begun anew and wound forward where the worker that had it is gone. */
  async #listingAt(source: number, skip: number) {
    const found = this.#listings.get(source);
    if (found?.at === skip) return found;
    const run = this.#current();
    const made = run.recipe.sources[source]!;
    const context = run.context(made.path, made.source, { drop: () => undefined, find: () => undefined });
    const listing = { items: made.made.plan(context)[Symbol.asyncIterator](), at: 0 };
    while (listing.at < skip && !(await listing.items.next()).done) listing.at++;
    this.#listings.set(source, listing);
    return listing;
  }

  gather(...[given, note]: Parameters<Operations["gather"]>): ReturnType<Operations["gather"]> {
    return gatherTask(this.#current(), given, note);
  }

  decide(given: Parameters<Operations["decide"]>[0]): ReturnType<Operations["decide"]> {
    return decide(this.#current(), given);
  }

  layout(given: Parameters<Operations["layout"]>[0]): ReturnType<Operations["layout"]> {
    return layout(this.#current(), given);
  }

  build(given: Parameters<Operations["build"]>[0]): Promise<null> {
    return build(this.#current(), given);
  }

  finish(given: Parameters<Operations["finish"]>[0]): ReturnType<Operations["finish"]> {
    return finish(this.#current(), given);
  }

  #current(): WorkerRun {
    if (!this.#run) throw new TendonError("internal", "no run has begun in this worker");
    return this.#run;
  }
}

function ofSource(finding: Finding, source: MadeSource): Finding {
  return finding.episode === undefined ? finding : { ...finding, episode: `${source.source}/${finding.episode}` };
}

function badInput({ id, error: thrown }: Bad, source: MadeSource): Failure {
  const error = asTendonError(thrown, "bad-data");
  return {
    episode: `${source.source}/${id}`,
    step: source.path,
    code: error.code,
    message: error.message,
    place: error.place,
    attempt: 1,
  };
}

/** A recording of a layout that the pipeline can make nothing of, beside others that it can. */
function refusal({ key }: Partition, error: TendonError, source: MadeSource): Failure {
  const message = `cannot become what the pipeline asks for: ${error.message}`;
  return {
    episode: `${source.source}/${key}`,
    step: error.place.path ?? source.path,
    code: "bad-data",
    message,
    place: { file: key },
    attempt: 1,
  };
}

function sendable(thrown: unknown): SentError {
  const aborted = thrown instanceof Error && thrown.name === "AbortError";
  const error = asTendonError(thrown, aborted ? "cancelled" : "plugin-failed");
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
  return { code: error.code, message: error.message, place: error.place, ...(stack && { stack }) };
}
