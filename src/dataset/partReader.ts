import type * as arrow from "apache-arrow";
import type { BytesBatch, PacketsBatch, RowsBatch, SourceTimes } from "../core/batch.ts";
import type { Dtype } from "../core/feature.ts";
import type { JsonObject } from "../core/json.ts";
import type { PartReader, TableChunk } from "../core/part.ts";
import { maskOf, valuesOf } from "./arrowTypes.ts";
import type { Home } from "./home.ts";
import { configFromJson } from "./packetsParker.ts";
import { type PartBatch, readBatches } from "./partBatches.ts";
import { partPath } from "./partFile.ts";

/** Reads what is parked in a home, a megabyte or so at a time. */
export function partReader(home: Home): PartReader {
  return {
    async *table(key) {
      for await (const batch of readBatches(partPath(home, key), "own memory")) yield tableChunk(batch);
    },
    async *packets(key) {
      for await (const batch of readBatches(partPath(home, key), "one memory")) yield packetsBatch(batch);
    },
    async *packetTimes(key) {
      for await (const batch of readBatches(partPath(home, key), "without the longest")) {
        const { bytes: _unread, ...packets } = packetsBatch(batch);
        yield packets;
      }
    },
  };
}

function tableChunk(batch: PartBatch): TableChunk {
  const time = timesOf(batch, "time");
  const chunk = new Map<string, RowsBatch | BytesBatch>();
  for (const [index, { metadata }] of batch.schema.fields.entries()) {
    if (metadata.get("role") !== "values") continue;
    const stream = metadata.get("stream")!;
    const data = batch.columns[index]!;
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

function packetsBatch(batch: PartBatch): PacketsBatch {
  const values = batch.schema.fields.findIndex(({ metadata }) => metadata.get("role") === "values");
  const stream = batch.schema.fields[values]!.metadata.get("stream")!;
  const from = fromOf(batch, stream);
  const key = columnOf(batch, "key")!;
  return {
    kind: "packets",
    time: timesOf(batch, "time"),
    decodeTime: timesOf(batch, "decodeTime"),
    key: valuesOf(key, "uint8") as Uint8Array,
    ...bytesOf(batch.columns[values]!),
    ...(from && { from }),
    config: configFromJson(JSON.parse(batch.schema.metadata.get("config")!) as JsonObject),
  };
}

function bytesOf(data: arrow.Data): { offsets: BigInt64Array; bytes: Uint8Array } {
  const offsets = data.valueOffsets as unknown as BigInt64Array;
  return { offsets: offsets.subarray(0, data.length + 1), bytes: data.values as Uint8Array };
}

function fromOf(batch: PartBatch, stream: string): SourceTimes | undefined {
  const first = columnOf(batch, "first", stream);
  const last = columnOf(batch, "last", stream);
  if (!first) return undefined;
  return { first: int64s(first), ...(last && { last: int64s(last) }) };
}

function timesOf(batch: PartBatch, role: string): BigInt64Array {
  return int64s(columnOf(batch, role)!);
}

function columnOf(batch: PartBatch, role: string, stream?: string): arrow.Data | undefined {
  const index = batch.schema.fields.findIndex(
    ({ metadata }) => metadata.get("role") === role && metadata.get("stream") === stream,
  );
  return batch.columns[index];
}

function int64s(data: arrow.Data): BigInt64Array {
  return valuesOf(data, "int64") as BigInt64Array;
}
