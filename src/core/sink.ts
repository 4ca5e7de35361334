import type { Want } from "./batch.ts";
import type { BaseContext, Context } from "./context.ts";
import type { Episode } from "./episode.ts";
import type { EpisodeSchema } from "./feature.ts";
import type { Json } from "./json.ts";
import type { Parked, Part, PartReader, PlacedPart, ViewPlan } from "./part.ts";
import type { Watcher } from "./watcher.ts";

/** Tables by name, each with the streams that become its columns, and packet streams. */
export interface ParkWants {
  readonly tables: { readonly [name: string]: readonly string[] };
  readonly packets: readonly (Want & { readonly as: "packets" })[];
}

/** What a sink is given while episodes go by. */
export interface WriteContext extends Context {
  /** A watcher that parks. What another sink parks in the same pass is parked once. */
  park(episode: Episode, wants: ParkWants): Promise<Watcher<Parked>>;
}

/** One output file. Equal plans give equal bytes, so a file is built once. */
export interface FilePlan {
  /** Relative to the view's folder, with `/`. */
  readonly path: string;
  /** `link`: large and never rewritten by a trainer, so views share it. `copy`: small metadata. */
  readonly share: "link" | "copy";
  /** All that decides the bytes, with the keys of the parked tables and packets. */
  readonly recipe: Json;
}

/** An output file that was built. */
export interface FileReceipt extends FilePlan {
  readonly bytes: number;
  readonly sha256: string;
  /** What `build` returned, for `finish`. */
  readonly result: Json;
}

/** What a sink is given while files are laid out and built: what it leaves out or finds it says while episodes go by. */
export interface ArrangeContext extends BaseContext {
  readonly parts: PartReader;
}

/**
 * Arranges what was kept as a view that a trainer opens. It runs three times: in the gather pass
 * (`write`), once over all kept parts of an embodiment (`layout`, `finish`), and once a file (`build`).
 */
export interface Sink<P extends Json = Json> {
  /** The version of its layout, as the readers of it say: `3.0`. Absent: the plug-in's own. */
  readonly format?: string;
  /** The options that change what `write` parks; absent: all. A change of the others costs a new arrangement and no new pass. */
  readonly writing?: Json;
  /** The streams that it will want of such episodes. Throws a TendonError where it can make no view of them. */
  wants(input: EpisodeSchema): readonly Want[];
  write(episode: Episode, context: WriteContext): Promise<Watcher<Part<P>>>;
  /** In canonical order. Positions, offsets and file grouping come from here alone. */
  layout(view: ViewPlan, parts: AsyncIterable<PlacedPart<P>>, context: ArrangeContext): AsyncIterable<FilePlan>;
  /** Writes the file at `target`, an absolute path that does not exist yet. */
  build(file: FilePlan, target: string, context: ArrangeContext): Promise<Json>;
  /** Writes what describes the whole into `folder`, where the built files already stand. */
  finish(
    view: ViewPlan,
    made: { readonly parts: () => AsyncIterable<PlacedPart<P>>; readonly files: readonly FileReceipt[]; readonly folder: string },
    context: ArrangeContext,
  ): Promise<void>;
}
