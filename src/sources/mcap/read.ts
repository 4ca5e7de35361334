import type { Delivery, Want } from "../../core/batch.ts";
import { TendonError } from "../../core/errors.ts";
import type { TimeRange } from "../../core/time.ts";
import { MESSAGE_HEAD_BYTES, RECORD_HEAD_BYTES } from "../../formats/mcap/records.ts";
import { lowerBound } from "../../kernels/resample.ts";
import type { Column } from "./column.ts";
import type { Decoder } from "./decoders.ts";
import type { StreamLayout, TopicLayout } from "./layout.ts";
import type { Recording } from "./recording.ts";
import type { Scan } from "./scan.ts";
import { type Taker, takerOf } from "./takers.ts";
import type { TopicIndex } from "./topicIndex.ts";

/** Samples in a batch at most, and about how many bytes of pictures or messages. */
const BATCH_ROWS = 4096;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Streams advance together through pieces of the recording of about this size, so that each block is unpacked about once. */
const WINDOW_BYTES = 2 * 1024 * 1024;

/** What is read of one topic: its streams share each decoded message. */
export interface TopicRead {
  readonly layout: TopicLayout;
  readonly index: TopicIndex;
  readonly streams: readonly { readonly want: number; readonly stream: StreamLayout }[];
  /** Decodes what these streams look at. */
  readonly decode: Decoder["decode"];
  /** Told by the rows as they are read. */
  readonly oddities: Map<string, number>;
}

/** Finds the topics of wants. Throws `internal` for a stream that is not there or cannot be given in that form. */
export function topicReads(
  wants: readonly Want[],
  topics: readonly TopicLayout[],
  scan: Scan,
  oddities: ReadonlyMap<string, Map<string, number>>,
): TopicRead[] {
  const reads = new Map<string, { layout: TopicLayout; streams: { want: number; stream: StreamLayout }[] }>();
  for (const [want, { stream: name, as }] of wants.entries()) {
    const layout = topics.find(({ streams }) => streams.some((stream) => stream.name === name));
    const stream = layout?.streams.find((each) => each.name === name);
    if (!layout || !stream) throw new TendonError("internal", "no such stream", { place: { stream: name } });
    if (formOf(stream.column) !== as)
      throw new TendonError("internal", `gives ${formOf(stream.column)}, was asked for ${as}`, { place: { stream: name } });
    const read = reads.get(layout.topic) ?? { layout, streams: [] };
    read.streams.push({ want, stream });
    reads.set(layout.topic, read);
  }
  return [...reads.values()].map(({ layout, streams }) => ({
    layout,
    streams,
    decode: decodeFor(layout.decoder, streams),
    index: scan.topics.get(layout.topic)!,
    oddities: oddities.get(layout.topic)!,
  }));
}

/** Decodes all that the streams look at, and where the format allows no more than that. */
function decodeFor(decoder: Decoder, streams: TopicRead["streams"]): Decoder["decode"] {
  const fields = new Set<string>();
  for (const { stream } of streams) {
    const { column } = stream;
    const own = column.as === "rows" || column.as === "text" ? column.fields : undefined;
    if (!own) return (bytes) => decoder.decode(bytes);
    for (const field of own) fields.add(field);
  }
  return decoder.only?.([...fields]) ?? ((bytes) => decoder.decode(bytes));
}

function formOf(column: Column): Want["as"] {
  if (column.as === "rows") return "rows";
  return column.as === "picture" ? "packets" : "bytes";
}

