import type { Batch, Want } from "../../core/batch.ts";
import type { Episode, StreamTimes } from "../../core/episode.ts";
import { TendonError } from "../../core/errors.ts";
import { type EpisodeSchema, type NumberDtype, width } from "../../core/feature.ts";
import { cropBatch } from "../../core/slice.ts";
import type { TimeRange } from "../../core/time.ts";
import { lowerBound } from "../../kernels/resample.ts";
import { CopiedBytes } from "./bytes.ts";
import { type Column, missingRuns } from "./columns.ts";
import { copyOf } from "./copy.ts";
import type { RowSpan } from "./cursor.ts";
import { CopiedFrames, type FrameOrder } from "./frames.ts";
import { MixedRows } from "./mixed.ts";
import { inWords, NewestRows } from "./newest.ts";
import type { Output } from "./output.ts";
import { CopiedPackets } from "./packets.ts";
import { type Lane, weave } from "./pass.ts";
import { sampleKind } from "./plan.ts";
import { CopiedRows } from "./rows.ts";

/** What is known of an aligned stream before the pass. */
export interface Aligned {
  readonly column: Column;
  readonly source: StreamTimes;
}

/** All that an aligned episode stands on. */
export interface AlignedParts {
  readonly schema: EpisodeSchema;
  readonly span: TimeRange;
  readonly grid: BigInt64Array;
  readonly streams: ReadonlyMap<string, Aligned>;
  /** Whether rows were cut away, so that not all of the recording is needed. */
  readonly cut: boolean;
}

/** An episode whose streams have one sample a row. Positions are known; samples are read when it is. */
export function alignedEpisode(input: Episode, parts: AlignedParts): Episode {
  return {
    ...input,
    schema: parts.schema,
    span: parts.span,
    times: (stream) => alignedTimes(input, parts, stream),
    read: (wants, range) => readAligned(input, parts, { wants, range }),
  };
}

async function alignedTimes(input: Episode, parts: AlignedParts, stream: string): Promise<StreamTimes> {
  const aligned = parts.streams.get(stream);
  if (!aligned) {
    const times = await input.times(stream);
    const [start, end] = [lowerBound(times.time, parts.span.start), lowerBound(times.time, parts.span.end)];
    return { ...times, time: times.time.subarray(start, end) };
  }
  if (parts.schema.features[stream]?.dtype !== "video") return { time: parts.grid };
  const copy = copyOf(aligned.column, aligned.source, parts.grid);
  const start = aligned.column.first[0]!;
  const key = copy.can ? aligned.source.key?.subarray(start, start + parts.grid.length) : undefined;
  return { time: parts.grid, ...(key && { key }), copy };
}

interface Reading {
  readonly wants: readonly Want[];
  readonly range: TimeRange | undefined;
}

/** A want, what is asked of the recording for it, and the times from the first to the last sample that it needs. */
interface Plan extends Lane {
  readonly want: Want;
  readonly needs: () => TimeRange | undefined;
}

function readAligned(input: Episode, parts: AlignedParts, { wants, range }: Reading) {
  const bounds = { start: 0, end: parts.grid.length };
  if (range) {
    bounds.start = lowerBound(parts.grid, range.start);
    bounds.end = Math.max(bounds.start, lowerBound(parts.grid, range.end));
  }
  const plans = wants.map((want) => planWant(parts, want, { bounds, range }));
  const whole = range === undefined && !parts.cut;
  const needs = whole ? undefined : union(plans.flatMap((plan) => plan.needs() ?? []));
  return weave(
    input.read(
      plans.map((plan) => plan.want),
      whole ? undefined : (needs ?? { start: parts.span.start, end: parts.span.start }),
    ),
    plans,
  );
}

