import type { Finding, Severity } from "../../core/finding.ts";
import type { RecordingLayout } from "./layout.ts";
import type { Recording } from "./recording.ts";
import type { Scan } from "./scan.ts";

/** Out of order by more than this is a clock that was set back, not a network that was late. */
const LATE_NS = 1_000_000_000n;

/** What was seen when a recording was opened: damage, topics that cannot be read, clocks, disorder. */
export function findingsOf(recording: Recording, layout: RecordingLayout, scan: Scan): Finding[] {
  return [
    ...damageFindings(recording, scan),
    ...layout.refused.map(({ topic, message }) => finding("risk", `topic ${topic} is not read: ${message}`)),
    ...layout.notes.map(({ topic, message }) => finding("note", `topic ${topic}: ${message}`)),
    ...orderFindings(layout, scan),
    ...pictureFindings(layout, scan),
    ...oddFindings(scan.oddities),
    ...countFindings(scan),
  ];
}

/** How often messages of each topic were odd, in words. */
export function oddFindings(oddities: ReadonlyMap<string, ReadonlyMap<string, number>>): Finding[] {
  return [...oddities].flatMap(([topic, odd]) =>
    [...odd].map(([what, count]) => finding("risk", `topic ${topic}: ${times(count)} a message ${what}`)),
  );
}

/** A file without its end is whole up to there; a hole in the middle teaches a jump that never was. */
const DAMAGE = { index: "note", end: "risk", lost: "broken" } as const;

function damageFindings(recording: Recording, scan: Scan): Finding[] {
  const walked = recording.files.flatMap((file, index) =>
    file.damage.map((each) => ({ ...each, file: recording.names[index]! })),
  );
  return [...walked, ...scan.damage].map(({ kind, file, message, logTimes }) => ({
    ...finding(DAMAGE[kind], `${file}: ${message}`),
    ...(logTimes && { startNs: logTimes.first.toString(), endNs: (logTimes.last + 1n).toString() }),
  }));
}

function orderFindings(layout: RecordingLayout, scan: Scan): Finding[] {
  return layout.topics.flatMap(({ topic, time, streams, picture }) => {
    const { late, worst, worstAt } = scan.topics.get(topic)!.disorder;
    if (late === 0) return [];
    const by = `${Number(worst) / 1e9} s`;
    const coded = picture !== undefined && picture.codec === "h264";
    const bad = worst > LATE_NS || coded;
    const message = bad
      ? `topic ${topic}: its ${time} time steps back by ${by}, and ${late} messages are before one recorded earlier: they were put in order of time, so they may stand among others that they did not happen among`
      : `topic ${topic}: ${late} messages are out of order in the file, by ${by} at most: they were put in order of their ${time} time`;
    return [{ ...finding(bad ? "broken" : "note", message), stream: streams[0]!.name, startNs: worstAt.toString() }];
  });
}

function pictureFindings(layout: RecordingLayout, scan: Scan): Finding[] {
  return layout.topics.flatMap(({ topic, streams, picture }) => {
    const changes = scan.configChanges.get(topic) ?? 0;
    if (changes === 0 || !picture) return [];
    const message = `topic ${topic}: ${changes} pictures differ from the first (${picture.codec} ${picture.width}x${picture.height}) in size, codec or parameters`;
    return [{ ...finding("broken", message), stream: streams[0]!.name }];
  });
}

/** The statistics that the recorder wrote against what was found; where blocks are lost that is said already. */
function countFindings(scan: Scan): Finding[] {
  if (scan.damage.length > 0) return [];
  return scan.miscounts.map(({ file, topic, said, seen }) =>
    finding("risk", `${file}: its statistics say ${said} messages of topic ${topic}, ${seen} are there`),
  );
}

function finding(severity: Severity, message: string): Finding {
  return { check: "mcap", severity, message };
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
