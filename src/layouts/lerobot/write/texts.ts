import type { Batch, Want } from "../../../core/batch.ts";
import { TendonError } from "../../../core/errors.ts";
import type { EpisodeSchema } from "../../../core/feature.ts";

/** Distinct texts in order of appearance, and how many rows have each. */
export type TextCounts = { readonly values: readonly string[]; readonly rows: readonly number[] };

const DISTINCT_MAX = 10_000;

/** Looks at rows as they are parked: which streams miss values, and which texts the indexed ones hold. */
export function textWatch(schema: EpisodeSchema, indexed: (stream: string) => boolean) {
  const masked = new Set<string>();
  const texts = new Map<string, Map<string, number>>();
  let textBytes = 0;
  const decoder = new TextDecoder();
  return {
    look(want: Want, batch: Batch): void {
      const { stream } = want;
      if (batch.kind !== "rows" && batch.kind !== "bytes") return;
      if (batch.valid?.includes(0)) masked.add(checkMask(stream, schema));
      if (batch.kind !== "bytes") return;
      textBytes += Number(batch.offsets[batch.time.length]! - batch.offsets[0]!);
      if (!indexed(stream)) return;
      const counts = texts.get(stream) ?? new Map<string, number>();
      texts.set(stream, counts);
      for (let row = 0; row < batch.time.length; row++) {
        const text = decoder.decode(batch.bytes.subarray(Number(batch.offsets[row]), Number(batch.offsets[row + 1])));
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      if (counts.size > DISTINCT_MAX)
        throw new TendonError("bad-data", `has over ${DISTINCT_MAX} different texts in one episode; it is no list of tasks`, {
          place: { stream },
        });
    },
    end: () => ({
      masked: [...masked].sort(),
      texts: Object.fromEntries(
        [...texts].map(([stream, counts]) => [stream, { values: [...counts.keys()], rows: [...counts.values()] }]),
      ),
      textBytes,
    }),
  };
}

/** A missing float is NaN in a file; nothing else has a value that says so, so it needs a column beside it. */
function checkMask(stream: string, schema: EpisodeSchema): string {
  const feature = schema.features[stream];
  if (feature?.optional || feature?.dtype.startsWith("float")) return stream;
  throw new TendonError(
    "bad-data",
    `misses values in some rows, and ${feature?.dtype ?? "its"} values cannot say so; cut the gaps with \`align\`, or leave the stream out with \`select\``,
    { place: { stream } },
  );
}
