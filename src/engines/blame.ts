import type { Episode } from "../core/episode.ts";

const STEPS = new WeakMap<object, string>();

/** Remembers which step threw an error; the first to know is right. */
export function blame(error: unknown, step: string): void {
  if (typeof error === "object" && error !== null && !STEPS.has(error)) STEPS.set(error, step);
}

/** The step that threw it, or `otherwise`. */
export function blamed(error: unknown, otherwise: string): string {
  return (typeof error === "object" && error !== null && STEPS.get(error)) || otherwise;
}

/** The same episode, whose own errors name the step that made it. */
export function named(episode: Episode, step: string): Episode {
  const guard = async <T>(work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      blame(error, step);
      throw error;
    }
  };
  return {
    ...episode,
    times: (stream) => guard(() => episode.times(stream)),
    read: async function* (wants, range) {
      try {
        yield* episode.read(wants, range);
      } catch (error) {
        blame(error, step);
        throw error;
      }
    },
  };
}
