import type { Context } from "./context.ts";
import type { Episode } from "./episode.ts";
import type { EpisodeSchema } from "./feature.ts";

/** What a stream, or one column of it, is made of: a stream of the stage's input, or one column of that. */
export interface MadeOf {
  readonly stream: string;
  readonly column?: number;
}

/** Changes one episode. Keeps no state between episodes. */
export interface Stage {
  /** What comes out for what goes in; throws a TendonError with `place.path` below the stage's own options where that cannot be. */
  schema(input: EpisodeSchema): EpisodeSchema;
  /**
   * A new episode over the old one, reading nothing until it is read itself. `null` drops it, after
   * `context.drop` said why. The children of a cut come in order, are disjoint and name their parent.
   */
  each(episode: Episode, context: Context): Episode | null | Promise<Episode | null> | AsyncIterable<Episode>;
  /**
   * What a stream of the output is made of, for `explain`: one answer for the whole of it, or one for each of its
   * columns in order. Absent: every stream is made of the one of its own name.
   */
  madeOf?(stream: string, input: EpisodeSchema): readonly MadeOf[];
}
