import type { BytesBatch, NumberArray, RowsBatch } from "../../../core/batch.ts";
import { numbers } from "../../../core/batch.ts";
import { TendonError } from "../../../core/errors.ts";
import type { NumberDtype } from "../../../core/feature.ts";
import type { PartReader, TableChunk } from "../../../core/part.ts";
import { type ColumnValues, openParquetWriter, type ParquetColumn, type ParquetWriter } from "../../../formats/parquet/write.ts";
import { type Moments, type MomentsState, moments } from "../../../kernels/statistics.ts";
import { exactQuantiles, type QuantileRows } from "../../../kernels/statisticsQuantiles.ts";
import { frameSeconds, type Rate } from "./rational.ts";

/** A column of a table of rows, and what fills it. */
export type RowColumn = { readonly name: string } & (
  | { readonly fill: "numbers"; readonly stream: string; readonly dtype: NumberDtype; readonly shape: readonly number[] }
  | { readonly fill: "text" | "text index" | "valid"; readonly stream: string }
  | { readonly fill: "timestamp" | "time" | "frame" | "episode" | "index" | "task" }
);

/** One episode of a file of rows: a type, so that it is JSON. */
export type RowsEpisode = {
  /** Key of the parked table. */
  readonly table: string;
  readonly rows: number;
  readonly episode: number;
  /** Of its first row in the whole view. */
  readonly index: number;
  /** Its instruction; null where each row has its own. */
  readonly task: number | null;
};

/** All that decides the bytes of a file of rows. */
export type RowsRecipe = {
  readonly form: "rows 1";
  readonly rate: { readonly num: string; readonly den: string };
  readonly columns: readonly RowColumn[];
  /** The number of each text that an indexed column may hold. */
  readonly texts: { readonly [text: string]: number };
  readonly metadata: { readonly [key: string]: string };
  /** Quantiles of each episode that the result shall tell, by name. */
  readonly quantiles: { readonly [name: string]: number };
  readonly episodes: readonly RowsEpisode[];
};

/** Statistics of one stream of one episode, `[width]` each; a quantile of nothing is null. */
export type StreamNumbers = {
  readonly moments: MomentsState;
  readonly quantiles: { readonly [name: string]: readonly (number | null)[] };
};

/** What building a file of rows told: one entry an episode. */
export type RowsResult = { readonly episodes: readonly { readonly [stream: string]: StreamNumbers }[] };

/** An episode of so few chunks, of a megabyte or so each, is read once. */
const HELD_CHUNKS_MAX = 8;

