import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Finding } from "../../core/finding.ts";
import type { Pipeline } from "../../core/pipeline.ts";
import type { Failure } from "../../core/report.ts";
import { openHome } from "../../dataset/home.ts";
import { openReceipts, type Receipts } from "../../dataset/receipts.ts";
import type { SchemaReply } from "../protocol.ts";
import { type BacklogGiven, type BacklogTally, backlog, startTally } from "./backlog.ts";
import { type Crew, openCrew } from "./crew.ts";
import type { Pool } from "./pool.ts";
import { type LocalRunOptions, openSources, stallMsOf } from "./run.ts";

/** What a run would do. */
export interface LocalPlan {
  readonly pipeline: Pipeline;
  readonly sources: readonly {
    readonly source: string;
    readonly schemas: readonly SchemaReply[];
    readonly watchers: readonly string[];
  }[];
  readonly findings: readonly Finding[];
  readonly failures: readonly Failure[];
  /** `episodes` counts those that are known without opening a recording; `whole` says whether these are all. */
  readonly work: BacklogTally & { readonly toDo: number };
}

/** Opens the sources and folds their schemas; compares with what is done already. Writes nothing to the dataset. */
export async function planLocal(pool: Pool, pipeline: Pipeline, options: LocalRunOptions): Promise<LocalPlan> {
  const base = resolve(options.base ?? ".");
  const crew = openCrew({
    pool,
    run: { run: "plan", pipeline, base },
    stallMs: stallMsOf(options),
    emit: (event) => options.onEvent?.(event),
  });
  const receipts = await existingReceipts(resolve(base, pipeline.dataset));
  try {
    return await planWith(crew, pipeline, receipts, options.signal);
  } finally {
    await receipts[Symbol.asyncDispose]();
    await crew.end();
  }
}

async function planWith(crew: Crew, pipeline: Pipeline, receipts: Receipts, signal?: AbortSignal): Promise<LocalPlan> {
  const replies = await openSources(crew, pipeline, signal);
  const failures: Failure[] = [];
  const findings = replies.flatMap((reply) => reply.findings);
  const tally = startTally();
  const list = { path: "", add: async () => undefined, close: async () => undefined };
  let toDo = 0;
  const partitions: BacklogGiven["partitions"] = (page) => crew.ask(0, "partitions", page);
  const work = backlog({
    sources: replies,
    receipts,
    list,
    tally,
    partitions,
    failed: (failure) => void failures.push(failure),
    found: (finding) => void findings.push(finding),
  });
  for await (const range of work) {
    signal?.throwIfAborted();
    toDo += range.to === null ? 1 : range.to - range.from;
  }
  return {
    pipeline,
    sources: replies.map(({ source, schemas, watchers }) => ({
      source,
      schemas,
      watchers: watchers.map((watcher) => watcher.path),
    })),
    findings,
    failures,
    work: { ...tally, toDo },
  };
}

/** The receipts of a home that is there; none otherwise. */
async function existingReceipts(path: string): Promise<Receipts> {
  if (await stat(join(path, "home.json")).catch(() => undefined)) return openReceipts(await openHome(path), "plan");
  const nothing = async () => undefined;
  return {
    size: 0,
    has: () => false,
    get: async () => null,
    put: nothing,
    forget: nothing,
    refresh: nothing,
    flush: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}
