import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Batch, Want } from "../../src/core/batch.ts";
import type { Context } from "../../src/core/context.ts";
import type { Episode } from "../../src/core/episode.ts";
import type { EpisodeSchema } from "../../src/core/feature.ts";
import type { Finding } from "../../src/core/finding.ts";
import { mcap } from "../../src/sources/mcap.ts";

/** What a source gave for a test to look at. */
export interface ReadMcap {
  readonly schemas: readonly EpisodeSchema[];
  readonly episodes: readonly ReadEpisode[];
  /** What could not be opened: the id and the words of the error. */
  readonly bad: readonly { readonly id: string; readonly message: string; readonly file?: string; readonly offset?: number }[];
  /** Said with `context.find`. */
  readonly found: readonly Finding[];
}

export interface ReadEpisode {
  readonly episode: Episode;
  /** All batches of each stream, in the order they came. */
  readonly batches: { readonly [stream: string]: readonly Batch[] };
  /** Start times of all batches in the order they came. */
  readonly starts: readonly bigint[];
}

/** Reads every stream of every recording that the options mean. */
export async function readMcap(options: Parameters<typeof mcap>[0]): Promise<ReadMcap> {
  const found: Finding[] = [];
  const context = testContext(found);
  const source = mcap.create(mcap.options.parse(options));
  const schemas = await source.schema(context);
  const episodes: ReadEpisode[] = [];
  const bad: { id: string; message: string; file?: string; offset?: number }[] = [];
  for await (const partition of source.plan(context)) {
    if ("bad" in partition) {
      const { message, place } = partition.error as Error & { place: { file?: string; offset?: number } };
      bad.push({ id: partition.id, message, ...place });
      continue;
    }
    for await (const episode of source.open(partition, context)) {
      if ("bad" in episode) bad.push({ id: episode.id, message: (episode.error as Error).message });
      else episodes.push(await readEpisode(episode));
    }
  }
  return { schemas, episodes, bad, found };
}

/** The rows of one stream as plain numbers, a list a sample. */
export function rowsOf(read: ReadEpisode, stream: string): (number | bigint)[][] {
  const rows: (number | bigint)[][] = [];
  for (const batch of read.batches[stream] ?? []) {
    if (batch.kind !== "rows") throw new TypeError(`${stream} gave ${batch.kind}`);
    const width = batch.values.length / batch.time.length;
    for (let row = 0; row < batch.time.length; row++) rows.push([...batch.values.subarray(row * width, (row + 1) * width)]);
  }
  return rows;
}

/** The mask of one stream, a list a sample; all ones where there was none. */
export function validOf(read: ReadEpisode, stream: string): number[][] {
  return (read.batches[stream] ?? []).flatMap((batch) => {
    const width = batch.kind === "rows" ? batch.values.length / batch.time.length : 1;
    const valid = batch.valid ?? new Uint8Array(batch.time.length * width).fill(1);
    return Array.from(batch.time, (_, row) => [...valid.subarray(row * width, (row + 1) * width)]);
  });
}

/** The bytes of each sample of a stream of pictures, texts or messages. */
export function bytesOf(read: ReadEpisode, stream: string): Uint8Array[] {
  return (read.batches[stream] ?? []).flatMap((batch) => {
    if (batch.kind !== "packets" && batch.kind !== "bytes") throw new TypeError(`${stream} gave ${batch.kind}`);
    return Array.from(batch.time, (_, row) => batch.bytes.slice(Number(batch.offsets[row]), Number(batch.offsets[row + 1])));
  });
}

export function timesOf(read: ReadEpisode, stream: string): bigint[] {
  return (read.batches[stream] ?? []).flatMap((batch) => [...batch.time]);
}

/** A folder for one test, and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "tendon-mcap-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function readEpisode(episode: Episode): Promise<ReadEpisode> {
  const streams = Object.keys(episode.schema.features);
  const wants = streams.map((stream) => wantOf(episode, stream));
  const batches: { [stream: string]: Batch[] } = {};
  const starts: bigint[] = [];
  for await (const { want, batch } of episode.read(wants)) {
    const stream = streams[want]!;
    batches[stream] ??= [];
    batches[stream].push(batch);
    starts.push(batch.time[0]!);
  }
  return { episode, batches, starts };
}

function wantOf(episode: Episode, stream: string): Want {
  const { dtype } = episode.schema.features[stream]!;
  if (dtype === "video") return { stream, as: "packets", encoding: "as recorded" };
  return { stream, as: dtype === "text" || dtype === "bytes" ? "bytes" : "rows" };
}

export function testContext(found: Finding[] = []): Context {
  return {
    signal: new AbortController().signal,
    seed: 0n,
    log: () => undefined,
    scratch: tmpdir(),
    hold: (_key, open) => open(),
    drop: () => undefined,
    find: (finding) => void found.push(finding),
  };
}
