import { z } from "zod";
import type { Want } from "../core/batch.ts";
import type { Context } from "../core/context.ts";
import type { Copy, Episode, StreamTimes } from "../core/episode.ts";
import { defineStage } from "../core/plugin.ts";
import { fromSeconds, type TimeRange, toSeconds } from "../core/time.ts";
import { lowerBound } from "../kernels/resample.ts";
import { IDLE_OPTIONS, type IdleOptions, idleStreams, withoutIdle } from "./trim/idle.ts";

/** Keeps a span of each episode, and of that what lies between its still edges. Times stay what they were: the clock readings of the samples. */
export const trim = defineStage({
  name: "trim",
  version: "1",
  about: "Keeps a span of each episode",
  example: "trim: { startSec: 1.5, endSec: -2 }\ntrim: { idle: { below: 0.02, forSec: 1 } }",
  options: z.strictObject({
    startSec: z
      .number()
      .default(0)
      .describe("Seconds from the episode's start to the first moment that stays; negative: from its end"),
    endSec: z
      .number()
      .optional()
      .describe("Seconds from the episode's start to the first moment that goes; negative: from its end. Default: the end"),
    idle: IDLE_OPTIONS.optional().describe("Also without the start and the end during which the robot stands still"),
  }),
  create: (options) => ({
    schema(input) {
      if (options.idle) idleStreams(input, options.idle);
      return input;
    },
    each: (episode, context) => cut(episode, options, context),
  }),
});

interface TrimOptions {
  readonly startSec: number;
  readonly endSec?: number | undefined;
  readonly idle?: IdleOptions | undefined;
}

async function cut(episode: Episode, options: TrimOptions, context: Context): Promise<Episode | null> {
  const { start, end } = episode.span;
  const at = (seconds: number) => (seconds < 0 ? end : start) + fromSeconds(seconds);
  const from = at(options.startSec);
  const to = options.endSec === undefined ? end : at(options.endSec);
  const given = { start: later(from, start), end: earlier(to, end) };
  const asked = askedOf(options);
  if (given.end <= given.start) {
    const lasts = toSeconds(end - start).toFixed(3);
    context.drop({ episode: episode.id }, `${asked} leaves nothing of an episode of ${lasts} s`);
    return null;
  }
  const span = options.idle ? await withoutIdle(episode, given, options.idle) : given;
  if (!span) {
    context.drop({ episode: episode.id }, `nothing in it moves by more than ${options.idle!.below}: ${asked}`);
    return null;
  }
  if (span.start === start && span.end === end) return episode;
  const left = await sayCut(episode, span, { context, asked });
  return left ? trimmed(episode, span) : null;
}

function askedOf({ startSec, endSec, idle }: TrimOptions): string {
  const seconds = `trim from ${startSec} s${endSec === undefined ? "" : ` to ${endSec} s`}`;
  if (!idle) return seconds;
  const still = `still edges (within ${idle.below} for ${idle.forSec} s or more)`;
  return startSec === 0 && endSec === undefined ? `trim ${still}` : `${seconds} and ${still}`;
}

/** Tells which rows go. False, and the episode is dropped, where none stays. */
async function sayCut(
  episode: Episode,
  span: TimeRange,
  { context, asked }: { context: Context; asked: string },
): Promise<boolean> {
  const stream = episode.schema.grid?.streams[0];
  if (stream === undefined) return true;
  const { time } = await episode.times(stream);
  const { first, end } = inside(time, span);
  if (first === end) {
    context.drop({ episode: episode.id }, `${asked} leaves none of its ${time.length} rows`);
    return false;
  }
  if (first > 0) context.drop({ episode: episode.id, row: 0 }, `rows 0 to ${first - 1} (${first} rows): ${asked}`);
  if (end < time.length) {
    context.drop({ episode: episode.id, row: end }, `rows ${end} to ${time.length - 1} (${time.length - end} rows): ${asked}`);
  }
  return true;
}

function trimmed(episode: Episode, span: TimeRange): Episode {
  return {
    ...episode,
    span,
    times: async (stream) => trimmedTimes(await episode.times(stream), span),
    read: async function* (wants, range) {
      const both = range ? { start: later(range.start, span.start), end: earlier(range.end, span.end) } : span;
      const asked: Want[] = [];
      for (const want of wants) asked.push(await inWhole(episode, want, span));
      yield* episode.read(asked, both);
    },
  };
}

/** Positions of single frames count from the whole episode's first. */
async function inWhole(episode: Episode, want: Want, span: TimeRange): Promise<Want> {
  if (want.as !== "frames" || !want.only) return want;
  const { first } = inside((await episode.times(want.stream)).time, span);
  return { ...want, only: want.only.map((frame) => frame + first) };
}

function trimmedTimes(whole: StreamTimes, span: TimeRange): StreamTimes {
  const { first, end } = inside(whole.time, span);
  return {
    time: whole.time.subarray(first, end),
    ...(whole.key && { key: whole.key.subarray(first, end) }),
    ...(whole.copy && { copy: trimmedCopy(whole, whole.copy, { first, end }) }),
  };
}

function trimmedCopy({ time, key }: StreamTimes, copy: Copy, { first, end }: { first: number; end: number }): Copy {
  if (!copy.can || (first === 0 && end === time.length)) return copy;
  if (first === end) return { can: false, reason: "no frame is left" };
  if (!key?.[first]) return { can: false, reason: `the span begins at frame ${first}, which is no key frame` };
  if (copy.bFrames && end < time.length && !key[end]) {
    return { can: false, reason: `it has B-frames, and the span ends at frame ${end - 1}, in the midst of a group` };
  }
  const { carried: _, ...rest } = copy;
  return rest;
}

function inside(time: BigInt64Array, span: TimeRange): { first: number; end: number } {
  const first = lowerBound(time, span.start);
  return { first, end: Math.max(first, lowerBound(time, span.end)) };
}

const earlier = (a: bigint, b: bigint) => (a < b ? a : b);
const later = (a: bigint, b: bigint) => (a > b ? a : b);
