import { z } from "zod";
import type { Episode } from "../core/episode.ts";
import { TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { unknownStream } from "../core/pattern.ts";
import { defineStage } from "../core/plugin.ts";

/** Gives streams other names. Nothing else about them changes. */
export const rename = defineStage({
  name: "rename",
  version: "1",
  about: "Gives streams other names",
  example: 'rename: { streams: { "camera.head": observation.images.head } }',
  options: z.strictObject({
    streams: z.record(z.string().min(1), z.string().min(1)).describe("The new name of each stream, by its old one"),
  }),
  create: ({ streams }) => ({
    schema: (input) => renamedSchema(input, streams),
    each: (episode) => renamed(episode, streams),
    madeOf: (stream, input) => {
      const old = Object.keys(input.features).find((name) => newName(streams, name) === stream);
      return [{ stream: old ?? stream }];
    },
  }),
});

type Names = { readonly [old: string]: string };

function renamed(episode: Episode, names: Names): Episode {
  const schema = renamedSchema(episode.schema, names);
  const old = new Map(Object.keys(episode.schema.features).map((name) => [newName(names, name), name]));
  const before = (stream: string) => old.get(stream) ?? stream;
  return {
    ...episode,
    schema,
    times: (stream) => episode.times(before(stream)),
    read: (wants, range) =>
      episode.read(
        wants.map((want) => ({ ...want, stream: before(want.stream) })),
        range,
      ),
  };
}

function renamedSchema(input: EpisodeSchema, names: Names): EpisodeSchema {
  const all = Object.keys(input.features);
  const missing = Object.keys(names).find((name) => !all.includes(name));
  if (missing !== undefined) throw unknownStream(missing, all, "rename.streams");
  const after = (name: string) => newName(names, name);
  refuseCollisions(all, after);
  const moved = <T>(of: { readonly [stream: string]: T }) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [after(name), value]));
  const { grid, groups } = input;
  return {
    ...input,
    features: moved(input.features),
    ...(groups && { groups: moved(groups) }),
    ...(grid && {
      grid: { ...grid, streams: grid.streams.map(after), ...(grid.camera !== undefined && { camera: after(grid.camera) }) },
    }),
  };
}

function newName(names: Names, name: string): string {
  return Object.hasOwn(names, name) ? names[name]! : name;
}

function refuseCollisions(all: readonly string[], after: (name: string) => string): void {
  const taken = new Map<string, string>();
  for (const name of all) {
    const other = taken.get(after(name));
    if (other !== undefined) {
      throw new TendonError(
        "bad-pipeline",
        `"${other}" and "${name}" would both be named "${after(name)}"; choose another name`,
        {
          place: { path: "rename.streams" },
        },
      );
    }
    taken.set(after(name), name);
  }
}
