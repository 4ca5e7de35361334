import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TendonError } from "../../core/errors.ts";
import { openParquet } from "../../formats/parquet/read.ts";
import type { TruthEpisode } from "../../simulator/truth.ts";
import type { ExplainedRow } from "../explain/types.ts";
import { explain } from "../explain.ts";

/** How far the times of rows are from when their pictures were really taken. */
export interface RowTimes {
  readonly rows: number;
  readonly worstMs: number;
  /** Half a period of the main camera: beyond it a row would be another picture's. */
  readonly halfPeriodMs: number;
}

export interface RowTimesGiven {
  /** The dataset. */
  readonly home: string;
  /** The folder of the truth. */
  readonly truth: string;
  readonly camera: string;
}

/**
 * Holds the column `time_ns` of kept episodes against the truth. Which picture a row is of is what
 * `explain` says of the first and the last row: the number of the message in the recording.
 */
export async function checkRowTimes(kept: readonly TruthEpisode[], given: RowTimesGiven): Promise<RowTimes> {
  let rows = 0;
  let worstMs = 0;
  let halfPeriodMs = Number.POSITIVE_INFINITY;
  for (const episode of kept) {
    const { taken, rateHz } = await takenAt(episode, given);
    halfPeriodMs = Math.min(halfPeriodMs, 500 / rateHz);
    const { times, first } = await timesInView(episode, given);
    times.forEach((time, row) => {
      const trueSec = taken[first + row] ?? Number.NaN;
      const offMs = Math.abs(Number(time - BigInt(episode.startNs)) / 1e6 - trueSec * 1e3);
      worstMs = Math.max(worstMs, Number.isNaN(offMs) ? Number.POSITIVE_INFINITY : offMs);
    });
    rows += times.length;
  }
  return { rows, worstMs, halfPeriodMs };
}

/** The rows of an episode in the GR00T view, and the message that the first one's picture was in. */
async function timesInView({ episode }: TruthEpisode, { home, camera }: RowTimesGiven) {
  const { row: first } = await explain(`${episode}.mcap:0`, { home });
  const table = first?.views.find(({ sink }) => sink === "gr00t")?.places.find(({ file }) => file.endsWith(".parquet"));
  if (!first || !table) throw new TendonError("internal", "has no table in the GR00T view", { place: { episode } });
  const times: bigint[] = [];
  for await (const { columns } of (await openParquet(table.file)).read({ columns: ["time_ns"] })) {
    const column = columns.get("time_ns");
    if (column && "values" in column) for (const time of column.values) times.push(BigInt(time));
  }
  const { row: last } = await explain(`${episode}.mcap:${times.length - 1}`, { home });
  const sequences = [first, last].map((row) => row && sequenceOf(row, camera));
  if (sequences[0] === undefined || sequences[1] !== sequences[0] + times.length - 1) {
    const message = `rows 0 to ${times.length - 1} are not consecutive pictures: messages ${sequences.join(" and ")}`;
    throw new TendonError("internal", message, { place: { episode } });
  }
  return { times, first: sequences[0] };
}

function sequenceOf({ features }: ExplainedRow, camera: string): number | undefined {
  const picture = features.find(({ stream }) => stream === `observation.images.${camera}`);
  const sequence = picture?.inputs[0]?.places[0]?.at.sequence;
  return typeof sequence === "number" ? sequence : undefined;
}

/** When a camera really took its pictures: true seconds since the episode's start. */
async function takenAt({ episode, sensors, times }: TruthEpisode, { truth, camera }: RowTimesGiven) {
  const bytes = await readFile(join(truth, times.file));
  const all = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let from = 0;
  for (const { sensor, samples, rateHz } of sensors) {
    if (sensor === camera) return { taken: all.subarray(from, from + samples), rateHz };
    from += samples;
  }
  throw new TendonError("internal", `the truth knows no camera ${camera}`, { place: { episode } });
}
