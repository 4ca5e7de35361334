import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import type { Json } from "../core/json.ts";
import { canonicalJson } from "../core/json.ts";
import type { Failure } from "../core/report.ts";
import type { Home } from "./home.ts";
import { openLineLog, readLines } from "./log.ts";
import { checkName } from "./names.ts";

/** An episode or partition that failed, with what it takes to try it again. */
export interface Quarantined extends Failure {
  /** The run's own name, so that one run's failures can be told from another's. */
  readonly run: string;
  /** The partition to open again, as the source's `plan` gave it. */
  readonly payload: Json;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** What failed and may be replayed. */
export interface Quarantine extends AsyncDisposable {
  put(failure: Quarantined): Promise<void>;
}

/** Opens the quarantine for one writer. */
export function openQuarantine(home: Home, writer: string): Quarantine {
  const log = openLineLog(home.at("quarantine", `${checkName(writer)}-${randomUUID()}.jsonl`));
  return {
    async put(failure) {
      await log.append(canonicalJson(failure));
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}

/** All that failed, by writer and then in the order it was put. */
export async function* listQuarantine(home: Home): AsyncGenerator<Quarantined> {
  const names = await readdir(home.at("quarantine"));
  for (const name of names.filter((each) => each.endsWith(".jsonl")).sort()) {
    for await (const { line } of readLines(home.at("quarantine", name))) {
      const failure = parse(line.toString("utf8"));
      if (failure) yield failure;
    }
  }
}

function parse(text: string): Quarantined | undefined {
  try {
    return JSON.parse(text) as Quarantined;
  } catch {
    return undefined;
  }
}
