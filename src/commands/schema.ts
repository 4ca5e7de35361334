import { z } from "zod";
import { CHECK_STEP } from "../core/canonical.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { AnyPlugin } from "../core/plugin.ts";
import type { PluginKind, Registry } from "../core/registry.ts";
import { builtIns } from "../plugins.ts";

/** Plug-ins of modules under `use:` are not known here, so other names are allowed where there can be some. */
type Members = Record<string, Json>;

/**
 * The JSON Schema (draft 2020-12) of the pipeline file, from the same option schemas that check it:
 * with it an editor completes names and options and shows what they mean.
 */
export function pipelineSchema(registry: Registry = builtIns): JsonObject {
  const stages = { ...members(registry, "stage"), [CHECK_STEP]: checkStep(registry) };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A Tendon pipeline",
    type: "object",
    required: ["dataset", "sources", "sinks"],
    additionalProperties: false,
    properties: {
      tendon: { const: 1, description: "The version of this form" },
      dataset: { type: "string", description: "The home of the snapshots, relative to this file; views appear in it" },
      use: {
        type: "array",
        items: { type: "string" },
        description: "Modules whose named exports are plug-ins, relative to this file",
      },
      seed: { type: "integer", minimum: 0, description: "What random choices derive from" },
      sources: {
        type: "object",
        minProperties: 1,
        description: "Recordings and datasets, by a name of your own",
        additionalProperties: sourceStep(registry),
      },
      stages: { type: "array", items: step(stages), description: "What each episode goes through, in order" },
      decisions: {
        type: "array",
        items: step(members(registry, "decision")),
        description: "Which episodes to keep, each over what the one before kept",
      },
      sinks: { type: "array", minItems: 1, items: step(members(registry, "sink")), description: "The views that trainers open" },
    },
  };
}

function members(registry: Registry, kind: PluginKind): Members {
  const plugins = registry.all.filter((plugin) => plugin.kind === kind);
  return Object.fromEntries(plugins.map((plugin) => [plugin.name, optionsSchema(plugin)]));
}

function optionsSchema(plugin: AnyPlugin): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(plugin.options, { io: "input", unrepresentable: "any" }) as Members;
  return { description: plugin.about, ...schema, default: {} };
}

function checkStep(registry: Registry): Json {
  const checks = Object.entries(members(registry, "check")).map(([name, schema]): [string, Json] => [
    name,
    { anyOf: [schema, { type: "boolean" }] },
  ]);
  return {
    type: "object",
    description: "All built-in checks; name one for its options, or set it to false",
    properties: Object.fromEntries(checks),
    default: {},
  };
}

/** A map of one name: a step of a list. */
function step(properties: Members): Json {
  return { type: "object", minProperties: 1, maxProperties: 1, properties };
}

function sourceStep(registry: Registry): Json {
  const tier = { enum: ["web", "synthetic", "real"], default: "real", description: "Its tier of the data pyramid" };
  return { type: "object", minProperties: 1, maxProperties: 2, properties: { ...members(registry, "source"), tier } };
}