/** One pass: the topic whose next message is the earliest goes on, up to the end of the window. */
export async function* readTopics(
  recording: Recording,
  reads: readonly TopicRead[],
  cuts: BigInt64Array,
  range?: TimeRange,
): AsyncGenerator<Delivery> {
  const cursors = reads.map(({ index }) => ({
    at: range ? lowerBound(index.time, range.start) : 0,
    end: range ? lowerBound(index.time, range.end) : index.count,
  }));
  for (;;) {
    const next = earliest(reads, cursors);
    if (next < 0) return;
    const cursor = cursors[next]!;
    const read = reads[next]!;
    const windowEnd = nextCut(cuts, read.index.time[cursor.at]!);
    const limit = windowEnd === undefined ? cursor.end : lowerBound(read.index.time, windowEnd);
    const end = Math.min(cursor.end, limit, cursor.at + BATCH_ROWS);
    const { batches, end: reached } = await readRows(recording, read, cursor.at, end);
    cursor.at = reached;
    yield* batches;
  }
}

/** Times at which every stream has come equally far: no block before such a time has a message after it, or few. */
export function windowCuts(recording: Recording, scan: Scan): BigInt64Array {
  const cuts: bigint[] = [];
  let bytes = 0;
  let least: bigint | undefined;
  for (let block = recording.blocks.length - 1; block >= 0; block--) {
    const start = scan.blockStarts[block];
    if (start !== undefined && (least === undefined || start < least)) least = start;
    const { file, index } = recording.blocks[block]!;
    bytes += recording.files[file]!.blocks[index]!.lengthBytes;
    if (bytes < WINDOW_BYTES || least === undefined || least === cuts.at(-1)) continue;
    cuts.push(least);
    bytes = 0;
  }
  return BigInt64Array.from(cuts.reverse());
}

function earliest(reads: readonly TopicRead[], cursors: readonly { at: number; end: number }[]): number {
  let best = -1;
  let bestTime = 0n;
  for (let index = 0; index < reads.length; index++) {
    const { at, end } = cursors[index]!;
    if (at >= end) continue;
    const time = reads[index]!.index.time[at]!;
    if (best >= 0 && time >= bestTime) continue;
    best = index;
    bestTime = time;
  }
  return best;
}

function nextCut(cuts: BigInt64Array, time: bigint): bigint | undefined {
  const at = lowerBound(cuts, time + 1n);
  return at < cuts.length ? cuts[at] : undefined;
}

/** Reads messages `from` to `to` (half-open) of a topic, fewer where they are large, as one batch for each of its streams. */
async function readRows(
  recording: Recording,
  read: TopicRead,
  from: number,
  to: number,
): Promise<{ readonly batches: Delivery[]; readonly end: number }> {
  const { index, layout } = read;
  const takers = read.streams.map(({ stream }) => takerOf(stream.column, layout, index, { from, to, oddities: read.oddities }));
  let held = -1;
  let bytes = new Uint8Array(0);
  let view = new DataView(bytes.buffer);
  let at = from;
  let taken = 0;
  for (; at < to && taken < BATCH_BYTES; at++) {
    if (index.block[at] !== held) {
      held = index.block[at]!;
      bytes = (await recording.readBlock(held)) as Uint8Array<ArrayBuffer>;
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const start = index.at[at]!;
    const end = start + RECORD_HEAD_BYTES + view.getUint32(start + 1, true);
    const content = bytes.subarray(start + RECORD_HEAD_BYTES + MESSAGE_HEAD_BYTES, end);
    const room = takeAll(takers, read.decode, content, at - from);
    if (!room) break;
    if (layout.picture || takers.some((taker) => taker.large)) taken += content.length;
  }
  return { batches: takers.map((taker, place) => ({ want: read.streams[place]!.want, batch: taker.batch(at - from) })), end: at };
}

/** Gives one message to all; false where it must wait for the next batch. */
function takeAll(takers: readonly Taker[], decode: Decoder["decode"], content: Uint8Array, row: number): boolean {
  let message: unknown;
  let failure: string | undefined;
  if (takers.some((taker) => taker.decoded)) {
    try {
      message = decode(content);
    } catch (error) {
      failure = `cannot be decoded: ${(error as Error).message} (masked)`;
    }
  }
  for (const taker of takers) if (!taker.take(message, content, row, failure)) return false;
  return true;
}
