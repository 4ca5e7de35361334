import { TendonError } from "../../core/errors.ts";
import type { FoundEpisode } from "../../core/source.ts";
import { didYouMean } from "../../core/suggest.ts";
import { findEpisode } from "../../engines/findEpisode.ts";
import type { MadeSource, Recipe } from "../../engines/recipe.ts";
import type { WorkerRun } from "../../engines/workerRun.ts";

const NAMES_MAX = 1000;

/** How many steps of the chain stand up to the one that is meant, and its path. */
export function stepsUpTo(
  { chain }: Recipe,
  wanted: string | undefined,
  source: MadeSource,
): { readonly steps: number; readonly path: string } {
  const steps = chain.map((step, index) => ({
    steps: index + 1,
    name: step.kind === "checks" ? "check" : step.name,
    path: step.kind === "checks" ? `stages[${index}].check` : step.path,
  }));
  if (wanted === undefined) return steps.at(-1) ?? { steps: 0, path: source.path };
  if (wanted === "source") return { steps: 0, path: source.path };
  const fitting = steps.filter(({ steps: end, name, path }) => wanted === name || wanted === path || wanted === String(end - 1));
  if (fitting.length === 1) return fitting[0]!;
  const place = { path: "--after" };
  const list = ["source", ...steps.map(({ name }, index) => `${index} ${name}`)].join(", ");
  if (fitting.length > 1)
    throw new TendonError("bad-pipeline", `"${wanted}" stands there ${fitting.length} times; give its number (${list})`, {
      place,
    });
  const near = didYouMean(wanted, ["source", ...steps.map(({ name }) => name)]);
  throw new TendonError("bad-pipeline", `there is no stage "${wanted}"${near} (there are: ${list})`, { place });
}

/** An episode by its number in the order of the sources, or by its id, with or without the source's name. */
export async function chooseEpisode(
  run: WorkerRun,
  wanted: string,
): Promise<{ readonly source: MadeSource; readonly found: FoundEpisode }> {
  const numbered = /^\d+$/.test(wanted) ? await byNumber(run, Number(wanted)) : undefined;
  if (numbered) return numbered;
  for (const source of run.recipe.sources) {
    const own = wanted.startsWith(`${source.source}/`) ? wanted.slice(source.source.length + 1) : wanted;
    for (const id of [own, `${own}.mcap`]) {
      const found = source.made.find ? await findEpisode(source.made, id, contextOf(run, source)) : undefined;
      if (found) return { source, found };
    }
  }
  for (const source of run.recipe.sources.filter(({ made }) => !made.find)) {
    const found = await findEpisode(source.made, wanted.replace(`${source.source}/`, ""), contextOf(run, source));
    if (found) return { source, found };
  }
  throw await unknown(run, wanted);
}

async function byNumber(run: WorkerRun, number: number) {
  let before = 0;
  for (const source of run.recipe.sources) {
    const context = contextOf(run, source);
    for await (const partition of source.made.plan(context)) {
      if ("bad" in partition) continue;
      if (partition.episodes !== undefined && number >= before + partition.episodes) {
        before += partition.episodes;
        continue;
      }
      for await (const episode of source.made.open(partition, context)) {
        if (before++ !== number) continue;
        if ("bad" in episode) throw episode.error;
        const found = await findEpisode(source.made, episode.id, context);
        if (found) return { source, found };
      }
    }
  }
  throw new TendonError("not-found", `there is no episode ${number}; there are ${before}, numbered from 0`, {
    place: { path: "--episode" },
  });
}

async function unknown(run: WorkerRun, wanted: string): Promise<TendonError> {
  const names: string[] = [];
  for (const source of run.recipe.sources) {
    for await (const partition of source.made.plan(contextOf(run, source))) {
      if (names.length >= NAMES_MAX) break;
      names.push(`${source.source}/${"bad" in partition ? partition.id : partition.key}`);
    }
  }
  const near = didYouMean(wanted, [...names, ...names.map((name) => name.split("/").at(-1)!)]);
  const some = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
  return new TendonError("not-found", `there is no episode "${wanted}"${near} (there are: ${some || "none"})`, {
    place: { path: "--episode" },
  });
}

function contextOf(run: WorkerRun, source: MadeSource) {
  return run.context(source.path, "look", { drop: () => undefined, find: () => undefined });
}
