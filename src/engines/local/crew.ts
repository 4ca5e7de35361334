import type { BeginArguments, RunHome } from "../protocol.ts";
import type { Pool } from "./pool.ts";

/** The workers of one run: each is told of the run once in each of its lives. */
export interface Crew {
  readonly pool: Pool;
  /** To be called before each call of a worker, which may have died since the last. */
  begin(worker: number): Promise<void>;
  /** From now on the run has a home. Nobody may be at work meanwhile. */
  enterHome(home: RunHome): Promise<void>;
  /** Ends the run in every worker that lives. */
  end(): Promise<void>;
}

/** Starts nothing until the first `begin`. */
export function openCrew(pool: Pool, run: Omit<BeginArguments, "worker" | "home">): Crew {
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
    async enterHome(given) {
      home = given;
      for (const worker of begun.keys()) if (isBegun(worker)) await pool.call(worker, "enterHome", given);
    },
    async end() {
      for (let worker = 0; worker < pool.workers; worker++)
        if (pool.life(worker) > 0) await pool.call(worker, "end", null).catch(() => undefined);
    },
  };
}
