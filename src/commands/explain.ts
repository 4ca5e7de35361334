import { TendonError } from "../core/errors.ts";
import type { Part } from "../core/part.ts";
import { partReader } from "../dataset/partReader.ts";
import type { Output } from "../engines/outcome.ts";
import { builtIns } from "../plugins.ts";
import { episodeNames, type History, type Left, leftOf, openHistory, type Remembered, remember } from "./explain/history.ts";
import { type Asked, findName, parseAsked } from "./explain/names.ts";
import { withOrigins } from "./explain/origins.ts";
import { findPlace, type Place } from "./explain/place.ts";
import { explainDrop, explainFailure } from "./explain/removed.ts";
import { readRow } from "./explain/row.ts";
import { type Reopened, reopen } from "./explain/source.ts";
import { stepsFor } from "./explain/steps.ts";
import type { ExplainedRow, ExplainedView, Explanation } from "./explain/types.ts";
import { episodeAt, numbersIn, placesInView, viewsOf } from "./explain/views.ts";

export interface ExplainOptions {
  /** A dataset of Tendon's, or a view in it. Absent: the nearest below the working folder. */
  readonly home?: string;
  /** `lerobot`, or `lerobot/g1`: whose numbers are meant where an episode is told by its number. */
  readonly view?: string;
  /** A snapshot's id, or its beginning. Absent: the newest, or that of the view which `home` names. */
  readonly snapshot?: string;
  readonly signal?: AbortSignal;
}

/**
 * Tells where an episode, or one row of it (`EPISODE:ROW`), came from: each value back through the
 * stages and input times to file and message; or, for what is not in the dataset, what removed it, on
 * what evidence and with which thresholds. EPISODE is an id, the end of one, or a number in a view.
 */
export async function explain(what: string, options: ExplainOptions = {}): Promise<Explanation> {
  const asked = parseAsked(what);
  const place = await findPlace(options.home);
  const history = await openHistory(place.home, options.snapshot ?? place.view?.snapshot);
  const episode = await nameOf(asked, history, place, options);
  const remembered = await remember(history, episode);
  const left = await leftOf(history, episode, Object.values(remembered.line?.parts ?? {}));
  const sourceName = remembered.line?.source ?? episode.split("/")[0]!;
  const sourceId = (left.outcome?.id ?? episode).slice(sourceName.length + 1);
  await using reopened = await reopen(history, { source: sourceName, episode: sourceId }, options.signal);
  const views = await Promise.all((await viewsOf(history)).map((view) => numbersIn(view, episode)));
  const standing = views.filter(({ numbers }) => numbers.length > 0);
  const output = left.outcome?.outputs.find(({ id }) => id === episode);
  const notes: string[] = [];
  const row =
    asked.row === undefined
      ? undefined
      : await explainRow({ asked: asked.row, remembered, left, output, views: standing, reopened, history, notes });
  return {
    ...whole({ history, episode, remembered, output, left, reopened, sourceName }),
    views: standing,
    ...(row && { row }),
    notes,
  };
}

async function nameOf(asked: Asked, history: History, place: Place, options: ExplainOptions): Promise<string> {
  const [sink, embodiment] = options.view?.split("/") ?? [place.view?.sink, place.view?.embodiment];
  if (/^\d+$/.test(asked.episode)) {
    const wanted = { ...(sink !== undefined && { sink }), ...(embodiment !== undefined && { embodiment }) };
    return episodeAt(await viewsOf(history), Number(asked.episode), wanted);
  }
  const names: string[] = [];
  for await (const name of episodeNames(history)) names.push(name);
  return findName(asked.episode, names, { file: history.home.path });
}

interface WholeGiven {
  readonly history: History;
  readonly episode: string;
  readonly remembered: Remembered;
  readonly output: Output | undefined;
  readonly left: Left;
  readonly reopened: Reopened;
  readonly sourceName: string;
}

function whole(given: WholeGiven): Omit<Explanation, "views" | "row" | "notes"> {
  const { history, episode, remembered, output, left, reopened, sourceName } = given;
  const { line, findings, drops, failures } = remembered;
  const registry = reopened.run?.registry ?? builtIns;
  const steps = stepsFor(history, registry, sourceName);
  const failure = failures[0] ?? left.outcome?.failure;
  const plugin = steps.find(({ kind }) => kind === "source")?.name;
  const origin = line?.origin ?? output?.facts.origin ?? reopened.found?.episode.facts.origin;
  const about = output && {
    embodiment: output.schema.embodiment,
    rows: output.rows,
    copies: line?.copies ?? 0,
    clock: output.clock,
    startNs: output.startNs,
    endNs: output.endNs,
    facts: { ...output.facts, ...line?.facts },
  };
  return {
    home: history.home.path,
    snapshot: history.snapshot,
    episode,
    status: line ? "kept" : failure ? "failed" : "dropped",
    ...(about && { about }),
    source: {
      name: sourceName,
      ...(plugin !== undefined && { plugin }),
      ...(origin && { origin }),
      there: reopened.found !== undefined,
      ...(reopened.gone !== undefined && { gone: reopened.gone }),
    },
    steps,
    findings,
    drops: drops.map((drop) => explainDrop(drop, { registry, steps, findings })),
    ...(failure && !line && { failure: explainFailure(failure) }),
  };
}

interface RowGiven {
  readonly asked: number;
  readonly remembered: Remembered;
  readonly left: Left;
  readonly output: Output | undefined;
  readonly views: readonly ExplainedView[];
  readonly reopened: Reopened;
  readonly history: History;
  readonly notes: string[];
}

async function explainRow(given: RowGiven): Promise<ExplainedRow | undefined> {
  const { asked, remembered, left, output, views, reopened, history, notes } = given;
  if (!remembered.line) {
    notes.push("the episode is not in the dataset, so it has no rows there");
    return undefined;
  }
  const { rows, episode, parts } = remembered.line;
  if (asked >= rows) {
    const cut = remembered.drops.filter(({ row }) => row !== undefined);
    const why = cut.length === 0 ? "" : ` (left out: ${cut.map(({ reason, by }) => `${reason}, by ${by}`).join("; ")})`;
    throw new TendonError("not-found", `has no row ${asked}: it has ${rows}, numbered from 0${why}`, { place: { episode } });
  }
  const part = partOf(parts, left, views);
  if (!part || !output) {
    notes.push("the receipts of this episode are gone, so its parked rows cannot be found; run the pipeline again");
    return undefined;
  }
  const read = await readRow(partReader(history.home), part, asked, output.schema.features);
  const { features, notes: untold } = await withOrigins(read, reopened);
  notes.push(...untold);
  const places = [];
  for (const { sink, path, numbers } of views) {
    for (const number of numbers) places.push({ sink, number, places: await placesInView(path, number, asked) });
  }
  return { row: asked, timeNs: read[0]?.timeNs ?? "0", clock: output.clock, features, views: places };
}

/** The part of the first view that has it; sinks park the same rows. */
function partOf(parts: { readonly [sink: string]: string }, left: Left, views: readonly ExplainedView[]): Part | undefined {
  for (const sink of [...views.map((view) => view.sink), ...Object.keys(parts)]) {
    const part = left.parts.get(parts[sink] ?? "");
    if (part) return part;
  }
  return undefined;
}
