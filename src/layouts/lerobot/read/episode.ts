import type { Batch, Want } from "../../../core/batch.ts";
import type { Copy, Episode, Facts, StreamStatistics, StreamTimes } from "../../../core/episode.ts";
import { TendonError } from "../../../core/errors.ts";
import { mergeByTime } from "../../../core/merge.ts";
import type { TimeRange } from "../../../core/time.ts";
import type { ParquetFile } from "../../../formats/parquet/read.ts";
import type { VideoFile } from "../../../formats/video/demux.ts";
import { splitOf } from "./audit.ts";
import { type Camera, carriedOf, openCamera } from "./camera.ts";
import type { Described } from "./describe.ts";
import type { Entry } from "./entries.ts";
import { fanOut } from "./fan.ts";
import type { RowRange } from "./locate.ts";
import { collectNotes, type Note } from "./notes.ts";
import { probeRows } from "./probe.ts";
import { type EpisodeRows, readRows } from "./rows.ts";
import { rowTime, rowTimes } from "./rowTime.ts";
import type { VideoShelf } from "./shelf.ts";
import type { TableStream } from "./streams.ts";
import { readPackets } from "./video.ts";

/** An episode's place in its dataset, and what it is called. */
export interface EpisodeGiven {
  readonly id: string;
  readonly entry: Entry;
  readonly table: ParquetFile;
  readonly range: RowRange;
  /** The table's path relative to the source's root, for the facts. */
  readonly file: string;
  readonly shelf: VideoShelf;
}

/** Opens one episode: looks at its times and at its videos' tables, and reads no sample. */
export async function openEpisode(described: Described, given: EpisodeGiven): Promise<Episode> {
  const { dataset, rateHz, schema } = described;
  const { id, entry, table, range } = given;
  const { note, findings } = collectNotes(id);
  const count = range.to - range.from;
  if (count === 0) throw new TendonError("bad-data", "has no rows: remove the episode", { place: { file: table.path } });
  sameColumns(described, table);
  if (entry.length !== undefined && entry.length !== count)
    note("risk", `the metadata says ${entry.length} rows, its table holds ${count}; the table is taken`);
  const rows: EpisodeRows = { table, from: range.from, to: range.to, rateHz, tasks: dataset.tasks };
  const used = await probeRows(rows, entry.index, note);
  const cameras = new Map<string, Camera>();
  for (const key of described.cameras.keys()) cameras.set(key, await openCamera(described, given, key, count, note));
  const pictures = await carriedPictures(described, entry, count, note);
  return {
    id,
    clock: "episode",
    span: { start: 0n, end: rowTime(count, rateHz) },
    facts: factsOf(described, given, used),
    schema,
    ...(findings.length > 0 && { findings }),
    times: async (stream) => timesOf(described, { stream, cameras, pictures, count }),
    read: (wants, span) => readEpisode(described, { rows, cameras, shelf: given.shelf, wants, span }),
  };
}

/** An episode must have what the first one has: a column that changes its type would change the numbers. */
function sameColumns({ table: streams }: Described, table: ParquetFile): void {
  for (const { stream, column, as, feature } of streams) {
    const type = table.fields.find(({ name }) => name === column)?.type;
    const place = { file: table.path, stream };
    if (!type)
      throw new TendonError("bad-data", `has no column ${column}, which other episodes have: record it again or remove it`, {
        place,
      });
    const kinds = { numbers: "numbers", index: "numbers", json: "text", text: "text", picture: "image" } as const;
    if (type.kind !== kinds[as])
      throw new TendonError("bad-data", `stores ${column} as ${type.kind}, other episodes as ${kinds[as]}`, { place });
    if (as === "numbers" && type.kind === "numbers" && type.dtype !== feature.dtype)
      throw new TendonError(
        "bad-data",
        `stores ${column} as ${type.dtype}, other episodes as ${feature.dtype}: write them alike`,
        { place },
      );
  }
}

async function carriedPictures(
  described: Described,
  entry: Entry,
  rows: number,
  note: Note,
): Promise<Map<string, StreamStatistics>> {
  const found = new Map<string, StreamStatistics>();
  for (const { stream, as } of described.table) {
    const carried = as === "picture" ? await carriedOf(described, entry, { key: stream, rows, frames: rows }, note) : undefined;
    if (carried) found.set(stream, carried);
  }
  return found;
}

function factsOf({ dataset }: Described, { entry, file }: EpisodeGiven, used: readonly number[]): Facts {
  const task = taskOf(dataset.tasks, entry, used);
  const split = splitOf(dataset, entry.index);
  return {
    source: "",
    tier: "real",
    ...(task !== undefined && { task }),
    ...(dataset.info.robot_type != null && { robot: dataset.info.robot_type }),
    origin: { file, key: String(entry.index) },
    ...(split !== undefined && { split }),
  };
}

