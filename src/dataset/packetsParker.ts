import * as arrow from "apache-arrow";
import type { Batch, CodecConfig, Encoding, PacketsBatch } from "../core/batch.ts";
import { digest, startDigest } from "../core/digest.ts";
import type { StreamStatistics } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { ParkedPackets } from "../core/part.ts";
import { columnData } from "./arrowTypes.ts";
import { bytesColumn, type Column, field } from "./columns.ts";
import { bytesOf, Growing } from "./growing.ts";
import type { Home } from "./home.ts";
import { orNeverAgain, type Parker } from "./parker.ts";
import { openPartFile, type PartFile } from "./partFile.ts";
import { fromColumns, timeColumn } from "./timeColumns.ts";

/** Half of what a source gives at most, so that most batches are written as they come. */
const CHUNK_BYTES = 1 << 19;
const CHUNK_PACKETS = 1 << 12;

/** Parks the coded pictures of one stream, in decode order. */
export function openPacketsParker(
  home: Home,
  stream: string,
  told: { readonly encoding: "as recorded" | Encoding; readonly carried?: StreamStatistics },
): Parker<ParkedPackets> {
  const pictures = bytesColumn(stream, { dtype: "bytes", shape: [] }, "borrowed");
  const columns: readonly Column<PacketsBatch>[] = [pictures, ...timeColumns(stream)];
  let file: PartFile | undefined;
  let config: CodecConfig | undefined;
  let samples = 0;
  let pending = 0;
  let bytes = 0;
  const order = orderTally();

  const full = () => pending >= CHUNK_PACKETS || pictures.pendingBytes >= CHUNK_BYTES;
  const drain = orNeverAgain((atEnd: boolean) => {
    while (pending > 0 && (atEnd || full())) {
      const count = Math.min(pending, CHUNK_PACKETS);
      file ??= openPartFile(home, schemaOf(columns, config!));
      const data = columns.flatMap((column) => column.take(count));
      pending -= count;
      file.write(data, count);
    }
  });
  return {
    count: () => samples,
    append(_stream, batch, start) {
      const packets = checkPackets(batch, stream, config);
      config ??= keptConfig(packets.config);
      const end = packets.time.length;
      for (const column of columns) column.append(packets, start, end);
      order.add(packets, start, end);
      bytes += Number(packets.offsets[end]! - packets.offsets[start]!);
      samples += end - start;
      pending += end - start;
      drain(false);
      // The batch is its owner's again when this is done.
      pictures.keep();
    },
    async finish() {
      if (config === undefined) throw new TendonError("bad-data", "has no picture in this episode", { place: { stream } });
      drain(true);
      const configKey = configDigest(config);
      const content = Object.assign({}, ...columns.map((column) => column.digest())) as JsonObject;
      const key = digest({ form: "packets 1", samples, config: configKey, content: { ...content, stream: "" } });
      await file!.finish(key);
      return {
        key,
        encoding: told.encoding,
        samples,
        bytes,
        configKey,
        codec: config.codec,
        width: config.width,
        height: config.height,
        ...(config.pixelFormat !== undefined && { pixelFormat: config.pixelFormat }),
        ...order.found,
        ...(told.carried && { carried: told.carried }),
      };
    },
    async abort() {
      await file?.abort();
    },
  };
}

/** Counts key frames, and sees B-frames by times that go back. */
function orderTally() {
  const found = { keyFrames: 0, bFrames: false };
  let latest = -(2n ** 63n);
  return {
    found,
    add({ key, time }: PacketsBatch, start: number, end: number): void {
      for (let index = start; index < end; index++) {
        if (key[index] !== 0) found.keyFrames++;
        if (time[index]! < latest) found.bFrames = true;
        else latest = time[index]!;
      }
    },
  };
}

/** Equal for streams that one decoder set-up can play one after another. */
export function configDigest(config: CodecConfig): string {
  const { codecString: _told, ...decides } = configJson(config);
  return digest(decides);
}

/** A configuration as JSON, for the part's own schema. */
export function configJson(config: CodecConfig): JsonObject {
  const { description, ...rest } = config;
  const text = description && Buffer.from(description).toString("base64");
  return { ...rest, ...(text !== undefined && { description: text }) } as unknown as JsonObject;
}

/** What `configJson` made, back again. */
export function configFromJson(json: { readonly [key: string]: Json }): CodecConfig {
  const { description, ...rest } = json;
  const bytes = typeof description === "string" ? new Uint8Array(Buffer.from(description, "base64")) : undefined;
  return { ...(rest as unknown as CodecConfig), ...(bytes && { description: bytes }) };
}

function timeColumns(stream: string): readonly Column<PacketsBatch>[] {
  return [
    timeColumn<PacketsBatch>("time", (batch) => batch.time),
    timeColumn<PacketsBatch>("decodeTime", (batch) => batch.decodeTime),
    keyColumn(),
    fromColumns(stream) as Column<PacketsBatch>,
  ];
}

function keyColumn(): Column<PacketsBatch> {
  const type = new arrow.Uint8();
  const keys = new Growing<Uint8Array>((count) => new Uint8Array(count));
  const content = startDigest();
  return {
    get pendingBytes() {
      return keys.length;
    },
    fields: () => [field("key", type, { role: "key" })],
    append: (batch, start, end) => keys.append(batch.key.subarray(start, end)),
    take(rows) {
      const taken = keys.take(rows).map((flag) => (flag === 0 ? 0 : 1));
      content.add(bytesOf(taken));
      return [columnData(type, { values: taken, rows })];
    },
    digest: () => ({ key: content.end() }),
  };
}

function schemaOf(columns: readonly Column<PacketsBatch>[], config: CodecConfig): arrow.Schema {
  const about = new Map([["config", JSON.stringify(configJson(config))]]);
  return new arrow.Schema(
    columns.flatMap((column) => column.fields()),
    about,
  );
}

function checkPackets(batch: Batch, stream: string, config: CodecConfig | undefined): PacketsBatch {
  const place = { stream };
  if (batch.kind !== "packets") throw new TendonError("internal", `was asked for packets, gave ${batch.kind}`, { place });
  if (batch.valid?.includes(0)) {
    throw new TendonError("bad-data", "has rows without a picture, and video cannot leave one out; cut them with `align`", {
      place,
    });
  }
  if (config && config !== batch.config && configDigest(config) !== configDigest(batch.config)) {
    const told = ({ codec, width, height }: CodecConfig) => `${codec} ${width}x${height}`;
    const message = `the codec's set-up changes within the episode (${told(config)}, then ${told(batch.config)}); encode it again with \`video: encode\``;
    throw new TendonError("bad-data", message, { place });
  }
  return batch;
}

/** The description is a view of memory that may be reused. */
function keptConfig(config: CodecConfig): CodecConfig {
  return config.description ? { ...config, description: config.description.slice() } : config;
}
