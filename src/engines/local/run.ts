import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { RunOptions } from "../../core/engine.ts";
import type { RunEvent } from "../../core/event.ts";
import type { Finding } from "../../core/finding.ts";
import type { Pipeline } from "../../core/pipeline.ts";
import type { Drop, Failure, RunReport } from "../../core/report.ts";
import { checkHome, discard, type Home, openHome } from "../../dataset/home.ts";
import { openReceipts, type Receipts } from "../../dataset/receipts.ts";
import type { RunRecord } from "../../dataset/runs.ts";
import type { ListedEpisode } from "../collect.ts";
import { readList, writeList } from "../lists.ts";
import type { SourceReply } from "../protocol.ts";
import { type Arranged, allFindings, arrangeAll } from "./arranging.ts";
import { type BacklogGiven, backlog, startTally } from "./backlog.ts";
import { type Crew, openCrew } from "./crew.ts";
import { type GatheringDone, gatherAll } from "./gathering.ts";
import { type Pool, WorkerLost } from "./pool.ts";

const LIST_MAX = 1000;
/** How often a call that has no part in a crash is made again. */
const LOST_MAX = 100;

export interface LocalRunOptions extends RunOptions {
  /**
   * A worker through which nothing came for so long is ended. In the gather pass what it held is tried
   * once more; elsewhere the run ends with the step that was silent. Default 120.
   */
  readonly stallSec?: number;
}

/**
 * One run of a canonical pipeline over a pool of workers. Sources are opened and schemas folded before
 * the dataset's home is made: a pipeline that cannot run leaves nothing behind.
 */
export async function runLocal(pool: Pool, pipeline: Pipeline, options: LocalRunOptions): Promise<RunReport> {
  const base = resolve(options.base ?? ".");
  const id = `${new Date().toISOString().replace(/[-:.]/g, "")}-${randomUUID().slice(0, 8)}`;
  const stallMs = stallMsOf(options);
  const crew = openCrew({ pool, run: { run: id, pipeline, base }, stallMs, emit: (event) => options.onEvent?.(event) });
  const signal = options.signal ?? new AbortController().signal;
  const cancel = () => pool.cancel();
  signal.addEventListener("abort", cancel);
  let homed: { readonly scratch: string; readonly receipts: Receipts } | undefined;
  try {
    signal.throwIfAborted();
    const path = resolve(base, pipeline.dataset);
    await checkHome(path);
    const sources = await openSources(crew, pipeline, signal);
    const home = await openHome(path);
    homed = { scratch: home.temporary(), receipts: await openReceipts(home, `${id}-run`) };
    await mkdir(homed.scratch, { recursive: true });
    await crew.enterHome({ path: home.path, scratch: homed.scratch });
    return await new LocalRun({ crew, options, home, id, ...homed, signal, sources, pipeline, base }).run();
  } finally {
    signal.removeEventListener("abort", cancel);
    await crew.end();
    await homed?.receipts[Symbol.asyncDispose]();
    if (homed) await discard(homed.scratch);
  }
}

/** Asks each source what it holds and folds its schemas through the stages. Throws where nothing can be made of one. */
export async function openSources(crew: Crew, pipeline: Pipeline, signal: AbortSignal | undefined): Promise<SourceReply[]> {
  const sources: SourceReply[] = [];
  for (const source of Object.keys(pipeline.sources).keys()) {
    signal?.throwIfAborted();
    sources.push(await crew.ask(0, "openSource", { source }));
  }
  return sources;
}

/** The limit of silence. */
export function stallMsOf({ stallSec }: LocalRunOptions): number {
  return (stallSec ?? 120) * 1000;
}

interface Given {
  readonly crew: Crew;
  readonly options: LocalRunOptions;
  readonly home: Home;
  readonly id: string;
  readonly scratch: string;
  readonly receipts: Receipts;
  readonly signal: AbortSignal;
  readonly sources: readonly SourceReply[];
  readonly pipeline: Pipeline;
  readonly base: string;
}

class LocalRun {
  readonly #given: Given;
  readonly #failures: Failure[] = [];
  readonly #sourceFindings: Finding[] = [];
  /** Inputs that could not even be listed; each counts as a failed episode. */
  #unlisted = 0;
  readonly #tally = startTally();

