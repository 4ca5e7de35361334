import { join } from "node:path";
import { type NumberArray, numbers } from "../core/batch.ts";
import { TendonError } from "../core/errors.ts";
import { type NumberDtype, width } from "../core/feature.ts";
import { openParquet, type ParquetFile } from "../formats/parquet/read.ts";
import { type Location, locateEpisodes } from "../layouts/lerobot/read/locate.ts";
import { readRows } from "../layouts/lerobot/read/rows.ts";
import type { TableStream } from "../layouts/lerobot/read/streams.ts";
import type { LoadedDataset } from "./dataset.ts";
import { type NativeColumn, readNative } from "./native.ts";
import { turns } from "./turns.ts";

const TABLES_MAX = 64;
/** Each opens a file: of a batch in uniform order every sample may be of another one. */
const READS_MAX = 32;

/** The numbers of one episode, `[row, ...shape]` of each stream, and its instructions. */
export interface EpisodeNumbers {
  /** The episode's index in its dataset, and its table. */
  readonly index: number;
  readonly file: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, NumberArray>;
  /** Streams at their own rate. */
  readonly natives?: ReadonlyMap<string, NativeColumn>;
  /** `[row]`. */
  readonly tasks: readonly (string | undefined)[];
}

interface OpenTable {
  readonly table: ParquetFile;
  readonly locate: Location;
}

export interface ShelfOptions {
  readonly streams: readonly string[];
  readonly natives?: readonly string[];
  readonly task: string;
  readonly bytesMax: number;
}

/** Reads episodes' numbers and keeps the newest of them, as many as fit. */
export class EpisodeShelf {
  readonly #dataset: LoadedDataset;
  readonly #streams: readonly TableStream[];
  readonly #bytesMax: number;
  readonly #task: string;
  readonly #natives: readonly string[];
  readonly #held = new Map<number, Promise<EpisodeNumbers>>();
  /** Of those that are read whole. */
  readonly #sizes = new Map<number, number>();
  readonly #tables = new Map<string, Promise<OpenTable>>();
  readonly #inTurn = turns(READS_MAX);
  #bytes = 0;

  /** `task` is the stream of texts that tells the task. */
  constructor(dataset: LoadedDataset, { streams, natives = [], task, bytesMax }: ShelfOptions) {
    this.#natives = [...new Set(natives)];
    this.#dataset = dataset;
    this.#bytesMax = bytesMax;
    this.#task = task;
    const known = dataset.described.table;
    this.#streams = [...new Set([...streams, task])].flatMap((name) => known.filter(({ stream }) => stream === name));
  }

  /** An episode by its place in the dataset's list. */
  read(place: number): Promise<EpisodeNumbers> {
    const held = this.#held.get(place) ?? this.#load(place);
    this.#held.delete(place);
    this.#held.set(place, held);
    return held;
  }

  #load(place: number): Promise<EpisodeNumbers> {
    const loading = this.#inTurn(() => this.#readAll(place));
    loading.then(
      (episode) => this.#keep(place, bytesOf(episode)),
      () => this.#held.delete(place),
    );
    return loading;
  }

  /** Drops the oldest until the rest fits; one that is still being read weighs nothing yet and stays. */
  #keep(place: number, bytes: number): void {
    this.#sizes.set(place, bytes);
    this.#bytes += bytes;
    for (const old of this.#held.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      const size = this.#sizes.get(old);
      if (size === undefined || old === place) continue;
      this.#held.delete(old);
      this.#sizes.delete(old);
      this.#bytes -= size;
    }
  }

  async #readAll(place: number): Promise<EpisodeNumbers> {
    const { described, root, episodes, lengths, seen } = this.#dataset;
    const entry = episodes[place]!;
    const file = join(root, entry.data);
    seen.check(file);
    const { table, locate } = await this.#table(file);
    const { from, to } = locate(entry);
    const rows = to - from;
    if (rows !== lengths[place]) {
      const message = `episode ${entry.index} has ${rows} rows, the metadata says ${lengths[place]}: run \`tendon inspect\` on the dataset`;
      throw new TendonError("bad-data", message, { place: { file } });
    }
    const numbersOf = this.#streams.filter(({ stream }) => stream !== this.#task);
    const columns = new Map(
      numbersOf.map(({ stream, feature }) => [stream, numbers(feature.dtype as NumberDtype, rows * width(feature))] as const),
    );
    const tasks: (string | undefined)[] = [];
    let done = 0;
    const part = { table, from, to, rateHz: described.rateHz, tasks: described.dataset.tasks };
    for await (const batches of readRows(part, this.#streams, { start: 0, end: rows })) {
      let count = 0;
      for (const { stream, feature } of this.#streams) {
        const batch = batches.get(stream)!;
        count = batch.time.length;
        if (stream === this.#task && batch.kind === "bytes") tasks.push(...textsOf(batch));
        else if (batch.kind === "rows") {
          refuseMissing(batch.valid, { stream, file, row: done });
          columns.get(stream)!.set(batch.values as never, done * width(feature));
        }
      }
      done += count;
    }
    const natives = new Map<string, NativeColumn>();
    for (const stream of this.#natives) natives.set(stream, await readNative(this.#dataset, stream, entry));
    return { index: entry.index, file, rows, columns, tasks, ...(natives.size > 0 && { natives }) };
  }

  async #table(file: string): Promise<OpenTable> {
    const open = this.#tables.get(file) ?? this.#openTable(file);
    this.#tables.delete(file);
    this.#tables.set(file, open);
    for (const [name] of this.#tables) {
      if (this.#tables.size <= TABLES_MAX) break;
      this.#tables.delete(name);
    }
    try {
      return await open;
    } catch (thrown) {
      // The next one may find it mended, or the machine with fewer open files.
      this.#tables.delete(file);
      throw thrown;
    }
  }

  async #openTable(file: string): Promise<OpenTable> {
    const table = await openParquet(file);
    return { table, locate: await locateEpisodes(this.#dataset.described.dataset, table) };
  }
}

function bytesOf({ columns, natives = new Map() }: EpisodeNumbers): number {
  let bytes = 0;
  for (const { time, values } of natives.values()) bytes += time.byteLength + values.byteLength;
  for (const column of columns.values()) bytes += column.byteLength;
  return bytes;
}

/** A batch of tensors has no place for what is missing. */
function refuseMissing(valid: Uint8Array | undefined, at: { stream: string; file: string; row: number }): void {
  const missing = valid?.indexOf(0) ?? -1;
  if (missing < 0) return;
  throw new TendonError("bad-data", `misses a value near row ${at.row + missing}: leave the episode or the stream out`, {
    place: { file: at.file, stream: at.stream },
  });
}

function textsOf(batch: { readonly offsets: BigInt64Array; readonly bytes: Uint8Array; readonly valid?: Uint8Array }) {
  const decoder = new TextDecoder();
  return Array.from({ length: batch.offsets.length - 1 }, (_, row) =>
    batch.valid?.[row] === 0
      ? undefined
      : decoder.decode(batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1]))),
  );
}
