import { join } from "node:path";
import { TendonError } from "../../../core/errors.ts";
import type { EpisodeSchema, Feature, VideoInfo } from "../../../core/feature.ts";
import type { Finding } from "../../../core/finding.ts";
import { openParquet, type ParquetFile, type ParquetRows } from "../../../formats/parquet/read.ts";
import { annotationKey, jointGroups, videoKey } from "../../gr00t/modality.ts";
import { auditMetadata } from "./audit.ts";
import { type CarriedStatistics, carriedStatistics } from "./carried.ts";
import { type Dataset, videoFact } from "./dataset.ts";
import type { Entry } from "./entries.ts";
import { sizeOf } from "./files.ts";
import { locateEpisodes, type RowRange } from "./locate.ts";
import { collectNotes, type Note, some } from "./notes.ts";
import { chooseRate } from "./rate.ts";
import type { VideoShelf } from "./shelf.ts";
import { type TableStream, tableStreams } from "./streams.ts";

/** A dataset with all that its episodes have in common, learned from the first that can be opened. */
export interface Described {
  readonly dataset: Dataset;
  readonly schema: EpisodeSchema;
  readonly rateHz: number;
  readonly table: readonly TableStream[];
  /** Cameras with files, by feature key. */
  readonly cameras: ReadonlyMap<string, VideoInfo>;
  readonly carried: CarriedStatistics;
  /** About the dataset as a whole. */
  readonly findings: readonly Finding[];
}

export interface DescribeOptions {
  /** The schema's key: unique among the datasets of a source. */
  readonly key: string;
  readonly shelf: VideoShelf;
  /** Rows a second, instead of what the dataset says. */
  readonly rateHz?: number | undefined;
}

/** Opens one table and one video of each camera, and judges the metadata by them. */
export async function describeDataset(dataset: Dataset, options: DescribeOptions): Promise<Described> {
  const { note, findings } = collectNotes();
  const sample = await firstTable(dataset);
  const table = tableStreams(dataset, sample.table.fields, sample.first, note);
  const { cameras, rates } = await openCameras(dataset, options.shelf, note);
  const rateHz = options.rateHz ?? chooseRate(dataset.info.fps, await stepsOf(sample), rates, note);
  const pictures = table.filter(({ as }) => as === "picture").map(({ stream }) => stream);
  const features: { [stream: string]: Feature } = {};
  for (const [key, video] of cameras) features[key] = cameraFeature(dataset, key, video);
  for (const { stream, feature } of table) features[stream] = feature;
  for (const [stream, feature] of Object.entries(features)) features[stream] = { ...feature, rateHz };
  const camera = Object.keys(dataset.info.features).find((key) => cameras.has(key) || pictures.includes(key)) ?? pictures[0];
  const groups = modalityGroups(dataset, table, features, note);
  await auditMetadata(dataset, { features, cameras: [...cameras.keys()], note });
  return {
    dataset,
    schema: {
      key: options.key,
      embodiment: dataset.embodiment,
      features,
      grid: { rateHz, streams: Object.keys(features), ...(camera !== undefined && { camera }) },
      ...(groups && { groups }),
    },
    rateHz,
    table,
    cameras,
    carried: carriedStatistics(dataset, [...cameras.keys(), ...pictures]),
    findings: [...dataset.findings, ...findings],
  };
}

interface Sample {
  readonly table: ParquetFile;
  readonly range: RowRange;
  readonly first: ParquetRows;
}

/** The first episode whose table opens and whose first row can be read. */
async function firstTable(dataset: Dataset): Promise<Sample> {
  let failed: unknown;
  for (const entry of dataset.entries.list) {
    const file = join(dataset.root, entry.data);
    if (sizeOf(file) === null) continue;
    try {
      const table = await openParquet(file);
      const range = (await locateEpisodes(dataset, table))(entry);
      const first = await firstRow(table, range);
      if (first) return { table, range, first };
    } catch (thrown) {
      failed ??= thrown;
    }
  }
  if (failed) throw failed;
  const listed = dataset.entries.list.length;
  throw new TendonError("bad-data", `has no table of any of its ${listed} episodes: copy the data folder too`, {
    place: { file: dataset.root },
  });
}

async function firstRow(table: ParquetFile, { from, to }: RowRange): Promise<ParquetRows | undefined> {
  for await (const rows of table.read({ from, to: Math.min(to, from + 1) })) return rows;
  return undefined;
}

/** Raw times of the sample's first rows, in seconds. */
async function stepsOf({ table, range }: Sample): Promise<number[]> {
  const field = table.fields.find(({ name }) => name === "timestamp");
  if (field?.type.kind !== "numbers" || field.type.lists > 0) return [];
  const times: number[] = [];
  for await (const { columns } of table.read({
    columns: ["timestamp"],
    from: range.from,
    to: Math.min(range.to, range.from + 4096),
  })) {
    const column = columns.get("timestamp");
    if (column?.kind === "numbers") for (const value of column.values) times.push(Number(value));
  }
  return times;
}

