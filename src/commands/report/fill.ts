import { availableParallelism } from "node:os";
import type { Codecs } from "../../core/codecs.ts";
import { asTendonError } from "../../core/errors.ts";
import type { PartReader } from "../../core/part.ts";
import { orderOfInterest } from "./choose.ts";
import { choosing } from "./choosing.ts";
import { CoverageSums } from "./coverage.ts";
import type { Coverage, EpisodeFacts, FindingFacts, Remark, SchemaFacts, VideoFacts } from "./model.ts";
import { makeProxy } from "./proxies.ts";
import type { ListedEpisode } from "./read.ts";
import { readRows } from "./rows.ts";
import { packSamples, textTracks } from "./samples.ts";

const COVERAGE_EPISODES_MAX = 2000;
/** Pictures that do not fit before the rest is given up. */
const MISFITS_MAX = 8;
/** Episodes that are encoded at the same time. */
const TOGETHER_MAX = 4;

export interface FillGiven {
  readonly episodes: readonly ListedEpisode[];
  readonly findings: readonly FindingFacts[];
  readonly schemas: readonly SchemaFacts[];
  readonly parts: PartReader;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { readonly what: "samples" | "pictures"; readonly episodes: number; readonly of: number }) => void;
}

/** Episodes with what was read of them. */
export interface Filled {
  readonly episodes: readonly EpisodeFacts[];
  readonly blocks: ReadonlyMap<number, Uint8Array>;
  readonly coverage: readonly Coverage[];
  readonly remarks: readonly Remark[];
}

/** Reads the rows of as many episodes as fit, those of most interest first, and of more of them for coverage alone. */
export async function fillSamples(given: FillGiven, bytesMax: number): Promise<Filled> {
  const order = orderOfInterest(
    given.episodes.map(({ facts }) => facts),
    given.findings,
  ).filter((place) => given.episodes[place]!.parked !== undefined);
  const { chosen, pointsMax } = choosing(given, order, bytesMax);
  const read = order.slice(0, Math.max(chosen, COVERAGE_EPISODES_MAX));
  const episodes = given.episodes.map(({ facts }) => facts);
  const blocks = new Map<number, Uint8Array>();
  const sums = new CoverageSums();
  for (const [rank, place] of read.entries()) {
    given.signal?.throwIfAborted();
    given.onProgress?.({ what: "samples", episodes: rank, of: read.length });
    const { facts, parked, startNs } = given.episodes[place]!;
    const schema = given.schemas[facts.schema!]!;
    try {
      const rows = await readRows(given.parts, parked!, { streams: schema.streams, startNs });
      // What a training reads: what was dropped is plotted, and covers nothing.
      if (facts.status === "kept") sums.add(facts.schema!, rows);
      if (rank >= chosen) continue;
      const { bytes, points, every } = packSamples(rows, pointsMax);
      blocks.set(place, bytes);
      const texts = textTracks(rows.texts, rows.seconds);
      episodes[place] = { ...facts, samples: { points, every }, ...(texts.length > 0 && { texts }) };
    } catch (thrown) {
      if (given.signal?.aborted) throw thrown;
      episodes[place] = { ...facts, missing: messageOf(thrown) };
    }
  }
  const remarks: Remark[] = [];
  if (chosen < order.length) {
    remarks.push({
      about: "left out",
      text: `Plots are here for ${blocks.size} of ${order.length} episodes: those with findings, and others evenly spread.`,
    });
  }
  if (read.length < order.length) {
    remarks.push({
      about: "left out",
      text: `Coverage is of ${read.length} of ${order.length} episodes: those with findings, and others evenly spread.`,
    });
  }
  return { episodes, blocks, coverage: sums.facts(given.schemas), remarks };
}

export interface Pictures {
  readonly episodes: readonly EpisodeFacts[];
  readonly blocks: ReadonlyMap<string, Uint8Array>;
  readonly remarks: readonly Remark[];
}

/** Small copies of the cameras of as many episodes as fit into `bytesMax` of text, and at most `episodesMax`. */
export async function fillPictures(
  given: FillGiven & { readonly filled: Filled; readonly codecs: () => Promise<Codecs> },
  limits: { readonly bytesMax: number; readonly episodesMax: number },
): Promise<Pictures> {
  const episodes = [...given.filled.episodes];
  const blocks = new Map<string, Uint8Array>();
  const order = orderOfInterest(episodes, given.findings).filter((place) => {
    const { parked } = given.episodes[place]!;
    return parked && !episodes[place]!.missing && Object.keys(parked.cameras).length > 0;
  });
  if (order.length === 0) return { episodes, blocks, remarks: [] };
  const wanted = order.slice(0, limits.episodesMax);
  const codecs = await given.codecs().catch((thrown: unknown) => messageOf(thrown));
  if (typeof codecs === "string") return { episodes, blocks, remarks: [{ about: "missing", text: `No pictures: ${codecs}` }] };
  let room = limits.bytesMax;
  let misfits = 0;
  let shown = 0;
  const together = Math.max(1, Math.min(TOGETHER_MAX, availableParallelism()));
  for (let rank = 0; rank < wanted.length && misfits < MISFITS_MAX; rank += together) {
    given.signal?.throwIfAborted();
    given.onProgress?.({ what: "pictures", episodes: rank, of: wanted.length });
    const group = wanted.slice(rank, rank + together);
    const made = await Promise.all(group.map((place) => camerasOf({ ...given, codecs }, place)));
    for (const [index, { proxies, missing }] of made.entries()) {
      const place = group[index]!;
      if (missing !== undefined) episodes[place] = { ...episodes[place]!, missing };
      const bytes = proxies.reduce((sum, proxy) => sum + textBytes(proxy.bytes.length), 0);
      if (bytes > room) misfits++;
      if (bytes > room || proxies.length === 0) continue;
      room -= bytes;
      shown++;
      for (const [camera, proxy] of proxies.entries()) blocks.set(`${place}/${camera}`, proxy.bytes);
      episodes[place] = { ...episodes[place]!, videos: proxies.map(({ facts }) => facts) };
    }
  }
  const remarks: Remark[] =
    shown < order.length && limits.episodesMax > 0
      ? [
          {
            about: "left out",
            text: `Pictures are here for ${shown} of ${order.length} episodes: those with findings, and others evenly spread.`,
          },
        ]
      : [];
  return { episodes, blocks, remarks };
}

interface Made {
  readonly proxies: readonly { readonly facts: VideoFacts; readonly bytes: Uint8Array }[];
  readonly missing?: string;
}

async function camerasOf(given: FillGiven & { readonly codecs: Codecs }, place: number): Promise<Made> {
  const { facts, parked, startNs } = given.episodes[place]!;
  const { rateHz } = given.schemas[facts.schema!]!;
  const proxies: Made["proxies"][number][] = [];
  let missing: string | undefined;
  for (const [stream, camera] of Object.entries(parked!.cameras)) {
    try {
      proxies.push(await makeProxy({ parts: given.parts, codecs: given.codecs, startNs, rateHz: rateHz || 30 }, stream, camera));
    } catch (thrown) {
      if (given.signal?.aborted) throw thrown;
      missing = `${stream}: ${messageOf(thrown)}`;
    }
  }
  return { proxies, ...(missing !== undefined && { missing }) };
}

/** What bytes take as base64. */
export function textBytes(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

function messageOf(thrown: unknown): string {
  return asTendonError(thrown, "internal").message;
}
