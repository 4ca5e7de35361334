import type { Nanoseconds } from "../../core/time.ts";
import type { Periods, Step } from "../../kernels/periods.ts";

/** The times of one stream. */
export interface Timeline {
  readonly stream: string;
  readonly periods: Periods;
  /** As declared. */
  readonly rateHz?: number;
  /** Camera, state or action. */
  readonly main: boolean;
}

/** A stretch without samples in one stream, or in several at once. */
export interface Hole {
  readonly streams: readonly string[];
  readonly start: Nanoseconds;
  readonly end: Nanoseconds;
  /** The usual period of the fastest of them. */
  readonly periodNs: number;
  readonly main: boolean;
}

interface Own extends Step {
  readonly timeline: Timeline;
}

/**
 * Stretches without samples: `steps` are shared by every stream that was there at that moment,
 * where at least two streams with times of their own were; `gaps` are all others. Streams that
 * stand in one table share their times, so they are one witness, not many.
 */
export function holes(
  timelines: readonly Timeline[],
  limits: { readonly times: number; readonly minMs: number },
): { readonly steps: readonly Hole[]; readonly gaps: readonly Hole[] } {
  const all = timelines.flatMap((timeline): Own[] => {
    const over = Math.max(limits.times * timeline.periods.medianNs, limits.minMs * 1e6);
    return timeline.periods.longer(over).map((step) => ({ ...step, timeline }));
  });
  all.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const steps: Hole[] = [];
  const gaps: Hole[] = [];
  for (const event of events(all)) {
    const present = timelines.filter(({ periods }) => periods.first! <= event[0]!.start && periods.last! >= event[0]!.end);
    const witnesses = new Set(event.map(({ timeline }) => witness(timeline)));
    if (witnesses.size > 1 && event.length >= present.length) steps.push(joined(event));
    else for (const table of byWitness(event)) gaps.push(joined(table));
  }
  return { steps, gaps };
}

/** Holes that begin together and last as long, to a period or so of the slower stream. */
function events(sorted: readonly Own[]): Own[][] {
  const groups: Own[][] = [];
  for (const hole of sorted) {
    const group = groups.findLast(
      (candidates) => together(candidates[0]!, hole) && !candidates.some(({ timeline }) => timeline === hole.timeline),
    );
    if (group) group.push(hole);
    else groups.push([hole]);
  }
  return groups;
}

function together(a: Own, b: Own): boolean {
  const tolerance = 1.5 * Math.max(a.timeline.periods.medianNs, b.timeline.periods.medianNs);
  return Math.abs(Number(a.start - b.start)) <= tolerance && Math.abs(Number(a.end - b.end)) <= tolerance;
}

function byWitness(event: readonly Own[]): Iterable<readonly Own[]> {
  const tables = new Map<string, Own[]>();
  for (const hole of event) {
    const key = `${witness(hole.timeline)} ${hole.start} ${hole.end}`;
    tables.set(key, [...(tables.get(key) ?? []), hole]);
  }
  return tables.values();
}

/** Equal for streams whose times are the same, as those of one table are. */
function witness({ periods }: Timeline): string {
  return `${periods.first} ${periods.last} ${periods.samples} ${periods.medianNs}`;
}

function joined(event: readonly Own[]): Hole {
  let { start, end } = event[0]!;
  for (const hole of event) {
    if (hole.start < start) start = hole.start;
    if (hole.end > end) end = hole.end;
  }
  return {
    streams: event.map(({ timeline }) => timeline.stream).sort(),
    start,
    end,
    periodNs: Math.min(...event.map(({ timeline }) => timeline.periods.medianNs)),
    main: event.some(({ timeline }) => timeline.main),
  };
}
