import type { Batch, Want } from "./batch.ts";
import type { Episode, Facts, StreamTimes } from "./episode.ts";
import { TendonError } from "./errors.ts";
import type { EpisodeSchema } from "./feature.ts";
import { mergeByTime } from "./merge.ts";
import { cropBatch, sliceBatch } from "./slice.ts";
import type { Clock, TimeRange } from "./time.ts";

/** An episode whose samples are in memory: for tests, and for sources whose recordings are small. */
export interface MemoryEpisode {
  readonly id: string;
  readonly schema: EpisodeSchema;
  /** One batch a stream, with all its samples. */
  readonly streams: { readonly [stream: string]: Batch };
  readonly facts?: Partial<Facts>;
  readonly clock?: Clock;
  /** Absent: from the first sample to just after the last. */
  readonly span?: TimeRange;
  readonly times?: { readonly [stream: string]: Partial<StreamTimes> };
  /** Samples in each batch that is read. Default 1,000. */
  readonly batchRows?: number;
}

/** Opens it as an Episode. Frames are given as they are: format and size must be those held. */
export function memoryEpisode(memory: MemoryEpisode): Episode {
  return {
    id: memory.id,
    clock: memory.clock ?? "episode",
    span: memory.span ?? spanOf(Object.values(memory.streams)),
    facts: { source: "memory", tier: "real", origin: { file: memory.id }, ...memory.facts },
    schema: memory.schema,
    times: async (stream) => {
      const batch = streamOf(memory, stream);
      return { time: batch.time.toSorted(), ...(batch.kind === "packets" && { key: batch.key }), ...memory.times?.[stream] };
    },
    read: (wants, range) => mergeByTime(wants.map((want) => readStream(memory, want, range))),
  };
}

async function* readStream(memory: MemoryEpisode, want: Want, range?: TimeRange): AsyncGenerator<Batch> {
  const whole = streamOf(memory, want.stream);
  if (whole.kind !== want.as)
    throw new TendonError("internal", `holds ${whole.kind}, was asked for ${want.as}`, { place: { stream: want.stream } });
  const rows = memory.batchRows ?? 1000;
  for (let start = 0; start < whole.time.length; start += rows) {
    const batch = sliceBatch(whole, start, Math.min(start + rows, whole.time.length));
    const cropped = range ? cropBatch(batch, range) : batch;
    if (cropped) yield cropped;
  }
}

function streamOf(memory: MemoryEpisode, stream: string): Batch {
  const batch = memory.streams[stream];
  if (!batch)
    throw new TendonError("internal", `no such stream; there are ${Object.keys(memory.streams).join(", ")}`, {
      place: { stream },
    });
  return batch;
}

function spanOf(batches: readonly Batch[]): TimeRange {
  let start: bigint | undefined;
  let last = 0n;
  for (const batch of batches) {
    for (const time of batch.time) {
      if (start === undefined || time < start) start = time;
      if (time > last) last = time;
    }
  }
  return { start: start ?? 0n, end: last + 1n };
}