/** Builds a Parquet file of rows, one row group an episode, and takes the statistics of what it wrote. */
export async function buildRows(target: string, recipe: RowsRecipe, parts: PartReader): Promise<RowsResult> {
  const writer = await openParquetWriter(target, recipe.columns.map(parquetColumn), { metadata: recipe.metadata });
  const episodes: { [stream: string]: StreamNumbers }[] = [];
  try {
    for (const episode of recipe.episodes) {
      episodes.push(await buildEpisode(writer, recipe, episode, parts));
      await writer.endGroup();
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
  return { episodes };
}

/** How a column stands in the file. */
export function parquetColumn(column: RowColumn): ParquetColumn {
  const { name, fill } = column;
  if (fill === "numbers") return { name, type: column.dtype, shape: column.shape };
  if (fill === "text") return { name, type: "text", shape: [] };
  if (fill === "valid") return { name, type: "bool", shape: [] };
  if (fill === "timestamp") return { name, type: "float32", shape: [] };
  return { name, type: "int64", shape: [] };
}

async function buildEpisode(writer: ParquetWriter, recipe: RowsRecipe, episode: RowsEpisode, parts: PartReader) {
  const rate: Rate = { num: BigInt(recipe.rate.num), den: BigInt(recipe.rate.den) };
  const filler = rowFiller({ rate, texts: recipe.texts, episode });
  const seen = new Map<string, Moments>();
  const held: TableChunk[] = [];
  let from = 0;
  let chunks = 0;
  for await (const chunk of parts.table(episode.table)) {
    const count = rowsOf(chunk);
    if (chunks++ < HELD_CHUNKS_MAX) held.push(chunk);
    for (const [index, column] of recipe.columns.entries()) {
      writer.push(index, filler(column, chunk, from, count));
      if (column.fill !== "numbers") continue;
      const of = seen.get(column.stream) ?? moments(widthOf(column.shape));
      seen.set(column.stream, of);
      const batch = chunk.get(column.stream);
      if (batch?.kind === "rows") of.add(batch.values, batch.valid);
    }
    from += count;
    await writer.settle();
  }
  if (from !== episode.rows)
    throw new TendonError("internal", `part ${episode.table} has ${from} rows where its receipt tells ${episode.rows}`);
  const again = () => (chunks === held.length ? each(held) : parts.table(episode.table));
  const quantiles = await episodeQuantiles(recipe, again);
  return Object.fromEntries(
    [...seen].map(([stream, of]) => [stream, { moments: of.state(), quantiles: quantiles.get(stream) ?? {} }]),
  );
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function episodeQuantiles(recipe: RowsRecipe, table: () => AsyncIterable<TableChunk>) {
  const names = Object.keys(recipe.quantiles);
  const columns = numberColumns(recipe.columns);
  const found = new Map<string, { [name: string]: (number | null)[] }>();
  if (names.length === 0 || columns.length === 0) return found;
  const widths = columns.map((column) => widthOf(column.shape));
  const pass = () => quantileRows(table(), columns);
  const values = await exactQuantiles(pass, { widths, quantiles: Object.values(recipe.quantiles) });
  for (const [at, { stream }] of columns.entries()) {
    const each = names.map((name, q) => [name, values[at]![q]!.map((value) => (Number.isNaN(value) ? null : value))]);
    found.set(stream, Object.fromEntries(each));
  }
  return found;
}

type NumberColumn = Extract<RowColumn, { fill: "numbers" }>;

export function numberColumns(columns: readonly RowColumn[]): NumberColumn[] {
  return columns.filter((column) => column.fill === "numbers");
}

/** Parked rows as the quantile kernel reads them, one entry a column. */
export async function* quantileRows(
  table: AsyncIterable<TableChunk>,
  columns: readonly { readonly stream: string }[],
): AsyncGenerator<(QuantileRows | undefined)[]> {
  for await (const chunk of table) {
    yield columns.map(({ stream }) => {
      const batch = chunk.get(stream);
      return batch?.kind === "rows" ? batch : undefined;
    });
  }
}

/** Values of a column for rows `from` to `from + count` of an episode. */
function rowFiller(of: { rate: Rate; texts: RowsRecipe["texts"]; episode: RowsEpisode }) {
  const { rate, texts, episode } = of;
  const indexOf = textIndex(texts);
  const steps = (count: number, first: number) => BigInt64Array.from({ length: count }, (_, row) => BigInt(first + row));
  return (column: RowColumn, chunk: TableChunk, from: number, count: number): ColumnValues => {
    if (column.fill === "numbers") return numbersOf(column, chunk.get(column.stream), count);
    if (column.fill === "text") return textOf(chunk.get(column.stream), count);
    if (column.fill === "text index") return indexOf(chunk.get(column.stream), count);
    if (column.fill === "valid") return validOf(chunk.get(column.stream), count);
    if (column.fill === "time") return [...chunk.values()][0]!.time;
    if (column.fill === "frame") return steps(count, from);
    if (column.fill === "index") return steps(count, episode.index + from);
    if (column.fill === "episode") return new BigInt64Array(count).fill(BigInt(episode.episode));
    if (column.fill === "timestamp") return Float32Array.from({ length: count }, (_, row) => frameSeconds(from + row, rate));
    if (episode.task !== null) return new BigInt64Array(count).fill(BigInt(episode.task));
    return indexOf(chunk.get("task"), count);
  };
}

/** A missing float is NaN; other numbers that are missing are 0, and the column `<stream>.valid` says so. */
function numbersOf({ dtype, shape }: NumberColumn, batch: RowsBatch | BytesBatch | undefined, count: number): NumberArray {
  const width = widthOf(shape);
  const isFloat = dtype.startsWith("float");
  if (batch === undefined || batch.kind !== "rows") {
    const nothing = numbers(dtype, count * width);
    return isFloat ? (nothing as Float64Array).fill(Number.NaN) : nothing;
  }
  const { values, valid } = batch;
  if (!valid?.includes(0)) return values;
  const known = values.slice() as Float64Array;
  const each = valid.length === values.length && width > 1;
  for (let index = 0; index < known.length; index++) {
    if (valid[each ? index : Math.floor(index / width)] === 0) {
      if (isFloat) known[index] = Number.NaN;
      else known.fill(0 as never, index, index + 1);
    }
  }
  return known;
}

function textOf(batch: RowsBatch | BytesBatch | undefined, count: number) {
  if (batch?.kind === "bytes") return { offsets: batch.offsets, bytes: batch.bytes };
  return { offsets: new BigInt64Array(count + 1), bytes: new Uint8Array(0) };
}

/** 1 where every number of a row is there. */
function validOf(batch: RowsBatch | BytesBatch | undefined, count: number): Uint8Array {
  if (batch === undefined) return new Uint8Array(count);
  const { valid } = batch;
  if (valid === undefined) return new Uint8Array(count).fill(1);
  const width = valid.length / count;
  return Uint8Array.from({ length: count }, (_, row) => (valid.subarray(row * width, (row + 1) * width).includes(0) ? 0 : 1));
}

function textIndex(texts: RowsRecipe["texts"]) {
  const decoder = new TextDecoder();
  return (batch: RowsBatch | BytesBatch | undefined, count: number): BigInt64Array => {
    if (batch === undefined) return new BigInt64Array(count).fill(BigInt(indexOf(texts, "")));
    if (batch.kind !== "bytes") throw new TypeError("numbers where text was parked");
    return BigInt64Array.from({ length: count }, (_, row) => {
      const bytes = batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1]));
      return BigInt(indexOf(texts, decoder.decode(bytes)));
    });
  };
}

function indexOf(texts: RowsRecipe["texts"], text: string): number {
  const index = texts[text];
  if (index === undefined) throw new TendonError("internal", `the text ${JSON.stringify(text)} has no number`);
  return index;
}

function rowsOf(chunk: TableChunk): number {
  return [...chunk.values()][0]?.time.length ?? 0;
}

export function widthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
