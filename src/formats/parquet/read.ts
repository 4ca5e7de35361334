import { type FileMetaData, parquetMetadata } from "hyparquet";
import { asTendonError, type ErrorPlace, TendonError } from "../../core/errors.ts";
import { openReader, type RandomReader } from "../../io/reader.ts";
import { queryChunks, queryObjects } from "./duckdb.ts";
import { copyColumn, type ReadColumn } from "./readColumns.ts";
import { fieldsOf, type ParquetField } from "./readSchema.ts";

export type { ReadColumn } from "./readColumns.ts";
export type { ParquetField } from "./readSchema.ts";

/** Rows `from` to `to` (half-open) of some columns. */
export interface ParquetSelection {
  /** Absent: all but those of kind `other`. */
  readonly columns?: readonly string[];
  /** Default 0. */
  readonly from?: number;
  /** Default: the number of rows. */
  readonly to?: number;
}

/** Some rows; the arrays are the reader's own and stay valid. */
export interface ParquetRows {
  /** The first of them in the file. */
  readonly from: number;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ReadColumn>;
}

/** A local Parquet file. It holds no handle between reads, so it needs no closing. */
export interface ParquetFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly fields: readonly ParquetField[];
  /** Rows of each row group. */
  readonly rowGroups: readonly number[];
  /** Key-value metadata, such as `huggingface` or `pandas`. */
  readonly metadata: { readonly [key: string]: string };
  /** Batches of at most 2,048 rows, in file order. Numbers come as typed arrays, text and images as bytes. */
  read(selection?: ParquetSelection): AsyncIterable<ParquetRows>;
  /** Whole rows as plain objects, of any type; 64-bit integers are bigint. For tables of metadata. */
  objects(selection?: ParquetSelection): AsyncIterable<Record<string, unknown>>;
}

const FOOTER_GUESS = 1 << 16;
const FOOTER_BYTES_MAX = 1 << 28;
const OBJECTS_MAX = 5_000_000;

/**
 * Opens a Parquet file: reads its footer and nothing else. Measured: 20 episode files of 330 rows and
 * 54 columns of numbers take 8 ms to open and 28 ms to read in one thread. DuckDB reads the samples;
 * hyparquet, which takes 40 ms for the same and makes an object of every value, reads the footer.
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  const place = { file: path };
  const reader = await openReader(path, { blockBytes: FOOTER_GUESS, fetch: "as asked" });
  const sizeBytes = reader.sizeBytes;
  let footer: FileMetaData;
  let fields: ParquetField[];
  try {
    footer = parquetMetadata(await footerBytes(reader), { geoparquet: false });
    fields = fieldsOf(footer.schema);
  } catch (thrown) {
    throw thrown instanceof TendonError ? thrown : badFile(thrown, place);
  } finally {
    await reader.close();
  }
  const rowGroups = footer.row_groups.map((group) => Number(group.num_rows));
  const file: ParquetFile = {
    path,
    sizeBytes,
    rows: rowGroups.reduce((sum, rows) => sum + rows, 0),
    fields,
    rowGroups,
    metadata: Object.fromEntries((footer.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""])),
    read: (selection) => readRows(file, selection ?? {}),
    objects: (selection) => readObjects(file, selection ?? {}),
  };
  return file;
}

/** The bytes from the footer to the end of the file. */
async function footerBytes(reader: RandomReader): Promise<Uint8Array> {
  const { path, sizeBytes } = reader;
  const fail = (what: string) => new TendonError("bad-data", `${what}: copy or record the file again`, { place: { file: path } });
  if (sizeBytes === 0) throw fail("is empty (zero bytes)");
  const tailBytes = Math.min(sizeBytes, FOOTER_GUESS);
  const tail = await reader.read(sizeBytes - tailBytes, tailBytes);
  if (tail.length < 12 || String.fromCharCode(...tail.subarray(-4)) !== "PAR1") {
    const head = await reader.read(0, 4);
    const began = String.fromCharCode(...head) === "PAR1";
    throw fail(began ? `is cut off: ${sizeBytes} bytes, and no footer at the end` : "is not a Parquet file");
  }
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const length = view.getUint32(tail.length - 8, true) + 8;
  if (length > sizeBytes || length > FOOTER_BYTES_MAX) throw fail(`has a footer of ${length} bytes in a file of ${sizeBytes}`);
  return length <= tail.length ? tail.subarray(tail.length - length) : reader.read(sizeBytes - length, length);
}

