import { join } from "node:path";
import type { SamplePlace, SoughtSamples } from "../../../core/source.ts";
import type { ParquetFile } from "../../../formats/parquet/read.ts";
import type { Described } from "./describe.ts";
import type { Entry } from "./entries.ts";
import type { RowRange } from "./locate.ts";
import { rowTime } from "./rowTime.ts";
import type { VideoShelf } from "./shelf.ts";
import { segmentOf } from "./video.ts";

/** Rows of one range that are told: more than a row is ever made of. */
const PLACES_MAX = 16;

export interface PlacesGiven {
  readonly described: Described;
  readonly entry: Entry;
  readonly table: ParquetFile;
  readonly range: RowRange;
  readonly shelf: VideoShelf;
}

/** Finds samples of an episode in its table and its videos. */
export async function placeSamples(given: PlacesGiven, sought: readonly SoughtSamples[]): Promise<SamplePlace[]> {
  const places: SamplePlace[] = [];
  for (const { stream, first, last } of sought) {
    for (const row of rowsBetween(given, first, last)) {
      const place = given.described.cameras.has(stream) ? await framePlace(given, stream, row) : tablePlace(given, stream, row);
      if (place) places.push(place);
    }
  }
  return places;
}

function rowsBetween({ described, range }: PlacesGiven, first: bigint, last: bigint): number[] {
  const rows: number[] = [];
  const guess = Math.max(0, Math.floor((Number(first) / 1e9) * described.rateHz) - 1);
  for (let row = guess; row < range.to - range.from && rows.length < PLACES_MAX; row++) {
    const time = rowTime(row, described.rateHz);
    if (time > last) break;
    if (time >= first) rows.push(row);
  }
  return rows;
}

function tablePlace({ described, table, range, entry }: PlacesGiven, stream: string, row: number): SamplePlace | undefined {
  const found = described.table.find((each) => each.stream === stream);
  if (!found) return undefined;
  const inFile = range.from + row;
  let before = 0;
  let group = 0;
  while (group + 1 < table.rowGroups.length && before + table.rowGroups[group]! <= inFile) before += table.rowGroups[group++]!;
  return {
    stream,
    timeNs: rowTime(row, described.rateHz).toString(),
    file: table.path,
    name: found.column,
    at: { episode: entry.index, rowOfEpisode: row, row: inFile, rowGroup: group, rowInGroup: inFile - before },
  };
}

async function framePlace(given: PlacesGiven, stream: string, row: number): Promise<SamplePlace | undefined> {
  const { described, entry, shelf } = given;
  const listed = entry.videos.get(stream);
  if (!listed) return undefined;
  const file = join(described.dataset.root, listed.file);
  const video = await shelf.take(file);
  try {
    const frame = segmentOf(video, listed).first + row;
    const time = video.times().time[frame];
    return {
      stream,
      timeNs: rowTime(row, described.rateHz).toString(),
      file,
      name: stream,
      at: {
        episode: entry.index,
        rowOfEpisode: row,
        frame,
        ...(time !== undefined && { videoTimeSec: Number(time) / 1e9 }),
        codec: video.config.codec,
      },
    };
  } finally {
    await shelf.release(file);
  }
}
