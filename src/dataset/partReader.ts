import { type FileHandle, open } from "node:fs/promises";
import * as arrow from "apache-arrow";
import type { BytesBatch, PacketsBatch, RowsBatch, SourceTimes } from "../core/batch.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { Dtype } from "../core/feature.ts";
import type { JsonObject } from "../core/json.ts";
import type { PartReader, TableChunk } from "../core/part.ts";
import { maskOf, valuesOf } from "./arrowTypes.ts";
import type { Home } from "./home.ts";
import { configFromJson } from "./packetsParker.ts";
import { partPath } from "./partFile.ts";

/** Reads what is parked in a home, a megabyte or so at a time. */
export function partReader(home: Home): PartReader {
  return {
    async *table(key) {
      for await (const batch of readBatches(partPath(home, key))) yield tableChunk(batch);
    },
    async *packets(key) {
      for await (const batch of readBatches(partPath(home, key))) yield packetsBatch(batch);
    },
  };
}

async function* readBatches(path: string): AsyncGenerator<arrow.RecordBatch> {
  const handle = await openPart(path);
  try {
    // Arrow's own type of a file handle is that of an older Node.
    const reader = await arrow.RecordBatchReader.from(handle as unknown as Promise<Uint8Array>);
    // A file without rows gives one batch without rows.
    for await (const batch of reader) if (batch.numRows > 0) yield batch;
  } catch (cause) {
    if (cause instanceof TendonError) throw cause;
    const message = `is damaged: ${cause instanceof Error ? cause.message : String(cause)}; remove it and run again`;
    throw new TendonError("bad-data", message, { place: { file: path }, cause });
  } finally {
    // Arrow's reader closes the handle when it comes to the end.
    await handle.close().catch(() => undefined);
  }
}

async function openPart(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw asTendonError(cause, "internal", { file: path });
    const message = "this part was removed from the dataset; run again to read its episode anew";
    throw new TendonError("not-found", message, { place: { file: path }, cause });
  }
}

function tableChunk(batch: arrow.RecordBatch): TableChunk {
  const time = timesOf(batch, "time");
  const chunk = new Map<string, RowsBatch | BytesBatch>();
  for (const [index, { metadata }] of batch.schema.fields.entries()) {
    if (metadata.get("role") !== "values") continue;
    const stream = metadata.get("stream")!;
    const data = batch.data.children[index]!;
    const from = fromOf(batch, stream);
    const valid = maskOf(data);
    const common = { time, ...(valid && { valid }), ...(from && { from }) };
    const dtype = metadata.get("dtype") as Dtype;
    chunk.set(
      stream,
      data.valueOffsets
        ? { kind: "bytes", ...common, ...bytesOf(data) }
        : { kind: "rows", ...common, values: valuesOf(data, dtype) },
    );
  }
  return chunk;
}

function packetsBatch(batch: arrow.RecordBatch): PacketsBatch {
  const values = batch.schema.fields.findIndex(({ metadata }) => metadata.get("role") === "values");
  const stream = batch.schema.fields[values]!.metadata.get("stream")!;
  const from = fromOf(batch, stream);
  const key = columnOf(batch, "key")!;
  return {
    kind: "packets",
    time: timesOf(batch, "time"),
    decodeTime: timesOf(batch, "decodeTime"),
    key: valuesOf(key, "uint8") as Uint8Array,
    ...bytesOf(batch.data.children[values]!),
    ...(from && { from }),
    config: configFromJson(JSON.parse(batch.schema.metadata.get("config")!) as JsonObject),
  };
}

function bytesOf(data: arrow.Data): { offsets: BigInt64Array; bytes: Uint8Array } {
  const offsets = data.valueOffsets as unknown as BigInt64Array;
  return { offsets: offsets.subarray(0, data.length + 1), bytes: data.values as Uint8Array };
}

function fromOf(batch: arrow.RecordBatch, stream: string): SourceTimes | undefined {
  const first = columnOf(batch, "first", stream);
  const last = columnOf(batch, "last", stream);
  if (!first) return undefined;
  return { first: int64s(first), ...(last && { last: int64s(last) }) };
}

function timesOf(batch: arrow.RecordBatch, role: string): BigInt64Array {
  return int64s(columnOf(batch, role)!);
}

function columnOf(batch: arrow.RecordBatch, role: string, stream?: string): arrow.Data | undefined {
  const index = batch.schema.fields.findIndex(
    ({ metadata }) => metadata.get("role") === role && metadata.get("stream") === stream,
  );
  return batch.data.children[index];
}

function int64s(data: arrow.Data): BigInt64Array {
  return valuesOf(data, "int64") as BigInt64Array;
}
