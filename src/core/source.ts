import type { SourceContext } from "./context.ts";
import type { Bad, Episode, EpisodeId } from "./episode.ts";
import type { EpisodeSchema } from "./feature.ts";
import type { Json } from "./json.ts";
import type { Nanoseconds, TimeRange } from "./time.ts";

/** A unit of work that any worker can open. Holds whole episodes: nothing splits an episode between tasks. */
export interface Partition {
  /** Relative to the source's root, with `/`: part of every episode id in it. */
  readonly key: string;
  /** The `key` of its EpisodeSchema. */
  readonly schema: string;
  /** The store's own token for the bytes: size and times locally. Changes when the input may have changed. */
  readonly version: string;
  readonly bytes: number;
  /** How many episodes it holds, where that is known without reading: lets idle workers take some of them. */
  readonly episodes?: number;
  readonly span?: TimeRange;
  /** All that `open` needs. */
  readonly open: Json;
}

/** One sample as it stands in a recording's files. */
export interface SamplePlace {
  readonly stream: string;
  /** Of the episode's clock, in nanoseconds. */
  readonly timeNs: string;
  /** Absolute. */
  readonly file: string;
  /** What holds it there: a topic, a column, a camera. */
  readonly name: string;
  /** Numbers and names of the format's own that find it again, such as `sequence`, `row` or `frame`. */
  readonly at: { readonly [fact: string]: string | number };
}

/** Samples of a stream that are looked for: times of the episode's clock, both inclusive. */
export interface SoughtSamples {
  readonly stream: string;
  readonly first: Nanoseconds;
  readonly last: Nanoseconds;
}

/** One episode that was asked for by its id. Dispose of it. */
export interface FoundEpisode extends AsyncDisposable {
  readonly episode: Episode;
  /** Where its samples stand. Of many in one range, the first few. */
  locate?(sought: readonly SoughtSamples[]): Promise<readonly SamplePlace[]>;
}

/** Lists partitions and opens each as episodes. */
export interface Source {
  /** One for each robot and layout. What is wrong with the dataset as a whole is said with `context.find`, here or in `plan`. */
  schema(context: SourceContext): Promise<readonly EpisodeSchema[]>;
  /** In a stable order. An input that cannot even be listed is yielded as Bad. */
  plan(context: SourceContext): AsyncIterable<Partition | Bad>;
  /** In a stable order and lazily: what is not read costs next to nothing. What is found is about the episode given last. */
  open(partition: Partition, context: SourceContext): AsyncIterable<Episode | Bad>;
  /** The same without the first `from` episodes, for sources whose opening of one costs something: those done before are skipped. */
  openFrom?(partition: Partition, from: number, context: SourceContext): AsyncIterable<Episode | Bad>;
  /**
   * Opens one episode by the id that `open` gave it, without listing the others: for `explain` and
   * `preview`. Undefined where there is none. A source without it is searched from its first partition on.
   */
  find?(id: EpisodeId, context: SourceContext): Promise<FoundEpisode | undefined>;
}
