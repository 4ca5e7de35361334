import { readdir } from "node:fs/promises";
import type { EpisodeSchema } from "../../core/feature.ts";
import { canonicalJson } from "../../core/json.ts";
import type { ParkedPackets } from "../../core/part.ts";
import type { Failure } from "../../core/report.ts";
import type { Home } from "../../dataset/home.ts";
import { readLines } from "../../dataset/log.ts";

/** What is parked of an episode and needed to show it. */
export interface ParkedEpisode {
  /** The key of the table with its rows. */
  readonly table: string;
  readonly rows: number;
  readonly streams: readonly string[];
  readonly cameras: { readonly [stream: string]: Pick<ParkedPackets, "key" | "codec" | "width" | "height" | "samples"> };
}

/** What is known of an episode behind the last stage. */
export interface KnownEpisode {
  readonly rows: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly source: string;
  readonly task?: string;
  readonly origin: string;
  readonly schema: EpisodeSchema;
}

/** What the receipts of a home tell of episodes. */
export interface ReceiptFacts {
  /** By the key of its part. */
  part(key: string): ParkedEpisode | undefined;
  /** The newest part of that episode: what was dropped by a decision was parked before. */
  partOf(episode: string): ParkedEpisode | undefined;
  known(episode: string): KnownEpisode | undefined;
  readonly failures: readonly Failure[];
}

interface PartReceipt {
  readonly key: string;
  readonly episode: string;
  readonly tables: {
    readonly [name: string]: { readonly key: string; readonly rows: number; readonly streams: readonly string[] };
  };
  readonly packets: { readonly [stream: string]: ParkedPackets };
}

interface OutcomeReceipt {
  readonly outputs: readonly {
    readonly id: string;
    readonly facts: {
      readonly source: string;
      readonly task?: string;
      readonly origin: { readonly file: string; readonly key?: string };
    };
    readonly startNs: string;
    readonly endNs: string;
    readonly schema: EpisodeSchema;
    readonly rows: number;
  }[];
  readonly failure?: Failure;
}

/** Reads all receipts once, oldest writer first. Lines that cannot be read are passed over: the work they tell of would be done again. */
export async function readReceipts(home: Home): Promise<ReceiptFacts> {
  const parts = new Map<string, ParkedEpisode>();
  const partOf = new Map<string, ParkedEpisode>();
  const known = new Map<string, KnownEpisode>();
  const failures: Failure[] = [];
  const schemas = new Map<string, EpisodeSchema>();
  const shared = (schema: EpisodeSchema): EpisodeSchema => {
    const key = canonicalJson(schema as never);
    const first = schemas.get(key) ?? schema;
    schemas.set(key, first);
    return first;
  };
  for await (const value of receiptValues(home)) {
    if (Array.isArray(value)) {
      for (const part of value as PartReceipt[]) {
        const parked = parkedOf(part);
        if (!parked) continue;
        parts.set(part.key, parked);
        partOf.set(part.episode, parked);
      }
      continue;
    }
    const { outputs, failure } = value as OutcomeReceipt;
    if (failure) failures.push(failure);
    for (const { id, facts, startNs, endNs, schema, rows } of outputs ?? []) {
      known.set(id, {
        rows,
        startNs: BigInt(startNs),
        endNs: BigInt(endNs),
        source: facts.source,
        ...(facts.task !== undefined && { task: facts.task }),
        origin: facts.origin.key === undefined ? facts.origin.file : `${facts.origin.file} (${facts.origin.key})`,
        schema: shared(schema),
      });
    }
  }
  return {
    part: (key) => parts.get(key),
    partOf: (episode) => partOf.get(episode),
    known: (episode) => known.get(episode),
    failures,
  };
}

/** Only receipts of parts and of passes are parsed: the others are of checks, and hold no name of an episode. */
async function* receiptValues(home: Home): AsyncGenerator<unknown> {
  const names = await readdir(home.at("receipts")).catch((): string[] => []);
  for (const name of names.filter((each) => each.endsWith(".jsonl")).sort()) {
    for await (const { line } of readLines(home.at("receipts", name))) {
      if (!line.includes('"tables":') && !line.includes('"outputs":') && !line.includes('"failure":')) continue;
      try {
        const { v } = JSON.parse(line.toString("utf8")) as { v: unknown };
        if (v !== null && typeof v === "object") yield v;
      } catch {
        // A torn line: a writer died in it.
      }
    }
  }
}

function parkedOf({ tables, packets }: PartReceipt): ParkedEpisode | undefined {
  const rows = tables?.rows;
  if (!rows) return undefined;
  const cameras = Object.entries(packets).map(([stream, { key, codec, width, height, samples }]) => [
    stream,
    { key, codec, width, height, samples },
  ]);
  return { table: rows.key, rows: rows.rows, streams: rows.streams, cameras: Object.fromEntries(cameras) };
}
