import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type NumberArray, numbers } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import type { NumberDtype } from "../core/feature.ts";
import { didYouMean } from "../core/suggest.ts";
import { openParquet, type ReadColumn } from "../formats/parquet/read.ts";
import { fillPath } from "../layouts/lerobot/info.ts";
import type { Entry } from "../layouts/lerobot/read/entries.ts";
import type { LoadedDataset } from "./dataset.ts";
import type { NumberLane } from "./numberLane.ts";

/** A stream of actions at their own rate, of one episode. */
export interface NativeColumn {
  /** True times, ascending. */
  readonly time: BigInt64Array;
  /** `[sample, ...shape]`. */
  readonly values: NumberArray;
}

/** The column of rows' true times in views of Tendon. */
const TRUE_TIME = "time_ns";

/**
 * A window over a side-car of native-rate actions (docs/sinks/gr00t.md): offsets count the stream's own samples, from
 * the first at or after the row's true time. Beyond the episode's samples the first or last is held and masked.
 */
export async function nativeLane(dataset: LoadedDataset, stream: string, offsets: Int32Array): Promise<NumberLane> {
  const { dtype, across } = await featureOf(dataset, stream);
  const first = (episode: Parameters<NumberLane["fill"]>[0], row: number) => {
    const { time } = episode.natives!.get(stream)!;
    return firstAtOrAfter(time, (episode.columns.get(TRUE_TIME) as BigInt64Array)[row]!);
  };
  return {
    name: stream,
    dtype,
    shape: [across],
    offsets,
    streams: [TRUE_TIME],
    natives: [stream],
    beyond(episode, row, step) {
      const at = first(episode, row) + offsets[step]!;
      return at < 0 || at >= episode.natives!.get(stream)!.time.length;
    },
    fill(episode, row, target, to) {
      const { time, values } = episode.natives!.get(stream)!;
      const start = first(episode, row);
      const [source, into] = [values as Float64Array, target as Float64Array];
      for (let step = 0, place = to; step < offsets.length; step++) {
        const held = Math.max(0, Math.min(time.length - 1, start + offsets[step]!)) * across;
        for (let item = 0; item < across; item++) into[place++] = source[held + item]!;
      }
    },
  };
}

/** Reads an episode's samples of a native stream. */
export async function readNative(dataset: LoadedDataset, stream: string, entry: Entry): Promise<NativeColumn> {
  const file = pathOf(dataset, stream, entry.index);
  const table = await openParquet(file);
  const time = new BigInt64Array(table.rows);
  let values: NumberArray | undefined;
  for await (const { from, rows, columns } of table.read({ columns: [TRUE_TIME, stream] })) {
    time.set(numbersOf(columns.get(TRUE_TIME), file).values as BigInt64Array, from);
    const column = numbersOf(columns.get(stream), file);
    const across = column.values.length / rows;
    values ??= numbers(column.dtype, table.rows * across);
    values.set(column.values as never, from * across);
  }
  if (values) return { time, values };
  throw new TendonError("bad-data", `holds no action of episode ${entry.index}: leave the episode or the stream out`, {
    place: { file, stream },
  });
}

async function featureOf(dataset: LoadedDataset, stream: string): Promise<{ dtype: NumberDtype; across: number }> {
  const path = `nativeWindows.${stream}`;
  const [entry] = dataset.episodes;
  if (dataset.described.dataset.info.native_action_path === undefined || !dataset.features[TRUE_TIME]) {
    const message = "the dataset has no actions at their own rate: write it with `gr00t: { nativeActions: true }`";
    throw new TendonError("bad-pipeline", message, { place: { file: dataset.root, path } });
  }
  const known = streamsOf(dataset);
  if (!entry || !known.includes(stream)) {
    const message = `there is no native stream "${stream}"${didYouMean(stream, known)}; there are ${known.join(", ")}`;
    throw new TendonError("bad-pipeline", message, { place: { file: dataset.root, path } });
  }
  const { values, time } = await readNative(dataset, stream, entry);
  const table = await openParquet(pathOf(dataset, stream, entry.index));
  const type = table.fields.find(({ name }) => name === stream)!.type;
  return { dtype: (type.kind === "numbers" ? type.dtype : "float64") as NumberDtype, across: values.length / time.length };
}

/** Folders beside each other, one a stream. */
function streamsOf({ described, root }: LoadedDataset): string[] {
  const template = described.dataset.info.native_action_path!;
  const folder = dirname(dirname(join(root, fillPath(template, { episode_chunk: 0, action_key: "x", episode_index: 0 }))));
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function pathOf({ described, root }: LoadedDataset, stream: string, episode: number): string {
  const { info } = described.dataset;
  const values = {
    action_key: stream,
    episode_index: episode,
    episode_chunk: Math.floor(episode / (info.chunks_size ?? 1000)),
  };
  return join(root, fillPath(info.native_action_path!, values, join(root, "meta/info.json")));
}

function numbersOf(column: ReadColumn | undefined, file: string): ReadColumn & { kind: "numbers" } {
  if (column?.kind === "numbers") return column;
  throw new TendonError("bad-data", "is no table of actions at their own rate", { place: { file } });
}

function firstAtOrAfter(ascending: BigInt64Array, time: bigint): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