async function* readRows(file: ParquetFile, selection: ParquetSelection): AsyncGenerator<ParquetRows> {
  const wanted = fieldsWanted(file, selection.columns).filter(
    (field) => selection.columns !== undefined || field.type.kind !== "other",
  );
  const unknown = wanted.find((field) => field.type.kind === "other");
  if (unknown)
    throw new TendonError("bad-data", `column ${unknown.name} holds no numbers, text or images`, { place: { file: file.path } });
  const { from, to } = rangeOf(file, selection);
  if (from >= to || wanted.length === 0) return;
  let row = from;
  const columns = wanted.map(({ name, type }) => selectExpression(name, type.kind, type.kind === "text" && type.json)).join(", ");
  try {
    for await (const chunk of queryChunks(`SELECT ${columns} FROM read_parquet(?)${rangeClause(file, from, to)}`, [
      sqlPath(file.path),
    ])) {
      const rows = chunk.rowCount;
      yield { from: row, rows, columns: new Map(wanted.map(({ name, type }, index) => [name, copyColumn(chunk, index, type)])) };
      row += rows;
    }
  } catch (thrown) {
    throw badFile(thrown, { file: file.path });
  }
  if (row !== to) throw badFile(new Error(`${to - from} rows were expected and ${row - from} are there`), { file: file.path });
}

async function* readObjects(file: ParquetFile, selection: ParquetSelection): AsyncGenerator<Record<string, unknown>> {
  const { from, to } = rangeOf(file, selection);
  if (to - from > OBJECTS_MAX)
    throw new TendonError("bad-data", `has ${to - from} rows, more than the ${OBJECTS_MAX} a metadata table may have`, {
      place: { file: file.path },
    });
  const wanted = fieldsWanted(file, selection.columns);
  if (from >= to || wanted.length === 0) return;
  const columns = wanted.map(({ name }) => quote(name)).join(", ");
  const sql = `SELECT ${columns} FROM read_parquet(?)${rangeClause(file, from, to)}`;
  try {
    for await (const rows of queryObjects(sql, [sqlPath(file.path)])) yield* rows;
  } catch (thrown) {
    throw badFile(thrown, { file: file.path });
  }
}

function fieldsWanted(file: ParquetFile, columns: readonly string[] | undefined): ParquetField[] {
  if (columns === undefined) return [...file.fields];
  return columns.map((name) => {
    const field = file.fields.find((known) => known.name === name);
    if (field) return field;
    const there = file.fields.map((known) => known.name).join(", ");
    throw new TendonError("bad-data", `has no column ${name}; there are ${there}`, { place: { file: file.path } });
  });
}

function rangeOf(file: ParquetFile, { from, to }: ParquetSelection): { from: number; to: number } {
  return { from: Math.max(0, from ?? 0), to: Math.min(file.rows, to ?? file.rows) };
}

/** DuckDB leaves out whole row groups before an offset without reading them. */
function rangeClause(file: ParquetFile, from: number, to: number): string {
  return from === 0 && to === file.rows ? "" : ` LIMIT ${to - from} OFFSET ${from}`;
}

function selectExpression(name: string, kind: string, json: boolean): string {
  if (kind === "image") return `struct_extract(${quote(name)}, 'bytes')`;
  return json ? `CAST(${quote(name)} AS VARCHAR)` : quote(name);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path that DuckDB does not take for a pattern. */
function sqlPath(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}

function badFile(thrown: unknown, place: ErrorPlace): TendonError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof TendonError) return thrown;
  if (/out of memory/i.test(message))
    return new TendonError("no-space", `could not be read: ${message}`, { place, cause: thrown });
  const system = asTendonError(thrown, "bad-data", place);
  if (system.code !== "bad-data") return system;
  return new TendonError("bad-data", `is broken: ${firstLine(message)}; copy or record the file again`, { place, cause: thrown });
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!.trim();
}
