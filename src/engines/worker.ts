import { flushCompileCache } from "node:module";
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
import { Life } from "./life.ts";
import type {
  FromWorker,
  LifeNote,
  Operations,
  PageArguments,
  PartitionsReply,
  SentError,
  SourceReply,
  ToWorker,
} from "./protocol.ts";
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

type Note = (note: LifeNote) => void;

/** A source's listing, between two pages. */
interface Listing {
  readonly items: AsyncIterator<Partition | Bad>;
  at: number;
  readonly life: Life;
  /** Since the last page. */
  readonly findings: Finding[];
  /** Who hears of its life: the call under way. */
  readonly heard: { note: Note };
}

class Served implements Operations {
  readonly #kit: WorkerKit;
  readonly #log: (level: "debug" | "info" | "warn", message: string) => void;
  readonly #held = new Map<string, Promise<object>>();
  readonly #listings = new Map<number, Listing>();
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
    // A worker is ended, it does not end: it would keep nothing of what it compiled.
    flushCompileCache();
    return null;
  }

  async openSource({ source }: { source: number }, note: Note): Promise<SourceReply> {
    const run = this.#current();
    const made = run.recipe.sources[source]!;
    const findings: Finding[] = [];
    const life = new Life(note);
    life.step(made.path);
    const context = run.sourceContext(made, (finding) => void findings.push(ofSource(finding, made)));
    const schemas = await made.made.schema(life.used(context));
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

  async partitions({ source, skip, max }: PageArguments, note: Note): Promise<PartitionsReply> {
    const made = this.#current().recipe.sources[source]!;
    if (!this.#refused.has(source)) await this.openSource({ source }, note);
    const refused = this.#refused.get(source);
    const listing = await this.#listingAt(source, skip, note);
    const partitions: Partition[] = [];
    const failures: Failure[] = [];
    const reply = (ended: boolean) => ({ partitions, failures, findings: listing.findings.splice(0), ended });
    while (partitions.length + failures.length < max) {
      const step = await listing.items.next();
      if (step.done) return reply(true);
      listing.life.sign();
      listing.at++;
      if ("bad" in step.value) failures.push(badInput(step.value, made));
      else if (refused?.has(step.value.schema)) failures.push(refusal(step.value, refused.get(step.value.schema)!, made));
      else partitions.push(step.value);
    }
    return reply(false);
  }

  /** The listing where the last page ended; begun anew and wound forward where the worker that had it is gone. */
  async #listingAt(source: number, skip: number, note: Note): Promise<Listing> {
    const run = this.#current();
    const made = run.recipe.sources[source]!;
    let listing = this.#listings.get(source);
    if (listing?.at !== skip) {
      const findings: Finding[] = [];
      const heard: { note: Note } = { note };
      const life = new Life((said) => heard.note(said));
      const context = run.sourceContext(made, (finding) => void findings.push(ofSource(finding, made)));
      const items = made.made.plan(life.used(context))[Symbol.asyncIterator]();
      listing = { items, at: 0, life, findings, heard };
      life.step(made.path);
      for (; listing.at < skip && !(await items.next()).done; listing.at++) life.sign();
      // What was found on the way was told with the pages before.
      if (skip > 0) findings.length = 0;
      this.#listings.set(source, listing);
    }
    listing.heard.note = note;
    listing.life.step(made.path);
    return listing;
  }

  gather(...[given, note]: Parameters<Operations["gather"]>): ReturnType<Operations["gather"]> {
    return gatherTask(this.#current(), given, note);
  }

  decide(...[given, note]: Parameters<Operations["decide"]>): ReturnType<Operations["decide"]> {
    return decide(this.#current(), given, new Life(note));
  }

  layout(...[given, note]: Parameters<Operations["layout"]>): ReturnType<Operations["layout"]> {
    return layout(this.#current(), given, new Life(note));
  }

  build(...[given, note]: Parameters<Operations["build"]>): Promise<null> {
    return build(this.#current(), given, new Life(note));
  }

  finish(...[given, note]: Parameters<Operations["finish"]>): ReturnType<Operations["finish"]> {
    return finish(this.#current(), given, new Life(note));
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
