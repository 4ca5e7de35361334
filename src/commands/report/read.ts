import type { Finding } from "../../core/finding.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Drop, Failure } from "../../core/report.ts";
import { toSeconds } from "../../core/time.ts";
import { listQuarantine } from "../../dataset/quarantine.ts";
import type { FoundSnapshot } from "./find.ts";
import type { EpisodeFacts, FindingFacts, Remark, SchemaFacts } from "./model.ts";
import { type KnownEpisode, type ParkedEpisode, type ReceiptFacts, readReceipts } from "./parked.ts";
import { schemaFacts } from "./schema.ts";

const TEXT_CHARS_MAX = 2000;

/** A line of the snapshot's list of episodes. */
interface EpisodeLine {
  readonly episode: string;
  readonly parts: { readonly [sink: string]: string };
  readonly copies: number;
  readonly facts: JsonObject;
  readonly embodiment: string;
  readonly source: string;
  readonly origin: { readonly file: string; readonly key?: string };
  readonly rows: number;
}

/** An episode, and what of it can be read. */
export interface ListedEpisode {
  readonly facts: EpisodeFacts;
  readonly parked?: ParkedEpisode;
  readonly startNs: bigint;
}

/** All that a snapshot's own files and the receipts tell; no sample is read. */
export interface SnapshotContents {
  readonly manifest: JsonObject;
  readonly episodes: readonly ListedEpisode[];
  readonly findings: readonly FindingFacts[];
  readonly drops: readonly Drop[];
  readonly schemas: readonly SchemaFacts[];
  readonly tasks: readonly string[];
  readonly remarks: readonly Remark[];
}

/** Reads a snapshot's lists. What is missing is remarked on; only a manifest that cannot be read stops it. */
export async function readSnapshot(found: FoundSnapshot): Promise<SnapshotContents> {
  const { snapshots, id, home } = found;
  const manifest = await snapshots.manifest(id);
  const remarks: Remark[] = [];
  const list = async <T>(name: string): Promise<T[]> => {
    try {
      return (await Array.fromAsync(snapshots.list(id, name))) as T[];
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      remarks.push({ about: "missing", text: `The snapshot's list of ${name} cannot be read: ${why}` });
      return [];
    }
  };
  const lines = await list<EpisodeLine>("episodes");
  const drops = await list<Drop>("drops");
  const findings = await list<Finding>("findings");
  const receipts = await readReceipts(home);
  const listing = new Listing(receipts);
  for (const line of lines) listing.kept(line);
  for (const drop of drops) listing.dropped(drop);
  for (const failure of await failuresOf(found, receipts)) listing.failed(failure);
  return {
    manifest,
    ...listing.done(),
    findings: findings.map((finding) => findingFacts(finding, listing)),
    drops,
    remarks,
  };
}

/** Of the whole home: a snapshot does not keep what could not be processed when it was made. */
async function failuresOf({ home }: FoundSnapshot, receipts: ReceiptFacts): Promise<Failure[]> {
  const failures = [...receipts.failures];
  try {
    for await (const failure of listQuarantine(home)) failures.push(failure);
  } catch {
    // Without the folder nothing was quarantined.
  }
  return failures;
}

class Listing {
  readonly #receipts: ReceiptFacts;
  readonly #episodes: ListedEpisode[] = [];
  readonly #places = new Map<string, number>();
  readonly #schemas: SchemaFacts[] = [];
  readonly #schemaPlaces = new Map<object, number>();
  readonly #tasks = new Map<string, number>();

  constructor(receipts: ReceiptFacts) {
    this.#receipts = receipts;
  }

  kept(line: EpisodeLine): void {
    const [key] = Object.values(line.parts);
    const parked = key === undefined ? undefined : this.#receipts.part(key);
    const known = this.#receipts.known(line.episode);
    const origin = line.origin.key === undefined ? line.origin.file : `${line.origin.file} (${line.origin.key})`;
    const task = typeof line.facts.task === "string" ? line.facts.task : known?.task;
    const { task: _, ...added } = line.facts;
    this.#add(line.episode, parked, known, {
      status: "kept",
      source: line.source,
      origin,
      rows: line.rows,
      ...(task !== undefined && { task: this.#task(task) }),
      ...(Object.keys(added).length > 0 && { facts: added as Json }),
      ...(line.copies !== 1 && { copies: line.copies }),
    });
  }

  dropped({ episode, reason, by, score, row }: Drop): void {
    if (row !== undefined || this.#places.has(episode)) return;
    this.#gone(episode, "dropped", { reason: cut(reason), by, ...(score !== undefined && { score }) });
  }

  failed({ episode, message, step }: Failure): void {
    if (!this.#places.has(episode)) this.#gone(episode, "failed", { reason: cut(message), by: step });
  }

  placeOf(episode: string): number | undefined {
    return this.#places.get(episode);
  }

  startOf(place: number): bigint {
    return this.#episodes[place]!.startNs;
  }

  done(): Pick<SnapshotContents, "episodes" | "schemas" | "tasks"> {
    return { episodes: this.#episodes, schemas: this.#schemas, tasks: [...this.#tasks.keys()] };
  }

  #gone(episode: string, status: "dropped" | "failed", said: Pick<EpisodeFacts, "reason" | "by" | "score">): void {
    const known = this.#receipts.known(episode);
    const source = known?.source ?? episode.slice(0, Math.max(0, episode.indexOf("/")));
    this.#add(episode, this.#receipts.partOf(episode), known, {
      status,
      source,
      rows: known?.rows ?? 0,
      ...(known && { origin: known.origin }),
      ...(known?.task !== undefined && { task: this.#task(known.task) }),
      ...said,
    });
  }

  #add(
    id: string,
    parked: ParkedEpisode | undefined,
    known: KnownEpisode | undefined,
    facts: Omit<EpisodeFacts, "id" | "seconds" | "schema">,
  ): void {
    this.#places.set(id, this.#episodes.length);
    this.#episodes.push({
      startNs: known?.startNs ?? 0n,
      ...(parked && known && { parked }),
      facts: {
        id,
        ...facts,
        seconds: known ? toSeconds(known.endNs - known.startNs) : 0,
        ...(known && { schema: this.#schema(known) }),
        ...(!(parked && known) &&
          facts.status !== "failed" && { missing: "Its receipt is gone, so nothing tells where its samples are." }),
      },
    });
  }

  #schema({ schema }: KnownEpisode): number {
    const place = this.#schemaPlaces.get(schema) ?? this.#schemas.push(schemaFacts(schema)) - 1;
    this.#schemaPlaces.set(schema, place);
    return place;
  }

  #task(text: string): number {
    const short = cut(text);
    const place = this.#tasks.get(short) ?? this.#tasks.size;
    this.#tasks.set(short, place);
    return place;
  }
}

function findingFacts({ check, severity, episode, stream, startNs, endNs, message }: Finding, listing: Listing): FindingFacts {
  const place = episode === undefined ? undefined : listing.placeOf(episode);
  const start = place === undefined ? 0n : listing.startOf(place);
  const seconds = (time: string) => toSeconds(BigInt(time) - start);
  return {
    check,
    severity,
    ...(place !== undefined && { episode: place }),
    ...(place === undefined && episode !== undefined && { episodeId: episode }),
    ...(stream !== undefined && { stream }),
    ...(place !== undefined && startNs !== undefined && { start: seconds(startNs) }),
    ...(place !== undefined && endNs !== undefined && { end: seconds(endNs) }),
    message: cut(message),
  };
}

/** A text that a recording made endless may not fill the page. */
function cut(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)} …`;
}
