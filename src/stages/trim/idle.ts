import { z } from "zod";
import type { RowsBatch } from "../../core/batch.ts";
import type { Episode } from "../../core/episode.ts";
import { TendonError } from "../../core/errors.ts";
import { type EpisodeSchema, isAction } from "../../core/feature.ts";
import { streamsFitting } from "../../core/pattern.ts";
import { fromSeconds, type Nanoseconds, type TimeRange } from "../../core/time.ts";

/** What counts as standing still. */
export const IDLE_OPTIONS = z.strictObject({
  below: z
    .number()
    .positive()
    .describe("How far each number may be from what it is at the edge, in the stream's own unit (rad for most joints)"),
  forSec: z
    .number()
    .nonnegative()
    .default(1)
    .describe("Seconds that it must stand still at an edge; a shorter stillness stays whole"),
  leaveSec: z.number().nonnegative().default(0).describe("Seconds of stillness that stay at each edge"),
  streams: z
    .array(z.string().min(1))
    .min(1)
    .max(256)
    .optional()
    .describe("What must stand still, by name or pattern. Default: `observation.state`, else every measured `*.position`"),
});
export type IdleOptions = z.output<typeof IDLE_OPTIONS>;

/** The streams that motion is looked for in. Throws where there are none, or one of them is no numbers. */
export function idleStreams(schema: EpisodeSchema, { streams }: IdleOptions): string[] {
  const path = "trim.idle.streams";
  const names = Object.keys(schema.features);
  if (streams) {
    const found = streamsFitting(streams, names, path);
    for (const name of found)
      if (!isNumbers(schema, name)) throw bad(`"${name}" is ${schema.features[name]!.dtype}, not numbers`);
    return found;
  }
  if (names.includes("observation.state")) return ["observation.state"];
  const measured = names.filter((name) => name.endsWith(".position") && !isAction(name) && isNumbers(schema, name));
  if (measured.length > 0) return measured;
  throw bad(`there is no observation.state and no *.position; name what moves (there are: ${names.join(", ")})`);
}

/**
 * The span without its still edges, or undefined where nothing moves in it. The still start is what
 * comes before the first sample that is further than `below` from the first one; the still end is
 * what comes behind the last sample that is so far from the last one.
 */
export async function withoutIdle(episode: Episode, span: TimeRange, options: IdleOptions): Promise<TimeRange | undefined> {
  const streams = idleStreams(episode.schema, options);
  const begins = await firstAway(episode, streams, { span, below: options.below });
  if (begins === undefined) return undefined;
  const ends = await lastAway(episode, streams, { span: { start: begins, end: span.end }, below: options.below });
  const long = fromSeconds(options.forSec);
  const leave = fromSeconds(options.leaveSec);
  const start = begins - span.start >= long ? later(begins - leave, span.start) : span.start;
  const end = span.end - ends >= long ? earlier(ends + 1n + leave, span.end) : span.end;
  return { start, end };
}

interface Looking {
  readonly span: TimeRange;
  readonly below: number;
}

/** When the first sample comes that is away from the first one of its stream. */
async function firstAway(
  episode: Episode,
  streams: readonly string[],
  { span, below }: Looking,
): Promise<Nanoseconds | undefined> {
  const edges: (Float64Array | undefined)[] = streams.map(() => undefined);
  for await (const { want, batch } of episode.read(wantsOf(streams), span)) {
    if (batch.kind !== "rows") continue;
    const edge = edges[want] ?? edgeOf(batch);
    edges[want] = edge;
    for (let row = 0; row < batch.time.length; row++) if (isAway(batch, row, edge, below)) return batch.time[row]!;
  }
  return undefined;
}

/** When the last sample comes that is away from the last one of its stream; the span's start where none is. */
async function lastAway(episode: Episode, streams: readonly string[], { span, below }: Looking): Promise<Nanoseconds> {
  const edges: (Float64Array | undefined)[] = [];
  for (const stream of streams) edges.push(await lastOf(episode, stream, span));
  let last = span.start;
  for await (const { want, batch } of episode.read(wantsOf(streams), span)) {
    const edge = edges[want];
    if (batch.kind !== "rows" || !edge) continue;
    for (let row = 0; row < batch.time.length; row++) if (isAway(batch, row, edge, below)) last = later(last, batch.time[row]!);
  }
  return last;
}

async function lastOf(episode: Episode, stream: string, span: TimeRange): Promise<Float64Array | undefined> {
  const { time } = await episode.times(stream);
  let at = time.length - 1;
  while (at >= 0 && time[at]! >= span.end) at--;
  if (at < 0 || time[at]! < span.start) return undefined;
  for await (const { batch } of episode.read(wantsOf([stream]), { start: time[at]!, end: span.end }))
    if (batch.kind === "rows") return edgeOf(batch);
  return undefined;
}

function wantsOf(streams: readonly string[]) {
  return streams.map((stream) => ({ stream, as: "rows" as const }));
}

/** A copy of the first sample of a batch; NaN, from which everything is away, where a value is missing. */
function edgeOf(batch: RowsBatch): Float64Array {
  const width = batch.values.length / batch.time.length;
  return Float64Array.from({ length: width }, (_, column) =>
    isThere(batch, 0, column) ? Number(batch.values[column]) : Number.NaN,
  );
}

/** Whether some number of a row is further from the edge than allowed. A number that is missing is not. */
function isAway(batch: RowsBatch, row: number, edge: Float64Array, below: number): boolean {
  for (let column = 0; column < edge.length; column++) {
    const value = Number(batch.values[row * edge.length + column]);
    // NaN is not within anything, so that what cannot be compared is never cut off.
    if (!(Math.abs(value - edge[column]!) <= below) && isThere(batch, row, column)) return true;
  }
  return false;
}

/** `valid` is one a row or one a number. */
function isThere({ valid, time, values }: RowsBatch, row: number, column: number): boolean {
  if (!valid) return true;
  return valid[valid.length === time.length ? row : row * (values.length / time.length) + column] === 1;
}

function isNumbers(schema: EpisodeSchema, stream: string): boolean {
  const { dtype, shape } = schema.features[stream]!;
  return dtype !== "text" && dtype !== "bytes" && dtype !== "video" && !shape.includes("any");
}

function bad(message: string): TendonError {
  return new TendonError("bad-pipeline", message, { place: { path: "trim.idle.streams" } });
}

const earlier = (a: bigint, b: bigint) => (a < b ? a : b);
const later = (a: bigint, b: bigint) => (a > b ? a : b);
