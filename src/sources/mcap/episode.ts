import type { SourceContext } from "../../core/context.ts";
import type { Copy, Episode, StreamTimes } from "../../core/episode.ts";
import { TendonError } from "../../core/errors.ts";
import type { EpisodeSchema } from "../../core/feature.ts";
import type { TimeRange } from "../../core/time.ts";
import { factsOf } from "./facts.ts";
import { findingsOf, oddFindings } from "./findings.ts";
import type { RecordingLayout, TopicLayout } from "./layout.ts";
import type { McapOptions } from "./options.ts";
import { readTopics, topicReads, windowCuts } from "./read.ts";
import type { Recording } from "./recording.ts";
import { type Scan, scanRecording } from "./scan.ts";

interface EpisodeGiven {
  readonly schema: EpisodeSchema;
  readonly options: McapOptions;
  readonly context: SourceContext;
  /** Absent: it is made. */
  readonly scan?: Scan;
}

/** A recording as an episode. Opening looks at every message once, so that times, span and faults are known; pictures stay coded. */
export async function recordingEpisode(
  recording: Recording,
  layout: RecordingLayout,
  { schema, options, context, scan: known }: EpisodeGiven,
): Promise<Episode> {
  const scan = known ?? (await scanRecording(recording, layout, options.limits, context.signal));
  const cuts = windowCuts(recording, scan);
  const topicOf = (stream: string) => {
    const topic = layout.topics.find(({ streams }) => streams.some(({ name }) => name === stream));
    if (topic) return topic;
    throw new TendonError("internal", "no such stream", { place: { episode: recording.key, stream } });
  };
  const told = new Set<string>();
  return {
    id: recording.key,
    clock: "unix",
    span: spanOf(scan),
    facts: await factsOf(recording, options),
    schema,
    findings: findingsOf(recording, layout, scan),
    times: async (stream) => timesOf(topicOf(stream), scan),
    async *read(wants, range) {
      const oddities = new Map(layout.topics.map(({ topic }) => [topic, new Map<string, number>()]));
      try {
        yield* readTopics(recording, topicReads(wants, layout.topics, scan, oddities), cuts, range);
      } finally {
        for (const odd of oddFindings(oddities)) {
          // Each pass sees the same messages: one telling is enough.
          if (told.has(odd.message)) continue;
          told.add(odd.message);
          context.find({ ...odd, episode: recording.key });
        }
      }
    },
  };
}

function timesOf(topic: TopicLayout, scan: Scan): StreamTimes {
  const index = scan.topics.get(topic.topic)!;
  if (!topic.picture || !index.key) return { time: index.time };
  return { time: index.time, key: index.key, copy: copyOf(topic, topic.picture, scan) };
}

function copyOf(topic: TopicLayout, config: NonNullable<TopicLayout["picture"]>, scan: Scan): Copy {
  if ((scan.configChanges.get(topic.topic) ?? 0) > 0)
    return { can: false, reason: "its pictures change their size, codec or parameters on the way" };
  if (config.codec === "h264" && scan.topics.get(topic.topic)!.disorder.late > 0)
    return { can: false, reason: "its pictures are not recorded in the order of their times" };
  return { can: true, config, bFrames: false };
}

/** From the first message to just after the last, over all topics; empty where there are none. */
function spanOf(scan: Scan): TimeRange {
  let start: bigint | undefined;
  let last = -1n;
  for (const { time, count } of scan.topics.values()) {
    if (count === 0) continue;
    if (start === undefined || time[0]! < start) start = time[0]!;
    if (time[count - 1]! > last) last = time[count - 1]!;
  }
  return { start: start ?? 0n, end: last + 1n };
}