/** The instruction where one holds for all rows: what the rows say, else what the metadata says. */
function taskOf(tasks: ReadonlyMap<number, string>, entry: Entry, used: readonly number[]): string | undefined {
  if (used.length > 0) return used.length === 1 ? nonEmpty(tasks.get(used[0]!)) : undefined;
  if (entry.tasks.length !== 1) return undefined;
  const [only] = entry.tasks;
  return nonEmpty(typeof only === "number" ? tasks.get(only) : only);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text;
}

function timesOf(
  described: Described,
  given: { stream: string; cameras: ReadonlyMap<string, Camera>; pictures: ReadonlyMap<string, StreamStatistics>; count: number },
): StreamTimes {
  const { stream, cameras, pictures, count } = given;
  const camera = cameras.get(stream);
  if (camera) return { time: rowTimes(0, camera.frames, described.rateHz), key: camera.key, copy: camera.copy };
  const time = rowTimes(0, count, described.rateHz);
  const table = tableStream(described, stream);
  if (table.as !== "picture") return { time };
  const { codec, width, height } = table.feature.video!;
  const carried = pictures.get(stream);
  const copy: Copy = { can: true, config: { codec, width, height }, bFrames: false, ...(carried && { carried }) };
  return { time, key: new Uint8Array(count).fill(1), copy };
}

function tableStream({ table, schema }: Described, stream: string): TableStream {
  const found = table.find((each) => each.stream === stream);
  if (found) return found;
  throw new TendonError("internal", `no such stream; there are ${Object.keys(schema.features).join(", ")}`, {
    place: { stream },
  });
}

interface Reading {
  readonly rows: EpisodeRows;
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly shelf: VideoShelf;
  readonly wants: readonly Want[];
  readonly span: TimeRange | undefined;
}

function readEpisode(described: Described, reading: Reading): ReturnType<typeof mergeByTime> {
  const { rows, wants, span } = reading;
  const count = rows.to - rows.from;
  const start = span ? firstRowAt(span.start, count, rows.rateHz) : 0;
  const end = span ? firstRowAt(span.end, count, rows.rateHz) : count;
  const streams: (AsyncIterable<Batch> | undefined)[] = wants.map((want) => cameraPackets(reading, want, { start, end }));
  const fromTable = wants.flatMap((want, index) =>
    streams[index] ? [] : [{ index, stream: tableStream(described, want.stream) }],
  );
  if (fromTable.length > 0) {
    const columns = [...new Set(fromTable.map(({ stream }) => stream))];
    const split = fanOut(
      readRows(rows, columns, { start, end }),
      fromTable.map(({ stream }) => stream.stream),
    );
    fromTable.forEach(({ index }, place) => {
      streams[index] = split[place];
    });
  }
  return mergeByTime(streams as AsyncIterable<Batch>[]);
}

function cameraPackets(
  { rows, cameras, shelf }: Reading,
  want: Want,
  range: { start: number; end: number },
): AsyncIterable<Batch> | undefined {
  const recorded = want.as === "packets" && want.encoding === "as recorded";
  if (want.as === "frames" || (want.as === "packets" && !recorded))
    throw new TendonError("internal", `pictures come as they were recorded; ${want.as} are made above`, {
      place: { stream: want.stream },
    });
  const camera = cameras.get(want.stream);
  if (!camera) return undefined;
  if (!recorded)
    throw new TendonError("internal", `holds pictures, was asked for ${want.as}`, { place: { stream: want.stream } });
  const { path, segment, frames } = camera;
  const { start, end } = range;
  return takePackets(shelf, path, (video) =>
    readPackets(video, { segment, start, end: Math.min(end, frames), rateHz: rows.rateHz }),
  );
}

async function* takePackets(
  shelf: VideoShelf,
  path: string,
  read: (video: VideoFile) => AsyncIterable<Batch>,
): AsyncGenerator<Batch> {
  const video = await shelf.take(path);
  try {
    yield* read(video);
  } finally {
    await shelf.release(path);
  }
}

/** The first row whose time is at or after a moment, at most `count`. */
function firstRowAt(time: bigint, count: number, rateHz: number): number {
  let row = Math.min(count, Math.max(0, Math.floor((Number(time) * rateHz) / 1e9)));
  while (row > 0 && rowTime(row - 1, rateHz) >= time) row--;
  while (row < count && rowTime(row, rateHz) < time) row++;
  return row;
}
