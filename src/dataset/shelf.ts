import type { Episode } from "../core/episode.ts";
import type { Parked } from "../core/part.ts";
import type { ParkWants } from "../core/sink.ts";
import type { Watcher } from "../core/watcher.ts";
import type { Home } from "./home.ts";

/** Where one gather pass of one episode parks what its sinks ask for. */
export interface Shelf {
  /** What another sink asked for already (the same streams, the same encoding) is parked once. */
  park(episode: Episode, wants: ParkWants): Promise<Watcher<Parked>>;
}

/** Opens a shelf for one gather pass of one episode. */
export function openShelf(home: Home): Shelf {
  void home;
  throw new Error("being written");
}
