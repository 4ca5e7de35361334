import { readdir, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Bad, Episode } from "../core/episode.ts";
import { asTendonError } from "../core/errors.ts";
import type { EpisodeSchema, Feature } from "../core/feature.ts";
import type { Finding } from "../core/finding.ts";
import type { Failure, InspectReport, InspectStream, View } from "../core/report.ts";
import type { Partition, Source } from "../core/source.ts";
import { type Clock, toSeconds } from "../core/time.ts";
import { openHome } from "../dataset/home.ts";
import { openSnapshots } from "../dataset/snapshots.ts";
import { builtIns } from "../plugins.ts";
import { detect, type Found } from "./detect.ts";
import { lookContext } from "./lookContext.ts";
import { sourceOf } from "./sourceOf.ts";

export interface InspectOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { readonly episodes: number }) => void;
}

/** Says what stands at a path: a recording, a folder of them, or a dataset. Decodes nothing and writes nothing. */
export async function inspect(path: string, options: InspectOptions = {}): Promise<InspectReport> {
  const found = await detect(path);
  if (found.kind !== "dataset") return inspectSource(found, options);
  const home = await homeFacts(found.path);
  const { sink } = home.views.find((view) => view.sink === "lerobot") ?? home.views[0] ?? {};
  if (sink === undefined)
    return { kind: "dataset", clock: "episode", episodes: 0, streams: [], durationSec: 0, findings: [], ...home };
  // The link of a sink holds a dataset for each robot, and the source reads a folder of datasets.
  const report = await inspectSource({ kind: "lerobot", path: join(found.path, sink), name: found.name }, options);
  return { ...report, kind: "dataset", ...home };
}

async function inspectSource(found: Found, options: InspectOptions): Promise<InspectReport> {
  const { name, step } = sourceOf(found);
  const plugin = builtIns.get("source", name, "path");
  const source: Source = plugin.create(plugin.options.parse(step));
  const findings: Finding[] = [];
  await using context = await lookContext({ find: (finding) => findings.push(finding), ...options });
  const survey = new Survey();
  for (const schema of await source.schema(context)) survey.expect(schema);
  for await (const partition of source.plan(context)) {
    if ("bad" in partition) survey.fail(partition);
    else await surveyPartition(partition, { source, context, survey, options });
  }
  return { kind: found.kind, ...(found.version && { version: found.version }), ...survey.report(findings) };
}

interface Look {
  readonly source: Source;
  readonly context: Awaited<ReturnType<typeof lookContext>>;
  readonly survey: Survey;
  readonly options: InspectOptions;
}

async function surveyPartition(partition: Partition, { source, context, survey, options }: Look): Promise<void> {
  try {
    for await (const episode of source.open(partition, context)) {
      options.signal?.throwIfAborted();
      if ("bad" in episode) survey.fail(episode);
      else await survey.add(episode).catch((error: unknown) => survey.fail({ bad: true, id: episode.id, error }));
      options.onProgress?.({ episodes: survey.episodes });
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    survey.fail({ bad: true, id: partition.key, error });
  }
}

interface StreamSum {
  readonly feature: Feature;
  readonly embodiment: string;
  samples: number;
  keys: number;
  intervals: number;
  intervalsSec: number;
}

/** Sums over episodes, one row a stream of each robot and layout. */
class Survey {
  readonly #streams = new Map<string, StreamSum>();
  readonly #findings: Finding[] = [];
  readonly #failures: Failure[] = [];
  #clock: Clock = "episode";
  #durationSec = 0;
  episodes = 0;

  expect(schema: EpisodeSchema): void {
    for (const [stream, feature] of Object.entries(schema.features)) this.#sum(stream, feature, schema);
  }

  async add(episode: Episode): Promise<void> {
    const times = await Promise.all(
      Object.keys(episode.schema.features).map(async (stream) => ({ stream, ...(await episode.times(stream)) })),
    );
    this.episodes++;
    this.#clock = episode.clock;
    this.#durationSec += toSeconds(episode.span.end - episode.span.start);
    this.#findings.push(...(episode.findings ?? []));
    for (const { stream, time, key } of times) {
      const sum = this.#sum(stream, episode.schema.features[stream]!, episode.schema);
      sum.samples += time.length;
      if (key) sum.keys += key.reduce((total, one) => total + one, 0);
      if (time.length < 2) continue;
      sum.intervals += time.length - 1;
      sum.intervalsSec += toSeconds(time[time.length - 1]! - time[0]!);
    }
  }

  fail({ id, error }: Bad): void {
    const { code, message, place } = asTendonError(error, "bad-data", { episode: id });
    this.#failures.push({ episode: id, step: "source", code, message, place, attempt: 1 });
  }

  report(found: readonly Finding[]): Omit<InspectReport, "kind" | "version"> {
    const sums = [...this.#streams].map(([key, sum]) => ({ name: key.slice(key.indexOf("\n") + 1), sum }));
    const several = new Set(sums.map(({ sum }) => sum.embodiment)).size > 1;
    return {
      clock: this.#clock,
      episodes: this.episodes,
      streams: sums.map(({ name, sum }) => streamReport(name, sum, several)),
      durationSec: this.#durationSec,
      findings: [...found, ...this.#findings],
      ...(this.#failures.length > 0 && { failures: this.#failures }),
    };
  }

  #sum(stream: string, feature: Feature, { embodiment }: EpisodeSchema): StreamSum {
    const key = `${embodiment} ${JSON.stringify([feature.dtype, feature.shape, feature.video?.codec])}\n${stream}`;
    const known = this.#streams.get(key);
    if (known) return known;
    const fresh = { feature, embodiment, samples: 0, keys: 0, intervals: 0, intervalsSec: 0 };
    this.#streams.set(key, fresh);
    return fresh;
  }
}

function streamReport(name: string, sum: StreamSum, several: boolean): InspectStream {
  const { feature } = sum;
  return {
    name,
    dtype: feature.dtype,
    shape: feature.shape,
    rateHz: sum.intervalsSec > 0 ? rounded(sum.intervals / sum.intervalsSec, 1000) : (feature.rateHz ?? null),
    samples: sum.samples,
    ...(feature.video && { codec: feature.video.codec, width: feature.video.width, height: feature.video.height }),
    ...(sum.keys > 0 && { keyFrameEvery: rounded(sum.samples / sum.keys, 10) }),
    ...(feature.unit && { unit: feature.unit }),
    ...(several && { embodiment: sum.embodiment }),
  };
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

/** The newest snapshot of a home, and the views that its links show. */
async function homeFacts(path: string): Promise<{ snapshot: string | null; views: View[] }> {
  const head = await openSnapshots(await openHome(path)).head("main");
  const views: View[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const folder = await realpath(join(path, entry.name)).catch(() => undefined);
    if (folder === undefined) continue;
    for (const embodiment of await readdir(folder, { withFileTypes: true })) {
      if (!embodiment.isDirectory()) continue;
      views.push({
        sink: basename(entry.name),
        version: "",
        embodiment: embodiment.name,
        path: join(path, entry.name, embodiment.name),
      });
    }
  }
  return { snapshot: head?.id ?? null, views };
}
