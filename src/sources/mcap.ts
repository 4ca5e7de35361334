import { join } from "node:path";
import { z } from "zod";
import type { SourceContext } from "../core/context.ts";
import type { Bad, Episode, EpisodeId } from "../core/episode.ts";
import { asTendonError, TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { defineSource } from "../core/plugin.ts";
import type { FoundEpisode, Partition, Source } from "../core/source.ts";
import { didYouMean } from "../core/suggest.ts";
import { fileToken } from "../io/reader.ts";
import { recordingEpisode } from "./mcap/episode.ts";
import { embodimentOf } from "./mcap/facts.ts";
import { layoutOf, type RecordingLayout, schemaOf } from "./mcap/layout.ts";
import { type Listed, listRecordings } from "./mcap/list.ts";
import { locateMessages } from "./mcap/locate.ts";
import { type McapOptions, mcapOptions } from "./mcap/options.ts";
import { probeTopics } from "./mcap/probe.ts";
import { openRecording, type Recording } from "./mcap/recording.ts";
import { scanRecording } from "./mcap/scan.ts";

/**
 * Reads MCAP recordings: every recording is one episode on the unix clock. Compressed pictures become
 * video, joint states, IMUs, poses and commands become typed streams; what is not understood stays
 * listed as bytes. docs/formats/mcap.md has the table of types and names.
 */
export const mcap = defineSource({
  name: "mcap",
  version: "2",
  about: "MCAP recordings: ROS 2, ROS 1, protobuf and JSON messages",
  example:
    'mcap: { path: "recordings/*.mcap" }\nmcap: { path: recordings, robot: g1, streams: { /head/image: observation.images.head } }',
  options: mcapOptions,
  create: (options) => new McapSource(options),
});

const OPEN = z.strictObject({ root: z.string(), files: z.array(z.string()), schema: z.unknown() });

/** What planning learned of one recording. */
type Planned = { readonly partition: Partition; readonly schema: EpisodeSchema } | Bad;

class McapSource implements Source {
  readonly #options: McapOptions;
  #planned: Promise<readonly Planned[]> | undefined;

  constructor(options: McapOptions) {
    this.#options = options;
  }

  async schema(context: SourceContext): Promise<readonly EpisodeSchema[]> {
    const schemas = new Map<string, EpisodeSchema>();
    for (const planned of await this.#plan(context)) {
      if (!("bad" in planned) && !schemas.has(planned.schema.key)) schemas.set(planned.schema.key, planned.schema);
    }
    return [...schemas.values()];
  }

  async *plan(context: SourceContext): AsyncGenerator<Partition | Bad> {
    const schemas = new Map((await this.schema(context)).map((schema) => [schema.key, schema]));
    for (const planned of await this.#plan(context)) {
      if ("bad" in planned) yield planned;
      // All recordings of a layout share its schema whole, nominal rates included.
      else
        yield {
          ...planned.partition,
          open: { ...(planned.partition.open as object), schema: schemas.get(planned.schema.key) as never },
        };
    }
  }

  async *open(partition: Partition, context: SourceContext): AsyncGenerator<Episode | Bad> {
    const { root, files, schema } = OPEN.parse(partition.open);
    const recording = await this.#recording(root, { key: partition.key, files });
    try {
      const { layout } = await this.#layout(recording);
      yield await recordingEpisode(recording, layout, { schema: schema as EpisodeSchema, options: this.#options, context });
    } finally {
      await recording.close();
    }
  }

  async find(id: EpisodeId, context: SourceContext): Promise<FoundEpisode | undefined> {
    const { root, recordings } = await listRecordings(this.#options);
    const listed = recordings.find(({ key }) => key === id);
    if (!listed) return undefined;
    const recording = await this.#recording(root, listed);
    try {
      const { layout, embodiment } = await this.#layout(recording);
      const schema = schemaOf(layout, embodiment);
      const scan = await scanRecording(recording, layout, this.#options.limits, context.signal);
      return {
        episode: await recordingEpisode(recording, layout, { schema, options: this.#options, context, scan }),
        locate: (sought) => locateMessages(recording, layout, scan, sought),
        [Symbol.asyncDispose]: () => recording.close(),
      };
    } catch (thrown) {
      await recording.close();
      throw thrown;
    }
  }

  #plan(context: SourceContext): Promise<readonly Planned[]> {
    this.#planned ??= this.#planAll(context);
    return this.#planned;
  }

  async #planAll(context: SourceContext): Promise<Planned[]> {
    const { root, recordings, unreadable } = await listRecordings(this.#options);
    const topics = new Set<string>();
    const planned: Planned[] = unreadable.map(({ key, error }) => ({ bad: true, id: key, error }));
    for (const listed of recordings) {
      context.signal.throwIfAborted();
      planned.push(await this.#planOne(root, listed, topics));
    }
    if (topics.size > 0) checkNamed(Object.keys(this.#options.streams), [...topics]);
    return planned;
  }

  /** Adds the recording's topics to `topics`. */
  async #planOne(root: string, listed: Listed, topics: Set<string>): Promise<Planned> {
    let recording: Recording | undefined;
    try {
      recording = await this.#recording(root, listed);
      for (const { channels } of recording.files) for (const { topic } of channels.values()) topics.add(topic);
      const { layout, embodiment } = await this.#layout(recording);
      const tokens = await Promise.all(listed.files.map((file) => fileToken(join(root, file))));
      const bytes = recording.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const schema = schemaOf(layout, embodiment);
      const open = { root, files: [...listed.files] };
      return { schema, partition: { key: listed.key, schema: schema.key, version: tokens.join(" "), bytes, episodes: 1, open } };
    } catch (thrown) {
      return { bad: true, id: listed.key, error: asTendonError(thrown, "bad-data", { file: listed.key }) };
    } finally {
      await recording?.close();
    }
  }

  #recording(root: string, { key, files }: Listed): Promise<Recording> {
    const named = files.map((name) => ({ name, path: join(root, name) }));
    return openRecording(key, named, this.#options.limits);
  }

  async #layout(recording: Recording): Promise<{ readonly layout: RecordingLayout; readonly embodiment: string }> {
    const layout = layoutOf(await probeTopics(recording.files), this.#options);
    if (layout.topics.length === 0) throw nothingToRead(recording, layout);
    return { layout, embodiment: embodimentOf(recording.files, this.#options.robot) };
  }
}

/** A topic that is named in `streams` and in no recording is a slip of the pen. */
function checkNamed(named: readonly string[], topics: readonly string[]): void {
  for (const topic of named) {
    if (topics.includes(topic)) continue;
    throw new TendonError("bad-pipeline", `no recording has the topic ${JSON.stringify(topic)}${didYouMean(topic, topics)}`, {
      place: { path: "mcap.streams" },
    });
  }
}

function nothingToRead(recording: Recording, layout: RecordingLayout): TendonError {
  const lost = recording.files.flatMap(({ damage }) => damage).map(({ message }) => message);
  // Topics that share a reason share its words.
  const refused = Map.groupBy(layout.refused, ({ message }) => message);
  const reasons = [...lost, ...[...refused].map(([message, notes]) => `${topicsOf(notes)}: ${message}`)];
  const why = reasons.length > 0 ? `nothing of it can be read: ${reasons.join("; ")}` : "it holds no messages";
  return new TendonError("bad-data", why, { place: { file: recording.names[0]! } });
}

function topicsOf(notes: readonly { readonly topic: string }[]): string {
  const shown = notes.slice(0, 5).map(({ topic }) => topic);
  const more = notes.length > shown.length ? ` and ${notes.length - shown.length} more` : "";
  return `${notes.length === 1 ? "topic" : "topics"} ${shown.join(", ")}${more}`;
}
