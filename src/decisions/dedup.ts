import { z } from "zod";
import type { Batch, Want } from "../core/batch.ts";
import type { Decision, Met, Seen, Verdict } from "../core/decision.ts";
import { digest } from "../core/digest.ts";
import type { Episode } from "../core/episode.ts";
import { isAction } from "../core/feature.ts";
import type { Json } from "../core/json.ts";
import { defineDecision } from "../core/plugin.ts";
import type { Watcher } from "../core/watcher.ts";
import { StreamContent } from "./shared/streamContent.ts";

const options = z.strictObject({
  on: z
    .array(z.enum(["trajectory", "video", "task"]))
    .min(1)
    .default(["trajectory", "video"])
    .describe("What must be equal, all of it: `trajectory` (state and action), `video` (every camera), `task` (the instruction)"),
  keep: z
    .enum(["first", "best"])
    .default("best")
    .describe("Which twin stays: the first by id, or the one with the least severe findings, then the longest, then the first"),
});
type Options = z.output<typeof options>;

/** The digest of an episode's content, or null where it holds nothing to compare. */
type Content = string | null;

/** Twins in the order in which they would be kept. */
interface Twins {
  readonly episodes: readonly string[];
}

/**
 * Drops episodes whose content equals another's to the bit: values, times from the episode's start,
 * and pictures (coded ones where they are copied, decoded ones elsewhere). Names, dates and places
 * do not count, so a recording that was copied under another name is found.
 */
export const dedup = defineDecision({
  name: "dedup",
  version: "1",
  about: "Drops exact copies of episodes",
  example: "- dedup: { on: [trajectory, video], keep: best }",
  options,
  create: (settings): Decision<Content, Twins> => ({
    watch: (episode) => watchContent(episode, settings),
    exchange: {
      keys: (seen) => keys(seen, settings),
      meet: (_key, group) => twins(group, settings),
    },
    decide,
  }),
});

async function watchContent(episode: Episode, settings: Options): Promise<Watcher<Content>> {
  const streams: { readonly want: Want; readonly content: StreamContent }[] = [];
  for (const stream of Object.keys(episode.schema.features).sort()) {
    const want = await wanted(episode, stream, settings);
    if (want) streams.push({ want, content: new StreamContent(episode.span.start) });
  }
  return {
    wants: streams.map(({ want }) => want),
    push: (want: number, batch: Batch) => streams[want]!.content.add(batch),
    close: () => {
      if (streams.length === 0) return null;
      return digest(
        streams.map(({ want, content }) => [want.stream, want.as, episode.schema.features[want.stream]!.dtype, content.end()]),
      );
    },
    abort: () => undefined,
  };
}

async function wanted(episode: Episode, stream: string, { on }: Options): Promise<Want | undefined> {
  const feature = episode.schema.features[stream]!;
  if (feature.dtype === "video") {
    if (!on.includes("video")) return undefined;
    const { copy } = await episode.times(stream);
    if (copy?.can !== false) return { stream, as: "packets", encoding: "as recorded" };
    return { stream, as: "frames", format: "yuv420p" };
  }
  if (!on.includes("trajectory") || !isTrajectory(stream)) return undefined;
  if (feature.dtype === "text" || feature.dtype === "bytes" || feature.shape.includes("any")) return { stream, as: "bytes" };
  return { stream, as: "rows" };
}

/** All that was measured and commanded: not the task, marks of the row, or the source's own bookkeeping. */
function isTrajectory(stream: string): boolean {
  if (isAction(stream)) return true;
  return !/^(task|annotation|next|source|language|timestamp)([._]|$)/.test(stream);
}

interface Payload {
  readonly content: string;
  /** Findings that are broken, risks and notes. */
  readonly faults: readonly [number, number, number];
  readonly durationSec: number;
}

function* keys(seen: Seen<Content>, { on }: Options): Generator<{ key: bigint; payload: Json }> {
  if (seen.seen === null) return;
  const content = digest({
    content: seen.seen,
    embodiment: seen.embodiment,
    ...(on.includes("task") && { task: seen.facts.task ?? null }),
  });
  const count = (severity: string) => seen.findings.filter((finding) => finding.severity === severity).length;
  const payload: Payload = { content, faults: [count("broken"), count("risk"), count("note")], durationSec: seen.durationSec };
  yield { key: BigInt(`0x${content.slice(0, 16)}`), payload: payload as unknown as Json };
}

/** The key is the first 64 bits of the digest; only all 256 make twins. */
function* twins(group: readonly Met[], settings: Options): Generator<Twins> {
  const byContent = new Map<string, Met[]>();
  for (const met of group) {
    const { content } = payloadOf(met);
    byContent.set(content, [...(byContent.get(content) ?? []), met]);
  }
  for (const same of byContent.values()) {
    if (same.length < 2) continue;
    const order = settings.keep === "first" ? same.toSorted(byId) : same.toSorted(bestFirst);
    yield { episodes: order.map(({ episode }) => episode) };
  }
}

function payloadOf({ payload }: Met): Payload {
  return payload as unknown as Payload;
}

function bestFirst(a: Met, b: Met): number {
  const left = payloadOf(a);
  const right = payloadOf(b);
  for (let severity = 0; severity < 3; severity++) {
    const fewer = left.faults[severity]! - right.faults[severity]!;
    if (fewer !== 0) return fewer;
  }
  return right.durationSec - left.durationSec || byId(a, b);
}

function byId(a: Met, b: Met): number {
  return a.episode < b.episode ? -1 : 1;
}

async function* decide(seen: AsyncIterable<Seen<Content>>, met: AsyncIterable<Twins>): AsyncGenerator<Verdict> {
  const keptTwin = new Map<string, string>();
  for await (const { episodes } of met) {
    for (const twin of episodes.slice(1)) keptTwin.set(twin, episodes[0]!);
  }
  for await (const { episode } of seen) {
    const twin = keptTwin.get(episode);
    yield twin === undefined
      ? { episode, keep: true }
      : { episode, keep: false, reason: `is an exact copy of ${twin}, which is kept` };
  }
}
