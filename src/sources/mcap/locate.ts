import type { SamplePlace, SoughtSamples } from "../../core/source.ts";
import { lowerBound } from "../../kernels/resample.ts";
import type { RecordingLayout, TopicLayout } from "./layout.ts";
import type { Recording } from "./recording.ts";
import type { Scan } from "./scan.ts";

/** Messages of one range that are told: more than a row is ever made of. */
const PLACES_MAX = 16;

/** Finds the messages of streams in the files of a recording. */
export async function locateMessages(
  recording: Recording,
  { topics }: RecordingLayout,
  scan: Scan,
  sought: readonly SoughtSamples[],
): Promise<SamplePlace[]> {
  const places: SamplePlace[] = [];
  for (const { stream, first, last } of sought) {
    const topic = topics.find(({ streams }) => streams.some(({ name }) => name === stream));
    const index = topic && scan.topics.get(topic.topic);
    if (!topic || !index) continue;
    const from = lowerBound(index.time, first);
    const to = Math.min(lowerBound(index.time, last + 1n), from + PLACES_MAX);
    for (let at = from; at < to; at++) {
      const record = { block: index.block[at]!, start: index.at[at]!, time: index.time[at]! };
      places.push({ stream, ...(await messagePlace(recording, topic, record)) });
    }
  }
  return places;
}

async function messagePlace(
  recording: Recording,
  topic: TopicLayout,
  { block, start, time }: { readonly block: number; readonly start: number; readonly time: bigint },
): Promise<Omit<SamplePlace, "stream">> {
  const bytes = await recording.readBlock(block);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { file: number, index } = recording.blocks[block]!;
  const file = recording.files[number]!;
  const { kind, offset } = file.blocks[index]!;
  return {
    timeNs: time.toString(),
    file: file.path,
    name: topic.topic,
    at: {
      type: topic.decoder.type,
      channel: view.getUint16(start + 9, true),
      sequence: view.getUint32(start + 11, true),
      clock: CLOCKS[topic.time],
      logTimeNs: view.getBigUint64(start + 15, true).toString(),
      publishTimeNs: view.getBigUint64(start + 23, true).toString(),
      // Within a chunk a message stands among unpacked bytes; without one, in the file itself.
      ...(kind === "chunk" ? { chunkOffset: offset, offsetInChunk: start } : { offset: offset + start }),
    },
  };
}

const CLOCKS = { header: "the message's header", log: "the recorder's log time", publish: "the publish time" } as const;
