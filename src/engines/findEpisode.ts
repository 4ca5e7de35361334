import type { SourceContext } from "../core/context.ts";
import { TendonError } from "../core/errors.ts";
import type { FoundEpisode, Source } from "../core/source.ts";

/** Episodes that are opened in search of one, by a source that cannot find it itself. */
const OPENED_MAX = 100_000;

/** One episode of a source by the id that it gave it. Undefined where there is none; throws where it cannot be opened. */
export async function findEpisode(source: Source, id: string, context: SourceContext): Promise<FoundEpisode | undefined> {
  if (source.find) return source.find(id, context);
  let opened = 0;
  for await (const partition of source.plan(context)) {
    if ("bad" in partition) {
      if (partition.id === id) throw partition.error;
      continue;
    }
    const episodes = source.open(partition, context)[Symbol.asyncIterator]();
    for (let step = await episodes.next(); !step.done; step = await episodes.next()) {
      context.signal.throwIfAborted();
      if (opened++ > OPENED_MAX)
        throw new TendonError("not-found", `is not among the first ${OPENED_MAX} episodes of its source`, {
          place: { episode: id },
        });
      const episode = step.value;
      if (episode.id !== id) continue;
      if ("bad" in episode) throw episode.error;
      // The generator holds the partition open for as long as the episode is used.
      return { episode, [Symbol.asyncDispose]: async () => void (await episodes.return?.()) };
    }
  }
  return undefined;
}
