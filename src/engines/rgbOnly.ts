import type { Want } from "../core/batch.ts";
import type { Episode } from "../core/episode.ts";

/** What a stage is given: whatever wants it passes on, frames come in the format that they name, so that it need not know of planes. */
export function rgbOnly(episode: Episode): Episode {
  return {
    ...episode,
    times: (stream) => episode.times(stream),
    read: (wants, range) => episode.read(wants.map(asNamed), range),
  };
}

function asNamed(want: Want): Want {
  if (want.as !== "frames" || !want.orPlanes) return want;
  const { orPlanes: _, ...named } = want;
  return named;
}
