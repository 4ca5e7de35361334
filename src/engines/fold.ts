import { asTendonError, TendonError } from "../core/errors.ts";
import type { EpisodeSchema } from "../core/feature.ts";
import { applies, type MadeSource, type Recipe } from "./recipe.ts";

/** A schema after each step of the chain. */
export interface FoldedSchema {
  readonly source: string;
  readonly input: EpisodeSchema;
  readonly after: readonly { readonly path: string; readonly schema: EpisodeSchema }[];
  readonly output: EpisodeSchema;
}

/** Folds one schema through the stages and asks every sink whether it can make a view of the result. Errors have the path of the step. */
export function foldSchema(recipe: Recipe, source: MadeSource, input: EpisodeSchema): FoldedSchema {
  const after: { path: string; schema: EpisodeSchema }[] = [];
  let schema = input;
  for (const step of recipe.chain) {
    if (step.kind !== "stage" || !applies(step.only, source.source, schema)) continue;
    schema = at(step.path, () => step.made.schema(schema));
    after.push({ path: step.path, schema });
  }
  for (const sink of recipe.sinks) at(sink.path, () => sink.made.wants(schema));
  return { source: source.source, input, after, output: schema };
}

/** A plug-in names its own option (`align.rateHz`); the step's place in the pipeline goes in front. */
function at<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const error = asTendonError(thrown, "bad-pipeline");
    const own = error.place.path?.replace(/^[^.]*\.?/, "");
    throw new TendonError(error.code, error.message, {
      place: { ...error.place, path: own ? `${path}.${own}` : path },
      cause: error.cause,
    });
  }
}
