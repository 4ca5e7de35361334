import { Opcode } from "@mcap/core";
import type { McapChannel, McapFile } from "../../formats/mcap/file.ts";
import { forEachRecord, MESSAGE_HEAD_BYTES, RECORD_HEAD_BYTES } from "../../formats/mcap/records.ts";
import { type Decoder, decoderOf } from "./decoders.ts";
import { isPictureType } from "./pictures.ts";
import type { Refusal } from "./refusal.ts";

/** The first messages of a topic: what its streams look like is told from them. */
export interface Probe {
  readonly topic: string;
  /** The topic's first channel; messages of channels of another type or encoding are refused. */
  readonly channel: McapChannel;
  readonly decoder: Decoder | Refusal;
  /** Absent where the topic has no message. */
  readonly first?: { readonly bytes: Uint8Array; readonly log: bigint };
  /** The first pictures of a video are looked at until one tells its configuration. */
  readonly firsts: readonly Uint8Array[];
  /** Times of the first messages, as recorded. */
  readonly log: readonly bigint[];
  readonly publish: readonly bigint[];
  readonly header: readonly bigint[];
}

type Mutable = { -readonly [K in keyof Probe]: Probe[K] } & {
  firsts: Uint8Array[];
  log: bigint[];
  publish: bigint[];
  header: bigint[];
};

/** Messages of a camera that are looked at to tell its rate. */
const PICTURES_LOOKED_AT = 32;
/** Bytes of blocks that are read for rates alone, when every topic's first message is known. */
const RATE_BYTES = 64 * 1024 * 1024;

/**
 * Reads the first message of every topic, and of cameras enough to tell their rate. Blocks that an
 * index says hold nothing new are not read; blocks that cannot be read are passed over here and told later.
 */
export async function probeTopics(files: readonly McapFile[]): Promise<Probe[]> {
  const probes = new Map<string, Mutable>();
  for (const file of files) {
    for (const channel of file.channels.values()) {
      if (probes.has(channel.topic)) continue;
      const decoder = decoderOf(channel);
      probes.set(channel.topic, { topic: channel.topic, channel, decoder, firsts: [], log: [], publish: [], header: [] });
    }
  }
  let spent = 0;
  for (const file of files) {
    for (const [index, block] of file.blocks.entries()) {
      const open = [...probes.values()].filter((probe) => wants(probe, spent < RATE_BYTES));
      if (open.length === 0) break;
      const topics = new Set(open.map((probe) => probe.topic));
      if (block.channels && ![...block.channels].some((id) => topics.has(file.channels.get(id)?.topic ?? ""))) continue;
      const bytes = await file.readBlock(index).catch(() => undefined);
      if (!bytes) continue;
      spent += bytes.length;
      probeBlock(file, bytes, probes);
    }
  }
  return [...probes.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
}

/** Whether messages of one channel can be read as those of the other. */
export function sameKind(a: McapChannel, b: McapChannel): boolean {
  if (a === b) return true;
  if (a.messageEncoding !== b.messageEncoding || a.schema?.name !== b.schema?.name || a.schema?.encoding !== b.schema?.encoding)
    return false;
  return a.schema === undefined || Buffer.compare(a.schema.data, b.schema!.data) === 0;
}

function wants(probe: Probe, forRates: boolean): boolean {
  if ("refused" in probe.decoder) return false;
  if (!probe.first) return true;
  return forRates && isPictureType(probe.decoder.type) && probe.log.length < PICTURES_LOOKED_AT;
}

function probeBlock(file: McapFile, bytes: Uint8Array, probes: ReadonlyMap<string, Mutable>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    forEachRecord(bytes, (opcode, start, end) => {
      if (opcode !== Opcode.MESSAGE || end - start < RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES) return;
      const channel = file.channels.get(view.getUint16(start + 9, true));
      const probe = channel && probes.get(channel.topic);
      if (!probe || probe.log.length >= PICTURES_LOOKED_AT || "refused" in probe.decoder) return;
      if (!sameKind(channel, probe.channel)) return;
      const content = bytes.subarray(start + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES, end);
      take(probe, probe.decoder, content, {
        log: view.getBigUint64(start + 15, true),
        publish: view.getBigUint64(start + 23, true),
      });
    });
  } catch {
    // A block that does not parse is told when it is scanned.
  }
}

function take(probe: Mutable, decoder: Decoder, content: Uint8Array, times: { log: bigint; publish: bigint }): void {
  const header = tryStamp(decoder, content);
  if (!probe.first) probe.first = { bytes: content.slice(), log: times.log };
  if (isPictureType(decoder.type) && probe.firsts.length < 4) probe.firsts.push(content.slice());
  probe.log.push(times.log);
  probe.publish.push(times.publish);
  if (header !== undefined) probe.header.push(header);
}

function tryStamp(decoder: Decoder, content: Uint8Array): bigint | undefined {
  try {
    return decoder.stamp(content);
  } catch {
    return undefined;
  }
}
