import type { SamplePlace } from "../../core/source.ts";
import type { MadeOf } from "../../core/stage.ts";
import { type Trace, traceBack } from "../../engines/trace.ts";
import type { RowFeature } from "./row.ts";
import type { Reopened } from "./source.ts";
import type { ExplainedFeature, ExplainedInput } from "./types.ts";

/** Adds to each feature of a row what it is made of, and where that stands in the recording. */
export async function withOrigins(
  features: readonly RowFeature[],
  { run, source, found }: Reopened,
): Promise<{ readonly features: ExplainedFeature[]; readonly notes: readonly string[] }> {
  const notes: string[] = [];
  const explained: ExplainedFeature[] = [];
  for (const { timeNs: _, ...feature } of features) {
    let trace: Trace = { inputs: [], through: [] };
    try {
      if (run && source && found) trace = traceBack(run.recipe, source, found.episode.schema, feature.stream);
    } catch (thrown) {
      notes.push(`${feature.stream}: what it is made of cannot be told: ${(thrown as Error).message}`);
    }
    const inputs = inputsOf(trace.inputs, Object.keys(found?.episode.schema.features ?? {}));
    const located: ExplainedInput[] = [];
    for (const input of inputs) located.push({ ...input, places: await placesOf(feature, input.stream, found) });
    explained.push({ ...feature, through: trace.through, inputs: located });
  }
  return { features: explained, notes };
}

/** By stream, with the columns where each was taken by itself. */
function inputsOf(made: readonly MadeOf[], known: readonly string[]): Omit<ExplainedInput, "places">[] {
  const streams = new Map<string, { column: number; becomes: number }[]>();
  made.forEach(({ stream, column }, becomes) => {
    if (!known.includes(stream)) return;
    const columns = streams.get(stream) ?? [];
    if (column !== undefined) columns.push({ column, becomes });
    streams.set(stream, columns);
  });
  return [...streams].map(([stream, columns]) => ({ stream, ...(columns.length > 0 && { columns }) }));
}

async function placesOf(
  feature: Omit<RowFeature, "timeNs">,
  stream: string,
  found: Reopened["found"],
): Promise<readonly SamplePlace[]> {
  if (!found?.locate || !feature.from) return [];
  const [first, last] = [BigInt(feature.from.firstNs), BigInt(feature.from.lastNs)];
  return found.locate([{ stream, first, last }]);
}
