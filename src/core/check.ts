import type { Context } from "./context.ts";
import type { Episode } from "./episode.ts";
import type { CheckResult } from "./finding.ts";
import type { Watcher } from "./watcher.ts";

/** Watches one episode go by and leaves findings and scores. Reads only; keeps no state between episodes. */
export interface Check {
  /** `source`: before any stage, where gaps and clocks can still be seen. `here`: where it stands in the pipeline. */
  readonly at: "source" | "here";
  /** A check with nothing to watch in this episode returns a watcher without wants. */
  watch(episode: Episode, context: Context): Watcher<CheckResult> | Promise<Watcher<CheckResult>>;
}
