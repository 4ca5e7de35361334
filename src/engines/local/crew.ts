import { TendonError } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import type { BeginArguments, LifeNote, Operations, RunHome } from "../protocol.ts";
import type { Pool } from "./pool.ts";
import { openStallWatch } from "./stallWatch.ts";

/** The workers of one run: each is told of the run once in each of its lives. */
export interface Crew {
  readonly pool: Pool;
  /** To be called before each call of a worker, which may have died since the last. */
  begin(worker: number): Promise<void>;
  /**
   * Asks a worker for what gives signs of life. One that gives none for the stall limit is ended, and
   * the error names the step that it was at; where something else went on beside it, it is only lost.
   */
  ask<Name extends Asked>(
    worker: number,
    operation: Name,
    given: Parameters<Operations[Name]>[0],
  ): Promise<Awaited<ReturnType<Operations[Name]>>>;
  /** From now on the run has a home. Nobody may be at work meanwhile. */
  enterHome(home: RunHome): Promise<void>;
  /** Ends the run in every worker that lives. */
  end(): Promise<void>;
}

type Asked = "openSource" | "partitions" | "decide" | "layout" | "build" | "finish";

/** What a step did when nothing more was heard of it. */
const DOING: { readonly [operation in Asked]: string } = {
  openSource: "telling what it holds",
  partitions: "listing its inputs",
  decide: "deciding",
  layout: "laying out files",
  build: "building a file",
  finish: "finishing its view",
};

export interface CrewGiven {
  readonly pool: Pool;
  readonly run: Omit<BeginArguments, "worker" | "home">;
  readonly stallMs: number;
  readonly emit: (event: RunEvent) => void;
}

/** Starts nothing until the first `begin`. */
export function openCrew({ pool, run, stallMs, emit }: CrewGiven): Crew {
  const begun = new Map<number, { readonly life: number; readonly done: Promise<null> }>();
  const isBegun = (worker: number) => pool.isAlive(worker) && begun.get(worker)?.life === pool.life(worker);
  let home: RunHome | undefined;
  return {
    pool,
    async begin(worker) {
      if (!isBegun(worker)) {
        const done = pool.call(worker, "begin", { ...run, worker, ...(home && { home }) });
        begun.set(worker, { life: pool.life(worker), done });
      }
      await begun.get(worker)!.done;
    },
    async ask(worker, operation, given) {
      await this.begin(worker);
      let step: string | undefined;
      let beside = false;
      const silence = `gave no sign of life for ${stallMs / 1000} s`;
      const watch = openStallWatch(stallMs, () => {
        beside = pool.underWay(worker) > 1;
        emit({ type: "worker", what: "timed out", message: `${step ?? operation} ${silence}` });
        pool.kill(worker);
      });
      try {
        return await (pool.call(worker, operation, given, (note: LifeNote) => {
          step = note.step ?? step;
          watch.touch();
        }) as Promise<never>);
      } catch (thrown) {
        if (!watch.stalled || beside) throw thrown;
        const message = `${silence} while ${DOING[operation]}, and was ended; what was done stays done. Mend it, or allow it more time (stallSec) if it only is slow`;
        throw new TendonError("plugin-failed", message, { place: step === undefined ? {} : { path: step }, cause: thrown });
      } finally {
        watch.close();
      }
    },
    async enterHome(given) {
      home = given;
      for (const worker of begun.keys()) if (isBegun(worker)) await pool.call(worker, "enterHome", given);
    },
    async end() {
      const begun = Array.from({ length: pool.workers }, (_, worker) => worker).filter((worker) => pool.life(worker) > 0);
      await Promise.all(begun.map((worker) => pool.call(worker, "end", null).catch(() => undefined)));
    },
  };
}
