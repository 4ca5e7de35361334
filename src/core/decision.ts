import type { BaseContext, Context } from "./context.ts";
import type { Episode, EpisodeId, Facts } from "./episode.ts";
import type { Finding } from "./finding.ts";
import type { Json, JsonObject } from "./json.ts";
import type { Watcher } from "./watcher.ts";

/** What a decision knows of one episode that the decisions before it kept. */
export interface Seen<S extends Json> {
  readonly episode: EpisodeId;
  /** The episode this one was cut from. */
  readonly parent?: EpisodeId;
  readonly embodiment: string;
  readonly facts: Facts;
  /** Rows on the grid; 0 without one. */
  readonly rows: number;
  readonly durationSec: number;
  readonly findings: readonly Finding[];
  readonly scores: { readonly [name: string]: number };
  /** What its own watcher left; null without one. */
  readonly seen: S;
}

/** What becomes of one episode. `facts` are added to the episode's own. */
export type Verdict = { readonly episode: EpisodeId; readonly facts?: JsonObject; readonly rank?: bigint } & (
  | { readonly keep: true; readonly copies?: number }
  | { readonly keep: false; readonly reason: string; readonly score?: number }
);

/** One episode's member of a group that shares a key. */
export interface Met {
  readonly episode: EpisodeId;
  readonly payload: Json;
}

/**
 * Looks at what was parked of all episodes and says which to keep. Never opens a source and never
 * changes a sample.
 */
export interface Decision<S extends Json = Json, M = never> {
  /** The options that change what `watch` leaves; absent: all. A change of the others costs a new decision and no new pass. */
  readonly watching?: Json;
  /** What must have been seen of an episode, left by the gather pass. */
  watch?(episode: Episode, context: Context): Watcher<S> | Promise<Watcher<S>>;
  /** Brings together episodes that share a key, without any place holding all of them. */
  readonly exchange?: {
    keys(seen: Seen<S>): Iterable<{ readonly key: bigint; readonly payload: Json }>;
    /** Called for keys that at least two episodes hold, in key order; the group is in episode-id order. */
    meet(key: bigint, group: readonly Met[]): Iterable<M>;
  };
  /** Both come in a fixed order: episodes by id, meetings by key. Gives one verdict for every episode seen. */
  decide(seen: AsyncIterable<Seen<S>>, met: AsyncIterable<M>, context: BaseContext): AsyncIterable<Verdict>;
}
