import type { Episode, StreamTimes } from "../../core/episode.ts";
import { TendonError } from "../../core/errors.ts";
import { isAction } from "../../core/feature.ts";
import { fromSeconds, toSeconds } from "../../core/time.ts";
import { regularTimes } from "../../kernels/resample.ts";
import { type Column, type ColumnInput, computeColumn, steadyColumn } from "./columns.ts";
import type { AlignOptions } from "./options.ts";
import { type AlignPlan, type Rule, sampleKind } from "./plan.ts";

/** Rows of one episode at most: an hour at 10 kHz fits. */
const ROWS_MAX = 50_000_000;
const LEAST_TOLERANCE_MS = 100;

/** The times of the rows. Throws where there would be too many. */
export function gridOf(episode: Episode, plan: AlignPlan, times: ReadonlyMap<string, StreamTimes>): BigInt64Array {
  const { rows } = plan;
  if (rows.at === "camera") return times.get(rows.camera)!.time;
  if (rows.at === "every") return everyNth(times.get(rows.grid.camera ?? rows.grid.streams[0]!)!.time, rows.step);
  const from = rows.from === undefined ? undefined : times.get(rows.from)!.time;
  if (from?.length === 0) return from;
  const slack = rows.grid ? slackNs(rows.grid.rateHz) : 0n;
  const start = from ? from[0]! : episode.span.start;
  const end = from ? from[from.length - 1]! + slack : episode.span.end - 1n;
  const count = toSeconds(end - start) * plan.rateHz;
  if (count > ROWS_MAX) {
    throw new TendonError(
      "bad-data",
      `${Math.round(count)} rows at ${plan.rateHz} Hz, more than ${ROWS_MAX}: is a clock wrong?`,
      {
        place: { episode: episode.id },
      },
    );
  }
  return regularTimes(plan.rateHz, { start, end });
}

/** What finds the rows' samples in one stream. */
export interface ColumnsOf {
  readonly plan: AlignPlan;
  readonly options: AlignOptions;
  readonly grid: BigInt64Array;
}

/** A column a stream; streams with equal times and rules share one. */
export function columnsOf(episode: Episode, of: ColumnsOf, times: ReadonlyMap<string, StreamTimes>): Map<string, Column> {
  const columns = new Map<string, Column>();
  const made: { readonly key: string; readonly times: BigInt64Array; readonly column: Column }[] = [];
  for (const [stream, rule] of of.plan.rules) {
    const { time } = times.get(stream)!;
    const recipe = recipeOf(episode, of, { stream, rule, time });
    const key = Object.values(recipe).join(" ");
    const same = made.find((one) => one.key === key && equalTimes(one.times, time));
    const column = same?.column ?? columnOf(of.grid, time, recipe);
    if (!same) made.push({ key, times: time, column });
    columns.set(stream, column);
  }
  return columns;
}

type Recipe = { readonly step: number } | Omit<ColumnInput, "grid" | "times">;

function columnOf(grid: BigInt64Array, times: BigInt64Array, recipe: Recipe): Column {
  return "step" in recipe ? steadyColumn(times, grid.length, recipe.step) : computeColumn({ ...recipe, grid, times });
}

function recipeOf(
  episode: Episode,
  { plan, options }: ColumnsOf,
  { stream, rule, time }: { stream: string; rule: Rule; time: BigInt64Array },
): Recipe {
  const { rows } = plan;
  if (rows.at === "camera" && rows.camera === stream) return { step: 1 };
  const shared = rows.at !== "camera" && rows.grid?.streams.includes(stream) === true;
  if (shared && rows.at === "every" && !isWindow(rule)) return { step: rows.step };
  return {
    method: rule.method,
    toleranceNs: toleranceNs(episode, plan, { stream, rule, time }),
    periodNs: fromSeconds(1 / plan.rateHz),
    slackNs: shared ? slackNs(rows.grid!.rateHz) : 0n,
    hold: options.gaps === "hold",
    window: isAction(stream) || stream.startsWith("next.") ? "after" : "before",
  };
}

/** Two periods of the slower of the stream and the rows, since one lost sample is common and two are a gap. */
function toleranceNs(
  episode: Episode,
  plan: AlignPlan,
  { stream, rule, time }: { stream: string; rule: Rule; time: BigInt64Array },
): bigint {
  if (rule.toleranceMs !== undefined) return fromSeconds(rule.toleranceMs / 1000);
  if (sampleKind(episode.schema.features[stream]!) === "bytes") return 2n ** 62n;
  const rateHz = episode.schema.features[stream]!.rateHz ?? meanRateHz(time);
  const slower = Math.min(plan.rateHz, rateHz ?? plan.rateHz);
  return fromSeconds(Math.max(2 / slower, LEAST_TOLERANCE_MS / 1000));
}

function meanRateHz(time: BigInt64Array): number | undefined {
  const seconds = time.length < 2 ? 0 : toSeconds(time[time.length - 1]! - time[0]!);
  return seconds > 0 ? (time.length - 1) / seconds : undefined;
}

/** Rows that came paired by position have nominal times, some rounded: a twentieth of a period is no difference. */
function slackNs(rateHz: number): bigint {
  return fromSeconds(1 / rateHz / 20);
}

function everyNth(time: BigInt64Array, step: number): BigInt64Array {
  if (step === 1) return time;
  const rows = new BigInt64Array(Math.ceil(time.length / step));
  for (let row = 0; row < rows.length; row++) rows[row] = time[row * step]!;
  return rows;
}

function isWindow({ method }: Rule): boolean {
  return !["previous", "next", "nearest", "linear", "slerp"].includes(method);
}

function equalTimes(a: BigInt64Array, b: BigInt64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
