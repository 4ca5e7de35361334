import { writeSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { ColumnChunk, KeyValue, RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { NumberArray } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import { startColumn, type WritingColumn } from "./writeColumn.ts";
import { columnSchema, type ParquetColumn } from "./writeTypes.ts";

export type { ParquetColumn } from "./writeTypes.ts";

/** Rows of one column: numbers row-major; text i is `bytes[offsets[i] .. offsets[i + 1])`; `lengths` are texts a row, for lists of text. */
export type ColumnValues =
  | NumberArray
  | { readonly offsets: BigInt64Array; readonly bytes: Uint8Array; readonly lengths?: Uint32Array };

export interface ParquetWriterOptions {
  /** Key-value metadata of the file. */
  readonly metadata?: { readonly [key: string]: string };
  /** Plain bytes in one page. Default 1 MiB. */
  readonly pageBytes?: number;
  /** Finished pages of the open row group that may stay in memory; the rest waits in a file beside the target. Default 16 MiB. */
  readonly pageMemoryBytesMax?: number;
}

/** Writes a file in row groups of any size, each of whole rows. */
export interface ParquetWriter {
  /** Adds rows to one column of the open row group; copies what it keeps. */
  push(column: number, values: ColumnValues): void;
  /** Waits until memory is below its bound; call it after each batch of columns. */
  settle(): Promise<void>;
  /** Ends the row group. Every column must have got the same count of rows. */
  endGroup(): Promise<void>;
  /** Writes the footer. */
  close(): Promise<{ readonly rows: number; readonly bytes: number }>;
  /** Closes and removes what was written. */
  abort(): Promise<void>;
}

/**
 * Starts a Parquet file: plain values in pages of about 1 MiB, Snappy, data page v2. The pages of a
 * row group are compressed as rows arrive and written column by column when it ends, so an episode
 * of a million rows needs the memory of `pageMemoryBytesMax`, not of its values. The footer is
 * hyparquet-writer's; its page encoder is not used because it makes an array entry of every value
 * and of every level: 46 k rows/s and over 1 GB for a million rows of 52 floats.
 */
export async function openParquetWriter(
  path: string,
  columns: readonly ParquetColumn[],
  options: ParquetWriterOptions = {},
): Promise<ParquetWriter> {
  const { pageBytes = 1 << 20, pageMemoryBytesMax = 16 << 20 } = options;
  const file = await open(path, "wx");
  const spill = spillFile(`${path}.pages`);
  const schema: SchemaElement[] = [{ name: "schema", num_children: columns.length }];
  for (const column of columns) schema.push(...columnSchema(column).elements);
  const groups: RowGroup[] = [];
  let offset = 0;
  let rows = 0;
  let writing = columns.map((column) => startColumn(column, pageBytes));

  const write = async (bytes: Uint8Array) => {
    writeAll(file, bytes);
    offset += bytes.length;
  };
  await write(MAGIC);

  return {
    push(column, values) {
      writing[column]!.push(values);
    },
    async settle() {
      let held = 0;
      for (const column of writing) held += column.heldBytes();
      if (held < pageMemoryBytesMax) return;
      for (const column of writing) await column.spill(spill);
    },
    async endGroup() {
      const groupRows = sameRows(path, writing);
      const chunks: ColumnChunk[] = [];
      const start = offset;
      let plainBytes = 0n;
      for (const column of writing) {
        const at = offset;
        const made = await column.finish(spill, write);
        plainBytes += BigInt(made.uncompressedBytes);
        chunks.push(columnChunk(made, at, offset));
      }
      groups.push({
        columns: chunks,
        total_byte_size: plainBytes,
        num_rows: BigInt(groupRows),
        total_compressed_size: BigInt(offset - start),
      });
      rows += groupRows;
      await spill.clear();
      writing = columns.map((column) => startColumn(column, pageBytes));
    },
    async close() {
      await write(footer(schema, groups, rows, options.metadata));
      await file.close();
      await spill.close();
      return { rows, bytes: offset };
    },
    async abort() {
      await file.close().catch(() => undefined);
      await spill.close();
      await rm(path, { force: true });
    },
  };
}

function sameRows(path: string, writing: readonly WritingColumn[]): number {
  const rows = writing[0]?.rows() ?? 0;
  for (const column of writing) {
    if (column.rows() !== rows)
      throw new TendonError("internal", `column ${column.name} has ${column.rows()} rows where the first has ${rows}`, {
        place: { file: path },
      });
  }
  return rows;
}

function columnChunk(made: Awaited<ReturnType<WritingColumn["finish"]>>, start: number, end: number): ColumnChunk {
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: made.physical,
      encodings: ["PLAIN", "RLE"],
      path_in_schema: made.path,
      codec: "SNAPPY",
      num_values: BigInt(made.values),
      total_uncompressed_size: BigInt(made.uncompressedBytes),
      total_compressed_size: BigInt(end - start),
      data_page_offset: BigInt(start),
      ...(made.statistics && { statistics: made.statistics }),
    },
  };
}

function footer(
  schema: SchemaElement[],
  groups: RowGroup[],
  rows: number,
  metadata: ParquetWriterOptions["metadata"] = {},
): Uint8Array {
  const writer = new ByteWriter(4096);
  const pairs: KeyValue[] = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const file = {
    version: 2,
    schema,
    num_rows: BigInt(rows),
    row_groups: groups,
    created_by: "tendon",
    ...(pairs.length > 0 && { key_value_metadata: pairs }),
  };
  writeMetadata(writer, file as Parameters<typeof writeMetadata>[1]);
  writer.appendBytes(MAGIC);
  return writer.getBytes();
}

/** A place on disk for pages that do not fit in memory; made when first needed. */
export interface Spill {
  write(bytes: Uint8Array): Promise<number>;
  read(offset: number, length: number): Promise<Uint8Array>;
}

function spillFile(path: string): Spill & { clear(): Promise<void>; close(): Promise<void> } {
  let file: FileHandle | undefined;
  let end = 0;
  return {
    async write(bytes) {
      file ??= await open(path, "wx+");
      writeAll(file, bytes, end);
      end += bytes.length;
      return end - bytes.length;
    },
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await file!.read(bytes, got, length - got, offset + got);
        if (bytesRead === 0) throw new TendonError("internal", "was cut short", { place: { file: path, offset } });
        got += bytesRead;
      }
      return bytes;
    },
    async clear() {
      if (end > 0) await file?.truncate(0);
      end = 0;
    },
    async close() {
      await file?.close();
      if (file) await rm(path, { force: true });
      file = undefined;
    },
  };
}

/** Into the system's memory: to wake another thread for each page costs more than to do it. */
function writeAll(file: FileHandle, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length; ) {
    const at = position === undefined ? null : position + done;
    done += writeSync(file.fd, bytes, done, bytes.length - done, at);
  }
}

const MAGIC = new TextEncoder().encode("PAR1");