async function openCameras(dataset: Dataset, shelf: VideoShelf, note: Note) {
  const cameras = new Map<string, VideoInfo>();
  const rates: number[] = [];
  const phantom: string[] = [];
  for (const key of dataset.cameras) {
    const found = await firstVideo(dataset, key, shelf);
    if (found === "none") phantom.push(key);
    else {
      cameras.set(key, found.video);
      if (found.rateHz > 0) rates.push(found.rateHz);
      compareVideo(dataset, key, found, note);
    }
  }
  for (const key of phantom)
    note(
      "risk",
      `info.json declares the camera ${key}, but there is no video file of it; it is left out (remove it from info.json)`,
    );
  return { cameras, rates };
}

async function firstVideo(dataset: Dataset, key: string, shelf: VideoShelf) {
  let failed: unknown;
  const tried = new Set<string>();
  for (const entry of dataset.entries.list) {
    const file = entry.videos.get(key)?.file;
    if (file === undefined || tried.has(file)) continue;
    tried.add(file);
    const path = join(dataset.root, file);
    if (sizeOf(path) === null) continue;
    try {
      const { config, rateHz } = await shelf.take(path);
      const { codec, width, height, pixelFormat } = config;
      return { video: { codec, width, height, ...(pixelFormat !== undefined && { pixelFormat }) }, rateHz };
    } catch (thrown) {
      failed ??= thrown;
    } finally {
      await shelf.release(path);
    }
  }
  if (failed) throw failed;
  return "none" as const;
}

function compareVideo(dataset: Dataset, key: string, { video, rateHz }: { video: VideoInfo; rateHz: number }, note: Note): void {
  const feature = dataset.info.features[key];
  const codec = videoFact(feature, "video.codec");
  if (typeof codec === "string" && !sameCodec(codec, video.codec))
    note("risk", `info.json declares ${codec} video, the files hold ${video.codec}; they are read as what they are`, {
      stream: key,
    });
  const [height, width] = feature?.shape ?? [];
  if (feature?.shape && !(feature.shape.includes(video.height) && feature.shape.includes(video.width)))
    note("risk", `info.json declares pictures of ${height}x${width}, the files hold ${video.height}x${video.width}`, {
      stream: key,
    });
  const fps = videoFact(feature, "video.fps");
  if (typeof fps === "number" && rateHz > 0 && Math.abs(fps - rateHz) > 0.01 * rateHz)
    note("risk", `info.json declares video of ${fps} fps, the files play at ${Number(rateHz.toFixed(3))} fps`, { stream: key });
}

/** LeRobot names encoders as well as codecs. */
function sameCodec(declared: string, held: string): boolean {
  const known: Record<string, string> = {
    libsvtav1: "av1",
    "libaom-av1": "av1",
    libx264: "h264",
    avc1: "h264",
    libx265: "hevc",
    h265: "hevc",
  };
  const name = declared.toLowerCase();
  return (known[name] ?? name) === held;
}

function cameraFeature(dataset: Dataset, key: string, video: VideoInfo): Feature {
  const depth =
    videoFact(dataset.info.features[key], "video.is_depth_map") === true ||
    videoFact(dataset.info.features[key], "is_depth_map") === true;
  const channels = video.pixelFormat?.startsWith("gray") ? 1 : 3;
  return { dtype: "video", shape: [video.height, video.width, channels], video: depth ? { ...video, depth } : video };
}

function modalityGroups(dataset: Dataset, table: readonly TableStream[], features: EpisodeSchema["features"], note: Note) {
  const content = dataset.modality;
  if (!content) return undefined;
  const file = join(dataset.root, "meta/modality.json");
  const widths = new Map<string, number>();
  for (const { stream, as, feature } of table) {
    const [size] = feature.shape;
    if ((as === "numbers" || as === "json") && feature.shape.length <= 1 && size !== "any") widths.set(stream, size ?? 1);
  }
  const declared = Object.keys(dataset.info.features);
  const cameras = Object.entries(content.video).map(([key, entry]) => [key, videoKey(key, entry, declared)] as const);
  const lost = cameras.filter(([, stream]) => !features[stream]).map(([key, stream]) => `video.${key} (${stream})`);
  const texts = Object.entries(content.annotation).map(([key, entry]) => [key, annotationKey(key, entry)] as const);
  const silent = texts
    .filter(([, stream]) => !features[stream] && stream !== "task_index")
    .map(([key, stream]) => `annotation.${key} (${stream})`);
  if (lost.length + silent.length > 0)
    note("risk", `modality.json names ${some([...lost, ...silent])}, which the dataset does not have`);
  return jointGroups(file, content, widths);
}

/** The entries whose table and videos are all absent: parts of a dataset that were not copied along. */
export async function isAbsent(dataset: Dataset, entry: Entry): Promise<boolean> {
  if (sizeOf(join(dataset.root, entry.data)) !== null) return false;
  for (const { file } of entry.videos.values()) if (sizeOf(join(dataset.root, file)) !== null) return false;
  return true;
}
