import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { type AsyncBuffer, type Compressors, parquetReadObjects } from "hyparquet";
import { type NumberArray, numbers } from "../../core/batch.ts";
import { asTendonError } from "../../core/errors.ts";
import { type NumberDtype, width } from "../../core/feature.ts";
import type { TableStream } from "../../layouts/lerobot/read/streams.ts";
import type { LoadedDataset } from "../dataset.ts";
import type { EpisodeNumbers } from "../rows.ts";

const EPISODES_MAX = 64;
/** What hyparquet does not bring itself. */
const compressors: Compressors = {
  ZSTD: (bytes) => zstdDecompressSync(bytes),
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
};

type Rows = readonly { readonly [column: string]: unknown }[];

/** Reads episodes' numbers by another Parquet reader than the loader's, row by row. */
export class SlowNumbers {
  readonly #dataset: LoadedDataset;
  readonly #streams: readonly TableStream[];
  readonly #task: string;
  readonly #held = new Map<number, EpisodeNumbers>();

  constructor(dataset: LoadedDataset, { streams, task }: { readonly streams: readonly string[]; readonly task: string }) {
    this.#dataset = dataset;
    this.#task = task;
    const wanted = new Set([...streams, task]);
    this.#streams = dataset.described.table.filter(({ stream }) => wanted.has(stream));
  }

  /** An episode by its place in the dataset's list. */
  async read(place: number): Promise<EpisodeNumbers> {
    const held = this.#held.get(place);
    if (held) return held;
    const read = await this.#read(place);
    this.#held.set(place, read);
    for (const [oldest] of [...this.#held].slice(0, -EPISODES_MAX)) this.#held.delete(oldest);
    return read;
  }

  async #read(place: number): Promise<EpisodeNumbers> {
    const { described, root, episodes } = this.#dataset;
    const entry = episodes[place]!;
    const file = join(root, entry.data);
    const rows = (await rowsOf(file, [...this.#streams.map(({ column }) => column), "episode_index"])).filter(
      // A file of v2.x is one episode, whatever its rows say.
      ({ episode_index: index }) => described.dataset.version === 2 || Number(index) === entry.index,
    );
    const numeric = this.#streams.filter(({ stream }) => stream !== this.#task);
    const columns = new Map(numeric.map((stream) => [stream.stream, columnOf(rows, stream)]));
    const task = this.#streams.find(({ stream }) => stream === this.#task);
    const textOf = (value: unknown) => (task?.as === "index" ? described.dataset.tasks.get(Number(value)) : (value as string));
    const tasks = rows.map((row) => (task ? textOf(row[task.column]) : undefined));
    return { index: entry.index, file, rows: rows.length, columns, tasks };
  }
}

async function rowsOf(file: string, wanted: readonly string[]): Promise<Rows> {
  const handle = openSync(file, "r");
  try {
    const byteLength = fstatSync(handle).size;
    const buffer: AsyncBuffer = {
      byteLength,
      slice(start, end = byteLength) {
        const bytes = Buffer.alloc(end - start);
        readSync(handle, bytes, 0, bytes.length, start);
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
      },
    };
    return await parquetReadObjects({ file: buffer, columns: [...new Set(wanted)], compressors });
  } catch (thrown) {
    throw asTendonError(thrown, "bad-data", { file });
  } finally {
    closeSync(handle);
  }
}

function columnOf(rows: Rows, { column, feature, as }: TableStream): NumberArray {
  const across = width(feature);
  const into = numbers(feature.dtype as NumberDtype, rows.length * across);
  const big = into instanceof BigInt64Array || into instanceof BigUint64Array;
  for (const [row, { [column]: held }] of rows.entries()) {
    const value: unknown = as === "json" ? JSON.parse(held as string) : held;
    const flat = Array.isArray(value) || ArrayBuffer.isView(value) ? [value].flat(Number.POSITIVE_INFINITY) : [value];
    const list = flat.flatMap((each) => (ArrayBuffer.isView(each) ? [...(each as unknown as Iterable<number>)] : [each]));
    for (let item = 0; item < across; item++)
      into[row * across + item] = (big ? BigInt(list[item] as bigint) : Number(list[item])) as never;
  }
  return into;
}
