import type { SourceContext } from "./context.ts";
import type { Bad, Episode } from "./episode.ts";
import type { EpisodeSchema } from "./feature.ts";
import type { Json } from "./json.ts";
import type { TimeRange } from "./time.ts";

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
}
