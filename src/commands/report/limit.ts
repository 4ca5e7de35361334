import { orderOfInterest } from "./choose.ts";
import type { FindingFacts, Remark } from "./model.ts";
import type { SnapshotContents } from "./read.ts";

const EPISODES_MAX = 20_000;
const FINDINGS_MAX = 10_000;
const SEVERITIES = ["broken", "risk", "note"] as const;

/** Keeps lists to what a page can hold: the worst findings, and the episodes of most interest, in their order. */
export function limitLists(
  contents: SnapshotContents,
  max = { episodes: EPISODES_MAX, findings: FINDINGS_MAX },
): SnapshotContents {
  const remarks: Remark[] = [...contents.remarks];
  let { episodes, findings } = contents;
  if (findings.length > max.findings) {
    remarks.push({ about: "left out", text: `${max.findings} of ${findings.length} findings are listed, the worst of them.` });
    findings = worst(findings, max.findings);
  }
  if (episodes.length > max.episodes) {
    remarks.push({
      about: "left out",
      text: `${max.episodes} of ${episodes.length} episodes are listed: those with findings, and others evenly spread.`,
    });
    const order = orderOfInterest(
      episodes.map(({ facts }) => facts),
      findings,
    );
    const kept = order.slice(0, max.episodes).sort((a, b) => a - b);
    const moved = new Map(kept.map((place, index) => [place, index]));
    findings = findings.map((finding) => movedTo(finding, moved, episodes));
    episodes = kept.map((place) => episodes[place]!);
  }
  return { ...contents, episodes, findings, remarks };
}

function worst(findings: readonly FindingFacts[], count: number): FindingFacts[] {
  return SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity)).slice(0, count);
}

function movedTo(finding: FindingFacts, moved: ReadonlyMap<number, number>, all: SnapshotContents["episodes"]): FindingFacts {
  if (finding.episode === undefined) return finding;
  const { episode, ...rest } = finding;
  const place = moved.get(episode);
  return place === undefined ? { ...rest, episodeId: all[episode]!.facts.id } : { ...rest, episode: place };
}