  constructor(given: Given) {
    this.#given = given;
  }

  async run(): Promise<RunReport> {
    const { crew, home, scratch, signal } = this.#given;
    for (const { findings } of this.#given.sources) for (const finding of findings) this.#found(finding);
    const list = writeList<ListedEpisode>(join(scratch, "listed.jsonl"));
    this.#emit({ type: "act", act: "gather" });
    const gathered = await this.#gather(list);
    await list.close();
    const arranged = await arrangeAll({
      crew,
      home,
      signal,
      sourceFindings: this.#sourceFindings,
      emit: (event) => this.#emit(event),
      decide: (parent) => crew.ask(0, "decide", { episodes: list.path, parent }),
    });
    return this.#report(gathered, arranged);
  }

  async #gather(list: ReturnType<typeof writeList<ListedEpisode>>): Promise<GatheringDone> {
    const { crew, receipts, options, signal, sources } = this.#given;
    const failed = (failure: Failure) => this.#failed(failure);
    const found = (finding: Finding) => this.#found(finding);
    const unlisted = (failure: Failure) => {
      this.#unlisted++;
      this.#failed(failure);
    };
    const partitions: BacklogGiven["partitions"] = (page) => surely(() => crew.ask(0, "partitions", page));
    return gatherAll({
      crew,
      sources,
      backlog: backlog({ sources, receipts, list, tally: this.#tally, partitions, failed: unlisted, found }),
      list,
      stallMs: stallMsOf(options),
      signal,
      failed,
      emit: (event) => this.#emit(event),
      known: () => ({ total: this.#tally.episodes, whole: this.#tally.whole, reused: this.#tally.reusedEpisodes }),
    });
  }

  #found(finding: Finding): void {
    this.#sourceFindings.push(finding);
    this.#emit({ type: "finding", finding });
  }

  #failed(failure: Failure): void {
    this.#failures.push(failure);
    this.#emit({ type: "failure", failure });
  }

  #emit(event: RunEvent): void {
    this.#given.options.onEvent?.(event);
  }

  /** Where and when: nothing of it is in the snapshot's id. */
  #record(snapshot: string | null): RunRecord {
    const { id, base, pipeline } = this.#given;
    return { id, at: new Date().toISOString(), snapshot, base, pipeline };
  }

  async #report(gathered: GatheringDone, arranged: Arranged): Promise<RunReport> {
    const { home, id } = this.#given;
    const { decided } = arranged;
    for (const failure of decided.failures)
      if (!this.#failures.some((known) => sameFailure(known, failure))) this.#failed(failure);
    const details = writeList<object>(home.at("history", `${id}.jsonl`));
    await details.add({ run: this.#record(arranged.snapshot) });
    const drops: Drop[] = [];
    const findings: Finding[] = [];
    let dropCount = 0;
    let findingCount = 0;
    for (const failure of this.#failures) await details.add({ failure });
    for await (const drop of readList<Drop>(decided.drops)) {
      if (dropCount++ < LIST_MAX) drops.push(drop);
      await details.add({ drop });
    }
    for await (const finding of allFindings(this.#sourceFindings, decided)) {
      if (findingCount++ < LIST_MAX) findings.push(finding);
      await details.add({ finding });
    }
    await details.close();
    return {
      snapshot: arranged.snapshot,
      home: home.path,
      views: arranged.views,
      episodes: {
        read: decided.read + this.#unlisted,
        kept: decided.kept,
        dropped: decided.dropped,
        failed: decided.failed + this.#unlisted,
      },
      drops,
      failures: this.#failures.slice(0, LIST_MAX),
      findings,
      totals: { drops: dropCount, failures: this.#failures.length, findings: findingCount },
      details: details.path,
      work: { done: gathered.receipts + arranged.built, reused: this.#tally.reusedReceipts + arranged.reused },
    };
  }
}

/** Asks again where the worker dies meanwhile, as it may of the work that it does beside. */
async function surely<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof WorkerLost) || attempt === LOST_MAX) throw thrown;
    }
  }
}

function sameFailure(a: Failure, b: Failure): boolean {
  return a.episode === b.episode && a.step === b.step && a.message === b.message;
}
