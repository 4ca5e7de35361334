import type { BytesBatch, RowsBatch } from "../../core/batch.ts";
import type { PartReader } from "../../core/part.ts";
import { toSeconds } from "../../core/time.ts";
import type { StreamFacts } from "./model.ts";
import type { ParkedEpisode } from "./parked.ts";
import { channelCount } from "./samples.ts";

/** An episode's rows in memory: a column a channel. */
export interface RowsOfEpisode {
  /** From the episode's start. */
  readonly seconds: Float64Array;
  /** NaN where a value is missing. */
  readonly channels: readonly Float64Array[];
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

const TEXT_CHARS_MAX = 2000;

/** Reads what is parked. Channels of streams that this episode lacks are missing throughout. */
export async function readRows(
  parts: PartReader,
  parked: ParkedEpisode,
  of: { readonly streams: readonly StreamFacts[]; readonly startNs: bigint },
): Promise<RowsOfEpisode> {
  const seconds = new Float64Array(parked.rows);
  const channels = Array.from({ length: channelCount(of.streams) }, () => new Float64Array(parked.rows).fill(Number.NaN));
  const texts = new Map<string, string[]>();
  let row = 0;
  for await (const chunk of parts.table(parked.table)) {
    let rows = 0;
    for (const [stream, batch] of chunk) {
      rows = batch.time.length;
      for (let i = 0; i < rows; i++) seconds[row + i] = toSeconds(batch.time[i]! - of.startNs);
      if (batch.kind === "bytes") {
        texts.set(stream, [...(texts.get(stream) ?? []), ...textsOf(batch)]);
        continue;
      }
      const facts = of.streams.find((each) => each.stream === stream);
      if (facts) copyColumns(batch, channels.slice(facts.first, facts.first + facts.names.length), row);
    }
    row += rows;
  }
  return { seconds, channels, texts };
}

function copyColumns({ values, valid, time }: RowsBatch, channels: readonly Float64Array[], row: number): void {
  const width = channels.length;
  const each = valid !== undefined && valid.length === time.length * width;
  for (let i = 0; i < time.length; i++) {
    if (valid && !each && valid[i] === 0) continue;
    for (let c = 0; c < width; c++) {
      if (each && valid[i * width + c] === 0) continue;
      channels[c]![row + i] = Number(values[i * width + c]);
    }
  }
}

function textsOf({ offsets, bytes, time }: BytesBatch): string[] {
  const decoder = new TextDecoder();
  return Array.from(time, (_, i) =>
    decoder.decode(bytes.subarray(Number(offsets[i]), Number(offsets[i + 1]))).slice(0, TEXT_CHARS_MAX),
  );
}
