import type { EpisodeSchema } from "../core/feature.ts";
import type { MadeOf } from "../core/stage.ts";
import { applies, type MadeSource, type MadeStage, type Recipe } from "./recipe.ts";

/** What an output stream is made of, back at the source. */
export interface Trace {
  /** One for the whole stream, or one for each of its columns in order. */
  readonly inputs: readonly MadeOf[];
  /** The stages that it went through under which name, first to last. */
  readonly through: readonly { readonly path: string; readonly stream: string }[];
}

/** Walks a stream of the output back through the stages. `input` is the schema that the source gave. */
export function traceBack(recipe: Recipe, source: MadeSource, input: EpisodeSchema, stream: string): Trace {
  const steps: { stage: MadeStage; schema: EpisodeSchema }[] = [];
  let schema = input;
  for (const step of recipe.chain) {
    if (step.kind !== "stage" || !applies(step.only, source.source, schema)) continue;
    steps.push({ stage: step, schema });
    schema = step.made.schema(schema);
  }
  let inputs: readonly MadeOf[] = [{ stream }];
  const through: { path: string; stream: string }[] = [];
  for (const { stage, schema: before } of steps.toReversed()) {
    through.unshift({ path: stage.path, stream: names(inputs) });
    if (stage.made.madeOf) inputs = inputs.flatMap((one) => made(stage, one, before));
  }
  return { inputs, through };
}

/** Made of a vector's columns, a column is what that column is made of; a whole stream is all that it is made of. */
function made({ made: stage }: MadeStage, { stream, column }: MadeOf, before: EpisodeSchema): readonly MadeOf[] {
  const parts = stage.madeOf!(stream, before);
  if (column === undefined) return parts;
  const only = parts.length === 1 && parts[0]!.column === undefined;
  return [only ? { stream: parts[0]!.stream, column } : parts[column]!];
}

function names(inputs: readonly MadeOf[]): string {
  return [...new Set(inputs.map(({ stream }) => stream))].join(", ");
}
