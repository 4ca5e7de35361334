import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Drop } from "../../core/report.ts";
import { openViews } from "../../dataset/views.ts";
import type { FoundSnapshot } from "./find.ts";
import type { SnapshotFacts, SourceFacts, StepFacts, VersionFacts, ViewFacts } from "./model.ts";

/** A step as the snapshot's manifest keeps it: `stages[…].recipe` of the engine. */
interface StepRecipe {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly options: Json;
  readonly module?: string;
}

interface Steps {
  readonly seed: number;
  readonly sources: readonly { readonly name: string; readonly tier: string; readonly recipe: StepRecipe }[];
  readonly stages: readonly (StepRecipe | readonly StepRecipe[])[];
  readonly decisions: readonly StepRecipe[];
  readonly sinks: readonly StepRecipe[];
}

/** The line of versions that a snapshot stands in, and the digests that it is made of. */
export async function lineOf({ home, snapshots, id }: FoundSnapshot, manifest: JsonObject): Promise<SnapshotFacts> {
  const versions: VersionFacts[] = [];
  for (const { n, id: version } of await snapshots.versions()) {
    versions.push({
      n,
      id: version,
      at: await madeAt({ home, snapshots, id: version }),
      episodes: await countOf(snapshots, version),
    });
  }
  const own = versions.find((version) => version.id === id);
  return {
    id,
    n: own?.n ?? null,
    parent: typeof manifest.parent === "string" ? manifest.parent : null,
    at: own?.at ?? null,
    recipe: typeof manifest.recipe === "string" ? manifest.recipe : "",
    seed: stepsIn(manifest)?.seed ?? null,
    versions,
  };
}

async function countOf(snapshots: FoundSnapshot["snapshots"], id: string): Promise<number | null> {
  let episodes = 0;
  try {
    for await (const _ of snapshots.list(id, "episodes")) episodes++;
  } catch {
    return null;
  }
  return episodes;
}

async function madeAt(found: FoundSnapshot): Promise<string | null> {
  const note = await noteOf(found);
  return typeof note?.at === "string" ? note.at : null;
}

/** What was noted when it was committed: the time, and the pipeline with its locations. */
export async function noteOf({ snapshots, id }: FoundSnapshot): Promise<JsonObject | undefined> {
  try {
    for await (const note of snapshots.notes(id)) return note as JsonObject;
  } catch {
    // A history that is gone or damaged takes nothing from the snapshot.
  }
  return undefined;
}

function stepsIn(manifest: JsonObject): Steps | undefined {
  return manifest.steps as unknown as Steps | undefined;
}

/** Every step after the sources, in the order in which they ran. Undefined for snapshots that do not keep them. */
export function stepsOf(
  manifest: JsonObject,
  said: { readonly drops: readonly Drop[]; readonly found: ReadonlyMap<string, number> },
) {
  const steps = stepsIn(manifest);
  if (!steps) return undefined;
  const facts: StepFacts[] = [];
  for (const [index, stage] of steps.stages.entries()) {
    if (isList(stage)) facts.push(...stage.map((check) => ({ ...step(check), found: said.found.get(check.name) ?? 0 })));
    else facts.push({ ...step(stage), dropped: droppedBy(said.drops, `stages[${index}]`) });
  }
  for (const [index, decision] of steps.decisions.entries()) {
    facts.push({ ...step(decision), dropped: droppedBy(said.drops, `decisions[${index}]`) });
  }
  facts.push(...steps.sinks.map(step));
  return facts;
}

function isList(stage: Steps["stages"][number]): stage is readonly StepRecipe[] {
  return Array.isArray(stage);
}

function step({ kind, name, version, options, module }: StepRecipe): StepFacts {
  return { kind: kind as StepFacts["kind"], name, version, options, ...(module !== undefined && { module }) };
}

function droppedBy(drops: readonly Drop[], path: string): number {
  return drops.filter(({ by }) => by === path || by.startsWith(`${path}.`)).length;
}

/** The sources by name, with where they were read, and whether that is still there. */
export async function sourcesOf(
  manifest: JsonObject,
  note: JsonObject | undefined,
  counts: (source: string) => { readonly kept: number; readonly dropped: number },
  named: readonly string[],
): Promise<SourceFacts[]> {
  const pipeline = note?.pipeline as { sources?: { [name: string]: JsonObject } } | undefined;
  const steps = stepsIn(manifest)?.sources ?? named.map((name) => ({ name, tier: "", recipe: unknownRecipe }));
  const facts: SourceFacts[] = [];
  for (const { name, tier, recipe } of steps) {
    const options = pipeline?.sources?.[name]?.[recipe.name] as JsonObject | undefined;
    const path = typeof options?.path === "string" ? options.path : undefined;
    facts.push({
      name,
      tier,
      plugin: recipe.name,
      version: recipe.version,
      ...(path !== undefined && { path }),
      there: path === undefined ? "unknown" : (await isThere(path)) ? "here" : "gone",
      options: recipe.options,
      ...counts(name),
    });
  }
  return facts;
}

const unknownRecipe: StepRecipe = { kind: "source", name: "", version: "", options: {} };

/** A pattern such as `recordings/*.mcap` is there as long as its folder is. */
async function isThere(path: string): Promise<boolean> {
  const fixed = path.replace(/[^/\\]*[*?{[].*$/, "");
  return (await stat(fixed === "" ? "." : fixed).catch(() => undefined)) !== undefined;
}

/** The folders that trainers open, and whether they still stand. */
export async function viewsOf({ home, id }: FoundSnapshot, manifest: JsonObject): Promise<ViewFacts[]> {
  const views = openViews(home);
  const listed = (manifest.views ?? []) as unknown as { sink: string; version: string; embodiment: string; rows: number }[];
  const files = (manifest.files ?? {}) as unknown as { [view: string]: { bytes: number }[] };
  const facts: ViewFacts[] = [];
  for (const { sink, version, embodiment, rows } of listed) {
    const own = files[`${sink}/${embodiment}`] ?? [];
    const path = join(views.pathOf({ snapshot: id, sink }), embodiment);
    facts.push({
      sink,
      version,
      embodiment,
      rows,
      files: own.length,
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
      path: relative(home.path, path),
      there: (await stat(path).catch(() => undefined)) ? "here" : "gone",
    });
  }
  return facts;
}
