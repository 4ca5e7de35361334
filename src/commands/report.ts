import { constants, createWriteStream, readFileSync } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline as piped } from "node:stream/promises";
import { TendonError } from "../core/errors.ts";
import { partReader } from "../dataset/partReader.ts";
import { openCodecs } from "../formats/video/codecs.ts";
import { diskError } from "../io/diskError.ts";
import { type Filled, type FillGiven, fillPictures, fillSamples, textBytes } from "./report/fill.ts";
import { type FindOptions, type FoundSnapshot, findSnapshot } from "./report/find.ts";
import { bytesWithoutBlocks, reportHtml } from "./report/html.ts";
import { limitLists } from "./report/limit.ts";
import type { ReportBlocks, ReportData } from "./report/model.ts";
import { readSnapshot, type SnapshotContents } from "./report/read.ts";
import { lineOf, noteOf, sourcesOf, stepsOf, viewsOf } from "./report/snapshotFacts.ts";

/** A page that mail and chat still take. */
const BYTES_MAX = 25_000_000;
const SPARE_BYTES = 300_000;
const SAMPLES_SHARE = 0.4;

export interface ReportOptions extends FindOptions {
  /** Where the page is written. Default: `report.html`. */
  readonly out?: string;
  /** At most so many episodes have pictures. Default: as many as fit. */
  readonly pictures?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: FillGiven["onProgress"];
}

/** What `report --json` prints. */
export interface ReportWritten {
  readonly path: string;
  readonly bytes: number;
  readonly snapshot: string;
  readonly home: string;
  readonly episodes: { readonly kept: number; readonly dropped: number; readonly failed: number };
  readonly findings: number;
  /** Episodes whose samples and whose pictures are in the page. */
  readonly plotted: number;
  readonly pictured: number;
  /** What is missing or was left out, as the page says it. */
  readonly remarks: readonly string[];
}

/**
 * Writes one HTML file that shows a snapshot: episodes with cameras and plots under one cursor, findings and
 * drops with their reasons, distributions and lineage. It needs nothing but itself. Reads what is parked in
 * the dataset, never a source: of what is gone it says so and shows the rest.
 */
export async function report(snapshot?: string, options: ReportOptions = {}): Promise<ReportWritten> {
  const path = resolve(options.cwd ?? ".", options.out ?? "report.html");
  await checkFolder(dirname(path));
  const found = await findSnapshot(snapshot, options);
  const contents = limitLists(await readSnapshot(found));
  const given: FillGiven = {
    ...contents,
    parts: partReader(found.home),
    ...(options.signal && { signal: options.signal }),
    ...(options.onProgress && { onProgress: options.onProgress }),
  };
  const filled = await fillSamples(given, BYTES_MAX * SAMPLES_SHARE);
  const before = await dataOf(found, contents, filled);
  const used = [...filled.blocks.values()].reduce((sum, bytes) => sum + textBytes(bytes.length) + 64, bytesWithoutBlocks(before));
  const pictures = await fillPictures(
    { ...given, filled, codecs: () => openCodecs() },
    { bytesMax: BYTES_MAX - SPARE_BYTES - used, episodesMax: options.pictures ?? Number.POSITIVE_INFINITY },
  );
  const data: ReportData = {
    ...before,
    episodes: pictures.episodes,
    remarks: [...before.remarks, ...pictures.remarks, ...missingParts(pictures.episodes)],
  };
  const bytes = await write(path, data, { samples: filled.blocks, videos: pictures.blocks });
  const count = (status: string) => data.episodes.filter((episode) => episode.status === status).length;
  return {
    path,
    bytes,
    snapshot: found.id,
    home: found.home.path,
    episodes: { kept: count("kept"), dropped: count("dropped"), failed: count("failed") },
    findings: data.findings.length,
    plotted: filled.blocks.size,
    pictured: data.episodes.filter(({ videos }) => videos !== undefined).length,
    remarks: data.remarks.map(({ text }) => text),
  };
}

async function dataOf(found: FoundSnapshot, contents: SnapshotContents, filled: Filled): Promise<ReportData> {
  const { manifest, drops } = contents;
  const note = await noteOf(found);
  const byCheck = new Map<string, number>();
  for (const { check } of contents.findings) byCheck.set(check, (byCheck.get(check) ?? 0) + 1);
  const steps = stepsOf(manifest, { drops, found: byCheck });
  const of = (source: string, status: string) =>
    filled.episodes.filter((episode) => episode.source === source && episode.status === status).length;
  const named = [...new Set(filled.episodes.flatMap(({ source }) => (source === undefined ? [] : [source])))];
  const counts = (source: string) => ({ kept: of(source, "kept"), dropped: of(source, "dropped") });
  const sources = await sourcesOf(manifest, note, counts, named);
  const remarks = [...contents.remarks, ...filled.remarks];
  if (!steps)
    remarks.push({
      about: "missing",
      text: "This snapshot was made before snapshots kept their steps: only the digest of them is known.",
    });
  for (const { name, path, there } of sources) {
    if (there !== "gone") continue;
    remarks.push({
      about: "missing",
      text: `The source ${name} is no longer at ${path}. All that is shown here comes from the dataset itself.`,
    });
  }
  return {
    tendon: version(),
    madeAt: new Date().toISOString(),
    home: { name: basename(found.home.path), path: found.home.path },
    snapshot: await lineOf(found, manifest),
    sources,
    steps: steps ?? [],
    views: await viewsOf(found, manifest),
    schemas: contents.schemas,
    tasks: contents.tasks,
    episodes: filled.episodes,
    findings: contents.findings,
    coverage: filled.coverage,
    remarks,
  };
}

function missingParts(episodes: ReportData["episodes"]): ReportData["remarks"] {
  const gone = episodes.filter(({ missing, status }) => missing !== undefined && status !== "failed");
  if (gone.length === 0) return [];
  const [first] = gone;
  const text = `Samples or pictures of ${gone.length} of ${episodes.length} episodes could not be read, such as ${first!.id}: ${first!.missing}`;
  return [{ about: "missing", text }];
}

/** Told before minutes of encoding, not after. */
async function checkFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    const message = "the report cannot be written here: name a file in a folder that is there and may be written to";
    throw new TendonError("not-found", message, { place: { file: folder }, cause });
  });
}

/** Written beside its place and then put there, so that a report that was there stays until the new one is whole. */
async function write(path: string, data: ReportData, blocks: ReportBlocks): Promise<number> {
  const temporary = `${path}.tendon-tmp`;
  const stream = createWriteStream(temporary);
  try {
    await piped(Readable.from(reportHtml(data, blocks)), stream);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw diskError(cause, path);
  }
  return stream.bytesWritten;
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