function planWant(
  parts: AlignedParts,
  want: Want,
  { bounds, range }: { bounds: { start: number; end: number }; range: TimeRange | undefined },
): Plan {
  const { stream } = want;
  const aligned = parts.streams.get(stream);
  if (!aligned) {
    const needs = range ? { start: later(range.start, parts.span.start), end: earlier(range.end, parts.span.end) } : parts.span;
    return { stream, want, needs: () => needs, made: { pass: (batch: Batch) => cropBatch(batch, needs) } };
  }
  const span: RowSpan = { grid: parts.grid, column: aligned.column, ...bounds };
  const needs = () => neededTimes(span);
  if (want.as === "packets") return { stream, want, needs, made: packetsOf(parts, want, { span, aligned }) };
  if (want.as === "frames") return { stream, needs, ...framesOf(parts, want, span) };
  const feature = parts.schema.features[stream]!;
  if (sampleKind(feature) === "bytes") return { stream, want, needs, made: new CopiedBytes(stream, span) };
  const shape = { dtype: feature.dtype as NumberDtype, width: width(feature) };
  return { stream, want, needs, made: rowsOf(stream, span, shape) };
}

function rowsOf(stream: string, span: RowSpan, shape: { dtype: NumberDtype; width: number }): Output {
  if (span.column.last) return new MixedRows(stream, span, shape);
  const dense = span.column.times.length <= 2 * span.grid.length;
  if (span.column.lacking && dense && inWords(shape.dtype, shape.width)) return new NewestRows(stream, span, shape);
  return new CopiedRows(stream, span, shape);
}

function packetsOf(parts: AlignedParts, want: Want, { span, aligned }: { span: RowSpan; aligned: Aligned }): CopiedPackets {
  const copy = copyOf(aligned.column, aligned.source, parts.grid);
  const start = (aligned.column.first[0] ?? 0) + span.start;
  if (!copy.can || (span.start < span.end && !aligned.source.key?.[start])) {
    const reason = copy.can ? `frame ${start} is no key frame` : copy.reason;
    throw new TendonError("internal", `packets were asked for that cannot be copied: ${reason}`, {
      place: { stream: want.stream },
    });
  }
  return new CopiedPackets(want.stream, span);
}

/** Asks for each frame that a row takes once, and for no other. */
function framesOf(
  parts: AlignedParts,
  want: Want & { readonly as: "frames" },
  span: RowSpan,
): { want: Want; made: CopiedFrames } {
  const { only, ...rest } = want;
  const rows = only?.filter((row) => row >= span.start && row < span.end);
  const count = rows ? rows.length : span.end - span.start;
  const index = new Int32Array(count);
  const rowTimes = rows ? BigInt64Array.from(rows, (row) => parts.grid[row]!) : parts.grid.subarray(span.start, span.end);
  const frames: number[] = [];
  for (let at = 0; at < count; at++) {
    const frame = span.column.first[rows ? rows[at]! : span.start + at]!;
    if (frame >= 0 && frames.at(-1) !== frame) frames.push(frame);
    index[at] = frame < 0 ? -1 : frames.length - 1;
  }
  const all = span.column.times;
  const times = frames.length === all.length ? all : BigInt64Array.from(frames, (frame) => all[frame]!);
  const order: FrameOrder = { rowTimes, index, times };
  const size = want.size ?? pictureSize(parts.schema, want.stream);
  const made = new CopiedFrames(want.stream, order, { format: want.format, size });
  return { want: times === all ? rest : { ...rest, only: frames }, made };
}

function pictureSize(schema: EpisodeSchema, stream: string) {
  const { video, shape } = schema.features[stream]!;
  return video ?? { height: Number(shape[0]), width: Number(shape[1]) };
}

/** From the first to the last sample that the rows take. */
function neededTimes({ grid, column, start, end }: RowSpan): TimeRange | undefined {
  const runs = missingRuns(column);
  let first = start;
  for (const run of runs) if (run.start <= first && run.end > first) first = run.end;
  let last = end - 1;
  for (const run of runs.reverse()) if (run.start <= last && run.end > last) last = run.start - 1;
  if (first > last) return undefined;
  const sample = (row: number) => (column.lacking ? lowerBound(column.times, grid[row]! + 1n) - 1 : column.first[row]!);
  const newest = Math.max(sample(last), column.last?.[last] ?? -1);
  return { start: column.times[sample(first)]!, end: column.times[newest]! + 1n };
}

function union(ranges: readonly TimeRange[]): TimeRange | undefined {
  if (ranges.length === 0) return undefined;
  return ranges.reduce((a, b) => ({ start: earlier(a.start, b.start), end: later(a.end, b.end) }));
}

const earlier = (a: bigint, b: bigint) => (a < b ? a : b);
const later = (a: bigint, b: bigint) => (a > b ? a : b);
