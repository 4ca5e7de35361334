import { CHECK_STEP, sourceParts, stepParts } from "../../core/canonical.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Pipeline } from "../../core/pipeline.ts";
import type { AnyPlugin } from "../../core/plugin.ts";
import type { Registry } from "../../core/registry.ts";
import type { History } from "./history.ts";
import type { ExplainedOption, ExplainedStep } from "./types.ts";

/** The steps that an episode of a source went through, with the versions that the snapshot notes. */
export function stepsFor(history: History, registry: Registry, source: string): ExplainedStep[] {
  const pipeline = history.run?.record?.pipeline;
  if (!pipeline) return [];
  const given = pipeline.sources[source];
  return [
    ...(given ? [step("source", `sources.${source}`, sourceParts(given))] : []),
    ...pipeline.stages.flatMap((each, index) => stageSteps(each, `stages[${index}]`)),
    ...pipeline.decisions.map((each, index) => step("decision", `decisions[${index}]`, stepParts(each))),
    ...pipeline.sinks.map((each, index) => step("sink", `sinks[${index}]`, stepParts(each))),
  ].map((each) => ({ ...each, version: notedVersion(history, each) ?? currentVersion(registry, each) }));
}

function step(
  kind: ExplainedStep["kind"],
  path: string,
  { name, options }: { name: string; options: JsonObject },
): ExplainedStep {
  return { path: `${path}.${name}`, kind, name, version: "", options };
}

function stageSteps(given: Pipeline["stages"][number], path: string): ExplainedStep[] {
  const { name, options } = stepParts(given);
  if (name !== CHECK_STEP) return [step("stage", path, { name, options })];
  return Object.entries(options).map(([check, own]) =>
    step("check", `${path}.${CHECK_STEP}`, { name: check, options: own as JsonObject }),
  );
}

/** `steps` of the snapshot's manifest holds a recipe for each, check steps as lists. */
function notedVersion({ steps }: History, { kind, name }: ExplainedStep): string | undefined {
  for (const recipe of recipesIn(steps ?? null))
    if (recipe.kind === kind && recipe.name === name) return recipe.version as string;
  return undefined;
}

function* recipesIn(value: Json): Generator<JsonObject> {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) yield* recipesIn(each);
    return;
  }
  const object = value as JsonObject;
  if (typeof object.kind === "string" && typeof object.version === "string") yield object;
  else for (const each of Object.values(object)) yield* recipesIn(each);
}

function currentVersion(registry: Registry, { kind, name }: ExplainedStep): string {
  return pluginOf(registry, { kind, name })?.version ?? "?";
}

function pluginOf(registry: Registry, { kind, name }: Pick<ExplainedStep, "kind" | "name">): AnyPlugin | undefined {
  return registry.names(kind).includes(name) ? registry.get(kind, name, "") : undefined;
}

/** The options of a step in words, as its plug-in describes them; those of lists and maps too. */
export function optionsOf(registry: Registry, step: ExplainedStep): ExplainedOption[] {
  const shape = pluginOf(registry, step)?.options.shape ?? {};
  return Object.entries(step.options).map(([name, value]) => {
    const schema = shape[name] as { readonly description?: string } | undefined;
    return { path: `${step.path}.${name}`, value, about: schema?.description ?? "" };
  });
}
