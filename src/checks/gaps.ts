import { z } from "zod";
import type { Batch, Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";
import { isAction } from "../core/feature.ts";
import type { CheckResult, Finding } from "../core/finding.ts";
import { defineCheck } from "../core/plugin.ts";
import type { Watcher } from "../core/watcher.ts";
import { Periods } from "../kernels/periods.ts";
import { isNumeric } from "./shared/joints.ts";
import { finding, lengthText, momentText, namesText, numberText, whenText } from "./shared/say.ts";
import { type Hole, holes, type Timeline } from "./shared/timeline.ts";

const options = z.strictObject({
  times: z.number().min(1.5).default(2.5).describe("A gap is longer than this many of the stream's usual periods …"),
  minMs: z.number().nonnegative().default(80).describe("… and longer than this, in milliseconds"),
  brokenSec: z
    .number()
    .positive()
    .default(0.5)
    .describe("A gap of a camera, state or action from this length on is broken, not a risk"),
  rateTolerance: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe("How far the rate may be from the declared one, as a share of it"),
});
type Options = z.output<typeof options>;

/** Gaps of one stream that are told one by one; the rest are summed up. */
const TOLD_MAX = 5;
/** The longest steps that are remembered of a stream. */
const STEPS_MAX = 256;
/** Streams with fewer usual periods than this come when they like: they have no gaps. */
const REGULAR = 0.7;

/**
 * Finds gaps in regular streams, steps of the clock that all streams share, time that runs
 * backwards, and rates that are not the declared ones. It stands at the source, since alignment
 * hides all of these.
 */
export const gaps = defineCheck({
  name: "gaps",
  version: "1",
  about: "Finds gaps, clock steps and wrong rates",
  example: "- check: { gaps: { times: 2.5, brokenSec: 0.5 } }",
  options,
  create: (settings) => ({ at: "source", watch: (episode) => watchTimes(episode, settings) }),
});

async function watchTimes(episode: Episode, settings: Options): Promise<Watcher<CheckResult>> {
  const timelines: Timeline[] = [];
  const wants: Want[] = [];
  for (const [stream, feature] of Object.entries(episode.schema.features)) {
    const periods = new Periods(STEPS_MAX);
    if (feature.dtype === "video") periods.add((await episode.times(stream)).time);
    else if (isNumeric(feature)) wants.push({ stream, as: "rows" });
    else continue;
    timelines.push({
      stream,
      periods,
      ...(feature.rateHz !== undefined && { rateHz: feature.rateHz }),
      main: isMain(episode, stream),
    });
  }
  const read = wants.map((want) => timelines.find(({ stream }) => stream === want.stream)!.periods);
  return {
    wants,
    push: (want: number, batch: Batch) => read[want]!.add(batch.time),
    close: () => judge(episode, timelines, settings),
    abort: () => undefined,
  };
}

/** Streams that a policy sees or gives: without them there is nothing to learn. */
function isMain(episode: Episode, stream: string): boolean {
  if (episode.schema.features[stream]!.dtype === "video" || isAction(stream)) return true;
  return /(^|[./_])(state|states|joint|joints|command|cmd)([./_]|$)/i.test(stream);
}

function judge(episode: Episode, timelines: readonly Timeline[], settings: Options): CheckResult {
  const regular = timelines.filter(({ periods }) => periods.samples >= 4 && periods.regularity >= REGULAR);
  const found = holes(regular, settings);
  const findings = [
    ...found.steps.map((step) => clockStep(episode, step, settings)),
    ...[...groupByStreams(found.gaps)].flatMap((own) => gapFindings(episode, own, settings)),
    ...timelines.flatMap((timeline) => backwards(episode, timeline)),
    ...wrongRates(episode, regular, settings),
  ];
  const lengths = found.gaps.map(({ start, end }) => Number(end - start) / 1e9);
  return {
    findings,
    scores: { gaps: found.gaps.length, clockSteps: found.steps.length, longestGapSec: Math.max(0, ...lengths) },
  };
}

function clockStep(episode: Episode, step: Hole, settings: Options): Finding {
  const length = step.end - step.start;
  const about = { check: "gaps", episode: episode.id, start: step.start, end: step.end };
  const message =
    `all ${step.streams.length} streams step by ${lengthText(length)} at once, at ${momentText(episode.span.start, step.start)} ` +
    `(${namesText(step.streams)}): the clock was set forward, or the recorder stood still`;
  return finding(about, Number(length) >= settings.brokenSec * 1e9 ? "broken" : "risk", message);
}

/** The gaps of each set of streams that share them. */
function groupByStreams(gaps: readonly Hole[]): Iterable<readonly Hole[]> {
  const groups = new Map<string, Hole[]>();
  for (const gap of gaps) {
    const key = gap.streams.join("\n");
    const group = groups.get(key);
    if (group) group.push(gap);
    else groups.set(key, [gap]);
  }
  return groups.values();
}

function gapFindings(episode: Episode, own: readonly Hole[], settings: Options): Finding[] {
  const longestFirst = own.toSorted((a, b) => Number(b.end - b.start - (a.end - a.start)));
  const told = longestFirst.slice(0, TOLD_MAX).sort((a, b) => (a.start < b.start ? -1 : 1));
  const findings = told.map((gap) => gapFinding(episode, gap, settings));
  const rest = longestFirst.slice(TOLD_MAX);
  if (rest.length > 0) {
    const totalNs = rest.reduce((sum, gap) => sum + (gap.end - gap.start), 0n);
    const about = { check: "gaps", episode: episode.id, ...only(rest[0]!.streams) };
    findings.push(
      finding(
        about,
        "risk",
        `${rest.length} more gaps of at most ${lengthText(rest[0]!.end - rest[0]!.start)}, ${lengthText(totalNs)} together`,
      ),
    );
  }
  return findings;
}

function gapFinding(episode: Episode, gap: Hole, settings: Options): Finding {
  const length = gap.end - gap.start;
  const severity = gap.main && Number(length) >= settings.brokenSec * 1e9 ? "broken" : "risk";
  const about = { check: "gaps", episode: episode.id, ...only(gap.streams), start: gap.start, end: gap.end };
  const who =
    gap.streams.length === 1 ? "" : ` in ${gap.streams.length} streams that share their times (${namesText(gap.streams)})`;
  const message = `no sample for ${lengthText(length)}${who}, from ${whenText(episode.span.start, gap.start, gap.end)}; usually one comes every ${lengthText(gap.periodNs)}`;
  return finding(about, severity, message);
}

function only(streams: readonly string[]): { stream?: string } {
  return streams.length === 1 ? { stream: streams[0]! } : {};
}

function backwards(episode: Episode, { stream, periods }: Timeline): Finding[] {
  const first = periods.firstBack;
  if (!first) return [];
  const about = { check: "gaps", episode: episode.id, stream, start: first.end, end: first.start };
  const times = periods.backwards === 1 ? "once" : `${periods.backwards} times`;
  const message = `time runs backwards ${times}, by up to ${lengthText(periods.longestBackNs)}, first at ${momentText(episode.span.start, first.start)}: the clock was set back, or samples are out of order`;
  return [finding(about, "broken", message)];
}

/** One finding for all streams that are wrong in the same way. */
function wrongRates(episode: Episode, regular: readonly Timeline[], settings: Options): Finding[] {
  const wrong = new Map<string, { streams: string[]; declared: number; real: number }>();
  for (const { stream, periods, rateHz } of regular) {
    if (rateHz === undefined) continue;
    const real = 1e9 / periods.medianNs;
    if (Math.abs(real - rateHz) <= settings.rateTolerance * rateHz) continue;
    const key = `${rateHz} ${numberText(real)}`;
    const entry = wrong.get(key) ?? { streams: [], declared: rateHz, real };
    entry.streams.push(stream);
    wrong.set(key, entry);
  }
  return [...wrong.values()].map(({ streams, declared, real }) =>
    finding(
      { check: "gaps", episode: episode.id, ...only(streams) },
      "risk",
      `${numberText(declared)} Hz is declared, but samples come at ${numberText(real)} Hz${streams.length > 1 ? ` (${namesText(streams)})` : ""}`,
    ),
  );
}
