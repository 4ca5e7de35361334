import type { Episode } from "../../../core/episode.ts";
import { type EpisodeSchema, isAction, type NumberDtype } from "../../../core/feature.ts";
import type { Json } from "../../../core/json.ts";
import type { PartReader } from "../../../core/part.ts";
import { openParquetWriter } from "../../../formats/parquet/write.ts";

const PREFIX = "native:";

/** Action streams that keep their own rate: they are not on the grid, whose rows are too far apart for them. */
export function nativeActions(schema: EpisodeSchema): readonly string[] {
  const grid = new Set(schema.grid?.streams);
  return Object.keys(schema.features)
    .filter((stream) => isAction(stream) && !grid.has(stream))
    .filter((stream) => !["text", "bytes", "video"].includes(schema.features[stream]!.dtype))
    .filter((stream) => !schema.features[stream]!.shape.includes("any"))
    .sort();
}

/** A table for each: streams off the grid share no times. */
export function nativeTables(episode: Episode): { readonly [table: string]: readonly string[] } {
  return Object.fromEntries(nativeActions(episode.schema).map((stream) => [PREFIX + stream, [stream]]));
}

export function nativeTable(stream: string): string {
  return PREFIX + stream;
}

/** All that decides the bytes of a side-car. */
export type NativeRecipe = {
  readonly form: "native 1";
  readonly table: string;
  readonly stream: string;
  readonly dtype: NumberDtype;
  readonly shape: readonly number[];
  /** The episode's parked rows: the first tells when `timestamp` is 0. */
  readonly rows: string;
};

/** Writes one stream of one episode: its true times, seconds since the episode's first row, and its values. */
export async function buildNative(target: string, recipe: NativeRecipe, parts: PartReader): Promise<Json> {
  const start = await firstTime(recipe.rows, parts);
  const writer = await openParquetWriter(target, [
    { name: "time_ns", type: "int64", shape: [] },
    { name: "timestamp", type: "float64", shape: [] },
    { name: recipe.stream, type: recipe.dtype, shape: recipe.shape.length === 0 ? [1] : recipe.shape },
  ]);
  let rows = 0;
  try {
    for await (const chunk of parts.table(recipe.table)) {
      const batch = chunk.get(recipe.stream);
      if (batch?.kind !== "rows") continue;
      writer.push(0, batch.time);
      writer.push(
        1,
        Float64Array.from(batch.time, (time) => Number(time - start) / 1e9),
      );
      writer.push(2, batch.values);
      rows += batch.time.length;
      await writer.settle();
    }
    await writer.endGroup();
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
  return { rows };
}

async function firstTime(table: string, parts: PartReader): Promise<bigint> {
  for await (const chunk of parts.table(table)) {
    for (const { time } of chunk.values()) if (time.length > 0) return time[0]!;
  }
  return 0n;
}
