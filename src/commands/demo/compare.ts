import type { Finding } from "../../core/finding.ts";
import type { FaultKind } from "../../simulator/faults.ts";
import type { TruthEpisode, TruthFault } from "../../simulator/truth.ts";

/** How far the ends of a stretch that was found may lie from those that were planted. */
export const TOLERANCE_SEC = 0.1;

/** A stretch of an episode in true seconds since its start, `[start, end]`. */
export type Stretch = readonly [number, number];

/** A fault that was planted, and the finding that tells of it. */
export interface ComparedFault {
  readonly episode: string;
  readonly kind: string;
  readonly sensor: string;
  readonly joint?: string;
  readonly plantedSec: Stretch;
  /** Absent where it was missed. */
  readonly found?: { readonly check: string; readonly foundSec: Stretch; readonly message: string };
  /** The farther of the two ends. Absent where it was missed. */
  readonly offSec?: number;
}

/** What was found against what was planted. */
export interface Comparison {
  readonly faults: readonly ComparedFault[];
  readonly missed: number;
  /** Findings, but for notes, that no planted fault explains. */
  readonly falseAlarms: readonly Finding[];
  /** Episodes in which nothing was planted. */
  readonly clean: readonly string[];
}

/** The check whose work a fault is; the others come with later checks. */
const CHECK_OF: { readonly [kind in FaultKind]?: string } = {
  frozen: "frozen",
  black: "frozen",
  nan: "finite",
  stuck: "stuck",
  dropped: "gaps",
};

/** What a finding about a sensor says in its stream, or in its message where it is about several streams. */
const STREAMS_OF: { readonly [sensor: string]: RegExp } = {
  joints: /^observation\.state$|\bjoint_states\./,
  commands: /^action$|\bjoint_commands\./,
  imu: /\bimu\./,
};

/** Holds findings against the truth. A finding speaks for one fault at most: the one whose ends are nearest. */
export function compareFindings(episodes: readonly TruthEpisode[], findings: readonly Finding[]): Comparison {
  const left = new Set(findings.filter(({ severity }) => severity !== "note"));
  const faults = episodes.flatMap((episode) => episode.faults.map((fault) => compareOne(episode, fault, left)));
  return {
    faults,
    missed: faults.filter(({ found }) => found === undefined).length,
    falseAlarms: [...left],
    clean: episodes.filter((episode) => episode.faults.length === 0).map(({ episode }) => episode),
  };
}

function compareOne(episode: TruthEpisode, fault: TruthFault, left: Set<Finding>): ComparedFault {
  const { kind, sensor, joint, startSec, endSec } = fault;
  const planted = { episode: episode.episode, kind, sensor, ...(joint !== undefined && { joint }) };
  let best: { finding: Finding; foundSec: Stretch; offSec: number } | undefined;
  for (const finding of left) {
    const foundSec = stretchOf(finding, episode);
    if (!foundSec || !speaksOf(finding, episode, fault)) continue;
    const offSec = Math.max(Math.abs(foundSec[0] - startSec), Math.abs(foundSec[1] - endSec));
    if (offSec <= TOLERANCE_SEC && (best === undefined || offSec < best.offSec)) best = { finding, foundSec, offSec };
  }
  if (!best) return { ...planted, plantedSec: [startSec, endSec] };
  left.delete(best.finding);
  const { check, message } = best.finding;
  return { ...planted, plantedSec: [startSec, endSec], found: { check, foundSec: best.foundSec, message }, offSec: best.offSec };
}

function speaksOf(finding: Finding, { episode }: TruthEpisode, { kind, sensor, joint }: TruthFault): boolean {
  if (finding.check !== CHECK_OF[kind as FaultKind] || nameOf(finding.episode) !== episode) return false;
  if (joint !== undefined && !finding.message.includes(joint)) return false;
  const streams = STREAMS_OF[sensor];
  return streams === undefined
    ? finding.stream === `observation.images.${sensor}`
    : streams.test(finding.stream ?? finding.message);
}

/** `recordings/episode_003.mcap` is episode_003. */
export function nameOf(episode: string | undefined): string | undefined {
  return episode
    ?.split("/")
    .at(-1)
    ?.replace(/\.mcap$/, "");
}

function stretchOf({ startNs, endNs }: Finding, { startNs: zero }: TruthEpisode): Stretch | undefined {
  if (startNs === undefined || endNs === undefined) return undefined;
  const seconds = (ns: string) => Number(BigInt(ns) - BigInt(zero)) / 1e9;
  return [seconds(startNs), seconds(endNs)];
}
