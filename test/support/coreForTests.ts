export * from "../../src/core/context.ts";
export * from "../../src/core/digest.ts";
export * from "../../src/core/episode.ts";
export * from "../../src/core/feature.ts";
export * from "../../src/core/json.ts";
export * from "../../src/core/memoryEpisode.ts";
export * from "../../src/core/part.ts";
export * from "../../src/core/plugin.ts";
