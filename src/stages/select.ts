import { z } from "zod";
import { TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { streamsFitting } from "../core/pattern.ts";
import { defineStage } from "../core/plugin.ts";

const PATTERNS = z.array(z.string().min(1)).max(1024);

/** Keeps some streams of an episode. What is not kept is not read either. */
export const select = defineStage({
  name: "select",
  version: "1",
  about: "Keeps the streams named, or all but those dropped, by name or pattern",
  example: 'select: { keep: ["observation.*", action] }\nselect: { drop: ["*.effort"] }',
  options: z.strictObject({
    keep: PATTERNS.optional().describe("Streams to keep, by name or pattern (`*` is any run of characters). Default: all"),
    drop: PATTERNS.default([]).describe("Streams to leave out of those, by name or pattern"),
  }),
  create: (options) => {
    const schema = (input: EpisodeSchema): EpisodeSchema => {
      const names = Object.keys(input.features);
      const kept = options.keep ? streamsFitting(options.keep, names, "select.keep") : names;
      const dropped = new Set(streamsFitting(options.drop, names, "select.drop"));
      return withOnly(
        input,
        kept.filter((name) => !dropped.has(name)),
      );
    };
    return { schema, each: (episode) => ({ ...episode, schema: schema(episode.schema) }) };
  },
});

function withOnly(input: EpisodeSchema, names: readonly string[]): EpisodeSchema {
  if (names.length === 0) {
    const there = Object.keys(input.features).join(", ");
    throw new TendonError("bad-pipeline", `keeps no stream at all (there are: ${there})`, { place: { path: "select" } });
  }
  const { grid, groups, ...rest } = input;
  const chosen = <T>(of: { readonly [stream: string]: T }) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => names.includes(name)));
  const streams = grid?.streams.filter((name) => names.includes(name)) ?? [];
  const camera = grid?.camera !== undefined && names.includes(grid.camera) ? grid.camera : undefined;
  return {
    ...rest,
    features: chosen(input.features),
    ...(grid && streams.length > 0 && { grid: { rateHz: grid.rateHz, streams, ...(camera !== undefined && { camera }) } }),
    ...(groups && { groups: chosen(groups) }),
  };
}
