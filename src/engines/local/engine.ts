import { availableParallelism } from "node:os";
import { canonicalPipeline } from "../../core/canonical.ts";
import type { Engine, RunOptions } from "../../core/engine.ts";
import { TendonError } from "../../core/errors.ts";
import type { PipelineInput } from "../../core/pipeline.ts";
import type { Registry } from "../../core/registry.ts";
import { loadModules } from "../useModules.ts";
import { type LocalPlan, planLocal } from "./plan.ts";
import { openPool, type Pool, WorkerLost } from "./pool.ts";
import { runLocal } from "./run.ts";

export interface LocalEngineOptions {
  readonly registry: Registry;
  /** The URL of the module that each worker runs. */
  readonly entry: string;
  /** Worker threads. Default: the cores. */
  readonly workers?: number;
  /** Heap of one worker. Default 2,048. */
  readonly heapMb?: number;
  readonly stallSec?: number;
}

/** The engine of one machine: worker threads in a process under this one. Its workers stay warm between runs, which go one at a time. */
export interface LocalEngine extends Engine {
  /** What a run would do, without writing anything. */
  plan(pipeline: PipelineInput, options?: RunOptions): Promise<LocalPlan>;
}

export function localEngine(options: LocalEngineOptions): LocalEngine {
  const workers = options.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 1)
    throw new TendonError("bad-pipeline", `workers: must be a whole number from 1 (got ${workers})`);
  let listen: RunOptions["onEvent"];
  const pool: Pool = openPool({
    workers,
    entry: options.entry,
    heapMb: options.heapMb ?? 2048,
    log: (level, message) => listen?.({ type: "log", level, message }),
  });
  const canonical = async (input: PipelineInput, base: string) => {
    const use = Array.isArray(input.use) ? input.use : [];
    const { registry } = await loadModules(use, base, options.registry);
    return canonicalPipeline(input, registry);
  };
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: RunOptions, work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      listen = run.onEvent;
      try {
        return await work();
      } catch (thrown) {
        throw told(thrown, run.signal);
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  const withStall = (run: RunOptions) => ({ ...run, ...(options.stallSec && { stallSec: options.stallSec }) });
  return {
    run: (input, run = {}) => inTurn(run, async () => runLocal(pool, await canonical(input, run.base ?? "."), withStall(run))),
    plan: (input, run = {}) => inTurn(run, async () => planLocal(pool, await canonical(input, run.base ?? "."), withStall(run))),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** What ended a run, in words for the user. */
function told(thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) {
    return new TendonError("cancelled", "stopped; what was done stays done, and running again goes on from there", {
      cause: thrown,
    });
  }
  if (!(thrown instanceof WorkerLost)) return thrown;
  return new TendonError(
    "plugin-failed",
    `a worker died outside the gather pass (${thrown.message}); what was done stays done, run again`,
    { cause: thrown },
  );
}
