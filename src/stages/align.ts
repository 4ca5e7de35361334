import type { Context } from "../core/context.ts";
import type { Episode, StreamTimes } from "../core/episode.ts";
import { defineStage } from "../core/plugin.ts";
import { fromSeconds, toSeconds } from "../core/time.ts";
import { sliceColumn } from "./align/columns.ts";
import { type Aligned, alignedEpisode } from "./align/episode.ts";
import { type Kept, longestRun } from "./align/gaps.ts";
import { ALIGN_OPTIONS, type AlignOptions } from "./align/options.ts";
import { type AlignPlan, planAlign } from "./align/plan.ts";
import { columnsOf, gridOf } from "./align/start.ts";

/**
 * Brings every stream to one sample a row. By default the rows are the main camera's own frames,
 * observations are the newest at or before the frame, and the action is the first command at or after
 * it, as LeRobot and GR00T record.
 */
export const align = defineStage({
  name: "align",
  version: "1",
  about: "One sample a row: the main camera's frames, the newest observations, the first command at or after",
  example: 'align: {}\nalign: { rateHz: 15, streams: { "imu.*": { method: mean } } }',
  options: ALIGN_OPTIONS,
  create: (options) => ({
    schema(input) {
      const plan = planAlign(input, options);
      return plan === "same" ? input : plan.output;
    },
    each(episode, context) {
      const plan = planAlign(episode.schema, options);
      return plan === "same" ? episode : start(episode, { plan, options }, context);
    },
  }),
});

/** Finds the sample of every row, from times alone. */
async function start(
  episode: Episode,
  { plan, options }: { plan: AlignPlan; options: AlignOptions },
  context: Context,
): Promise<Episode | null> {
  const times = new Map<string, StreamTimes>();
  for (const stream of plan.rules.keys()) times.set(stream, await episode.times(stream));
  const silent = [...times].filter(([stream, { time }]) => time.length === 0 && !episode.schema.features[stream]!.optional);
  if (silent.length > 0) return leaveOut(episode, context, `no samples of ${silent.map(([stream]) => stream).join(", ")}`);
  const grid = gridOf(episode, plan, times);
  if (grid.length === 0) return leaveOut(episode, context, "there is nothing to take rows from: no frame and no time");
  sayWrongRate(episode, plan, { grid, context });
  const columns = columnsOf(episode, { plan, options, grid }, times);
  const required = [...columns].filter(([stream]) => isRequired(episode, stream)).map(([stream, column]) => ({ stream, column }));
  const kept: Kept = options.gaps === "cut" ? longestRun(required, grid.length) : { start: 0, end: grid.length, lost: [] };
  if (kept.end === kept.start) return leaveOut(episode, context, kept.lost[0]!.reason);
  for (const { start, reason } of kept.lost) context.drop({ episode: episode.id, row: start }, reason);
  const rows = grid.subarray(kept.start, kept.end);
  const streams = new Map<string, Aligned>();
  for (const [stream, column] of columns) {
    streams.set(stream, { column: sliceColumn(column, { ...kept, rows: grid.length }), source: times.get(stream)! });
  }
  const span = { start: rows[0]!, end: rows[rows.length - 1]! + fromSeconds(1 / plan.rateHz) };
  return alignedEpisode(episode, { schema: plan.output, span, grid: rows, streams, cut: kept.lost.length > 0 });
}

/** Text and opaque messages come when there is something to say; a row before the first has none, and stays. */
function isRequired(episode: Episode, stream: string): boolean {
  const { optional, dtype } = episode.schema.features[stream]!;
  return !optional && dtype !== "text" && dtype !== "bytes";
}

function leaveOut(episode: Episode, context: Context, reason: string): null {
  context.drop({ episode: episode.id }, reason);
  return null;
}

/** A view's `timestamp` is i/fps, so a camera that runs at another rate than it says would be slow or fast. */
function sayWrongRate(episode: Episode, plan: AlignPlan, { grid, context }: { grid: BigInt64Array; context: Context }): void {
  if (plan.rows.at !== "camera" || grid.length < 10) return;
  const median = toSeconds(medianGap(grid));
  const trueHz = 1 / median;
  if (median > 0 && Math.abs(trueHz / plan.rateHz - 1) < 0.05) return;
  context.find({
    check: "align",
    severity: "risk",
    episode: episode.id,
    stream: plan.rows.camera,
    message: `rows are told to come at ${plan.rateHz} Hz, and this camera's frames came at ${trueHz.toFixed(2)} Hz (median): align with \`rateHz\` makes them regular`,
  });
}

/** The usual time from a row to the next, from at most some thousand of them spread over the episode. */
function medianGap(grid: BigInt64Array): bigint {
  const step = Math.max(1, Math.floor(grid.length / 4096));
  const gaps = new BigInt64Array(Math.floor((grid.length - 1) / step));
  for (let at = 0; at < gaps.length; at++) gaps[at] = grid[at * step + 1]! - grid[at * step]!;
  return gaps.sort()[gaps.length >> 1]!;
}
