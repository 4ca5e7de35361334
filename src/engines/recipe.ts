import { CHECK_STEP, sourceParts, stepParts } from "../core/canonical.ts";
import type { Check } from "../core/check.ts";
import type { Decision } from "../core/decision.ts";
import { digest } from "../core/digest.ts";
import type { Tier } from "../core/episode.ts";
import { asTendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Pipeline } from "../core/pipeline.ts";
import type { AnyPlugin } from "../core/plugin.ts";
import type { Registry } from "../core/registry.ts";
import type { Sink } from "../core/sink.ts";
import type { Source } from "../core/source.ts";
import type { Stage } from "../core/stage.ts";
import { type Contents, chainFingerprint, stepRecipe } from "./fingerprint.ts";

/** A step that was made ready: where it stands in the pipeline, and what decides its output. */
interface Made<T> {
  /** As in errors: `stages[1].align`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly recipe: JsonObject;
  readonly made: T;
}

export type MadeSource = Made<Source> & { readonly source: string; readonly tier: Tier };
export type MadeStage = Made<Stage> & { readonly kind: "stage"; readonly only: Only };
export interface MadeChecks {
  readonly kind: "checks";
  readonly checks: readonly Made<Check>[];
}

interface Only {
  readonly source?: string;
  readonly embodiment?: string;
}

/** A pipeline made ready to run in this thread. */
export interface Recipe {
  readonly pipeline: Pipeline;
  readonly sources: readonly MadeSource[];
  readonly chain: readonly (MadeStage | MadeChecks)[];
  readonly decisions: readonly Made<Decision<Json, unknown>>[];
  readonly sinks: readonly Made<Sink<Json>>[];
}

/** One watcher of the gather pass. Its fingerprint names its receipts. */
export interface WatcherPlan {
  readonly path: string;
  readonly kind: "check" | "decision" | "sink";
  /** Where in the chain it watches: -1 at the source, else the place of its step; the chain's length behind the last stage. */
  readonly at: number;
  /** Its place among the checks of its step, the decisions or the sinks. */
  readonly place: number;
  readonly fingerprint: string;
}

/** Makes every plug-in of a canonical pipeline. */
export async function makeRecipe(pipeline: Pipeline, registry: Registry, contents: Contents): Promise<Recipe> {
  const make = async <T>(
    plugin: AnyPlugin & { create(options: never): T },
    options: JsonObject,
    path: string,
  ): Promise<Made<T>> => {
    const recipe = await stepRecipe(plugin, options, contents);
    try {
      const made = plugin.create(options as never) as T;
      return { path, name: plugin.name, version: plugin.version, recipe, made };
    } catch (thrown) {
      throw asTendonError(thrown, "bad-pipeline", { path });
    }
  };
  const sources: MadeSource[] = [];
  for (const [source, step] of Object.entries(pipeline.sources)) {
    const { name, options } = sourceParts(step);
    const path = `sources.${source}.${name}`;
    sources.push({ ...(await make(registry.get("source", name, path), options, path)), source, tier: step.tier });
  }
  const chain: (MadeStage | MadeChecks)[] = [];
  for (const [index, step] of pipeline.stages.entries()) {
    const { name, options } = stepParts(step);
    const path = `stages[${index}].${name}`;
    if (name === CHECK_STEP) {
      const checks = Object.entries(options).map(([check, own]) =>
        make(registry.get("check", check, path), own as JsonObject, `${path}.${check}`),
      );
      chain.push({ kind: "checks", checks: await Promise.all(checks) });
    } else {
      const only = (options.only ?? {}) as Only;
      chain.push({ kind: "stage", ...(await make(registry.get("stage", name, path), options, path)), only });
    }
  }
  const decisions = pipeline.decisions.map((step, index) => {
    const { name, options } = stepParts(step);
    return make(registry.get("decision", name, ""), options, `decisions[${index}].${name}`);
  });
  const sinks = pipeline.sinks.map((step, index) => {
    const { name, options } = stepParts(step);
    return make(registry.get("sink", name, ""), options, `sinks[${index}].${name}`);
  });
  return { pipeline, sources, chain, decisions: await Promise.all(decisions), sinks: await Promise.all(sinks) };
}

/** Whether a stage applies to such an episode. */
export function applies(only: Only, source: string, schema: EpisodeSchema): boolean {
  return (
    (only.source === undefined || only.source === source) &&
    (only.embodiment === undefined || only.embodiment === schema.embodiment)
  );
}

/** The fingerprint of all that an episode of this source went through before the step at `end`. */
export function chainTo(recipe: Recipe, source: MadeSource, end: number): string {
  const stages = recipe.chain.slice(0, Math.max(0, end)).filter((step) => step.kind === "stage");
  return chainFingerprint([source.recipe, source.tier, ...stages.map((stage) => stage.recipe)]);
}

/** Every watcher of an episode of this source, in the order in which they sit. */
export function watchersOf(recipe: Recipe, source: MadeSource): WatcherPlan[] {
  const end = recipe.chain.length;
  const plans: WatcherPlan[] = [];
  recipe.chain.forEach((step, index) => {
    if (step.kind !== "checks") return;
    step.checks.forEach((check, place) => {
      const at = check.made.at === "source" ? -1 : index;
      plans.push({
        path: check.path,
        kind: "check",
        at,
        place,
        fingerprint: digest([chainTo(recipe, source, at), check.recipe]),
      });
    });
  });
  const whole = chainTo(recipe, source, end);
  recipe.decisions.forEach((decision, place) => {
    if (!decision.made.watch) return;
    const watched = narrowed(decision.recipe, decision.made.watching);
    plans.push({ path: decision.path, kind: "decision", at: end, place, fingerprint: digest([whole, watched]) });
  });
  recipe.sinks.forEach((sink, place) => {
    const written = narrowed(sink.recipe, sink.made.writing);
    plans.push({ path: sink.path, kind: "sink", at: end, place, fingerprint: digest([whole, written]) });
  });
  return plans;
}

function narrowed(recipe: JsonObject, options: Json | undefined): JsonObject {
  return options === undefined ? recipe : { ...recipe, options };
}
