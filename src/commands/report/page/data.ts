import type { EpisodeFacts, FindingFacts, ReportData, SchemaFacts, VideoFacts } from "../model.ts";

const CACHE_MAX = 6;
const MISSING_VALUE = 65535;
const STEPS_OF_RANGE = 65534;

export const data: ReportData = JSON.parse(textOf("data") ?? "{}") as ReportData;

/** The findings of each episode, by their place in the list of all. */
export const findingsOf: ReadonlyMap<number, readonly number[]> = gathered();

function gathered(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [place, { episode }] of data.findings.entries()) {
    if (episode === undefined) continue;
    found.set(episode, [...(found.get(episode) ?? []), place]);
  }
  for (const places of found.values()) places.sort((a, b) => (data.findings[a]!.start ?? -1) - (data.findings[b]!.start ?? -1));
  return found;
}

export function episodeAt(place: number): EpisodeFacts | undefined {
  return data.episodes[place];
}

export function schemaOf(episode: EpisodeFacts | undefined): SchemaFacts | undefined {
  return episode?.schema === undefined ? undefined : data.schemas[episode.schema];
}

export function taskOf(episode: EpisodeFacts): string | undefined {
  return episode.task === undefined ? undefined : data.tasks[episode.task];
}

/** The id without the name of its source, where all share one. */
export function nameOf(episode: EpisodeFacts): string {
  if (data.sources.length > 1) return episode.id;
  const prefix = `${episode.source ?? ""}/`;
  return episode.id.startsWith(prefix) && episode.id.length > prefix.length ? episode.id.slice(prefix.length) : episode.id;
}

/** The worst first. */
export function severityOf(findings: readonly FindingFacts[]): FindingFacts["severity"] | undefined {
  return (["broken", "risk", "note"] as const).find((severity) => findings.some((finding) => finding.severity === severity));
}

/** An episode's samples, as `packSamples` packed them. */
export interface Samples {
  readonly points: number;
  readonly seconds: Float32Array;
  readonly rows: Uint32Array;
  /** Null where a value is missing. */
  channel(place: number): (number | null)[];
  value(place: number, point: number): number | null;
}

const cache = new Map<number, Samples>();

export function samplesOf(episode: number): Samples | undefined {
  const known = cache.get(episode);
  if (known) return known;
  const bytes = blockOf(`samples-${episode}`);
  if (!bytes) return undefined;
  const samples = unpack(bytes);
  cache.set(episode, samples);
  if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value!);
  return samples;
}

function unpack(bytes: Uint8Array<ArrayBuffer>): Samples {
  const points = new Uint32Array(bytes.buffer, 0, 1)[0]!;
  const seconds = new Float32Array(bytes.buffer, 4, points);
  const rows = new Uint32Array(bytes.buffer, 4 + 4 * points, points);
  const rest = bytes.length - 4 - 8 * points;
  const width = rest / (8 + 2 * points);
  const ranges = new Float32Array(bytes.buffer, 4 + 8 * points, 2 * width);
  const values = new Uint16Array(bytes.buffer, 4 + 8 * points + 8 * width, points * width);
  const value = (place: number, point: number) => {
    const step = values[place * points + point];
    if (step === undefined || step === MISSING_VALUE) return null;
    const low = ranges[2 * place]!;
    return low + ((ranges[2 * place + 1]! - low) * step) / STEPS_OF_RANGE;
  };
  return { points, seconds, rows, value, channel: (place) => Array.from({ length: points }, (_, point) => value(place, point)) };
}

/** The point at a time: the last that is not after it. */
export function pointAt(samples: Samples, time: number): number {
  let low = 0;
  let high = samples.points - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (samples.seconds[middle]! <= time + 1e-6) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** An address of a video's bytes; give it back with `URL.revokeObjectURL`. */
export function videoUrl(episode: number, camera: number): string | undefined {
  const bytes = blockOf(`video-${episode}-${camera}`);
  return bytes && URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
}

export function videosOf(episode: EpisodeFacts | undefined): readonly VideoFacts[] {
  return episode?.videos ?? [];
}

function blockOf(id: string): Uint8Array<ArrayBuffer> | undefined {
  const text = textOf(id);
  if (text === undefined) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function textOf(id: string): string | undefined {
  return document.getElementById(id)?.textContent ?? undefined;
}
