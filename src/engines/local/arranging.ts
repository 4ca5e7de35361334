import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import { digest } from "../../core/digest.ts";
import { TendonError } from "../../core/errors.ts";
import type { RunEvent } from "../../core/event.ts";
import type { Finding } from "../../core/finding.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { View } from "../../core/report.ts";
import type { FilePlan } from "../../core/sink.ts";
import type { Home } from "../../dataset/home.ts";
import { openSnapshots } from "../../dataset/snapshots.ts";
import { openViews } from "../../dataset/views.ts";
import { readList } from "../lists.ts";
import type { DecidedView, DecideReply, FinishReply, LayoutReply } from "../protocol.ts";
import type { Crew } from "./crew.ts";

const REF = "main";

export interface ArrangingGiven {
  readonly crew: Crew;
  readonly home: Home;
  readonly signal: AbortSignal;
  /** What sources saw of their datasets as a whole. */
  readonly sourceFindings: readonly Finding[];
  readonly emit: (event: RunEvent) => void;
  /** Decides anew against a parent snapshot. */
  readonly decide: (parent: string | null) => Promise<DecideReply>;
}

/** What the second and third acts came to. */
export interface Arranged {
  readonly decided: DecideReply;
  readonly snapshot: string | null;
  readonly views: readonly View[];
  readonly built: number;
  readonly reused: number;
}

interface LaidView {
  readonly view: DecidedView;
  readonly layout: LayoutReply;
}

/**
 * Decides, lays out, builds, commits and publishes. Where another run commits first, its snapshot
 * becomes the parent and everything light is done again; no part and no built file is lost.
 */
export async function arrangeAll(given: ArrangingGiven): Promise<Arranged> {
  const snapshots = openSnapshots(given.home);
  for (let attempt = 0; attempt < 10; attempt++) {
    const head = await snapshots.head(REF);
    const current = head ? await parentOf(snapshots, head.id) : undefined;
    // The same recipe over the head's own parent is the head itself: nothing is new.
    const parents = head === null ? [null] : current === undefined ? [head.id] : [current, head.id];
    for (const parent of parents) {
      given.emit({ type: "act", act: "decide" });
      const decided = await given.decide(parent);
      if (decided.kept === 0) return { decided, snapshot: null, views: [], built: 0, reused: 0 };
      given.emit({ type: "act", act: "arrange" });
      const laid = await layAll(given, decided);
      const id = snapshotId(parent, decided, laid);
      const isHead = id === head?.id;
      if (!isHead && parent !== (head?.id ?? null)) continue;
      const made = await makeViews(given, id, laid);
      if (!isHead && !(await commit(given, { id, parent, n: (head?.n ?? 0) + 1, decided, made }))) break;
      given.emit({ type: "committed", snapshot: id, fresh: !isHead });
      return { decided, snapshot: id, views: await publish(given, id, made), built: made.built, reused: made.reused };
    }
  }
  throw new TendonError("plugin-failed", "ten other runs committed to this dataset in the meantime; run again", {
    place: { file: given.home.path },
  });
}

async function parentOf(snapshots: ReturnType<typeof openSnapshots>, id: string): Promise<string | null | undefined> {
  const manifest = await snapshots.manifest(id);
  const parent = manifest.parent;
  return typeof parent === "string" || parent === null ? parent : undefined;
}

function snapshotId(parent: string | null, decided: DecideReply, laid: readonly LaidView[]): string {
  const layout = laid.map(({ view, layout: { digest: files } }) => ({ sink: view.name, embodiment: view.embodiment, files }));
  return digest({ parent, recipe: decided.recipe, episodes: decided.episodesDigest, layout });
}

async function layAll(given: ArrangingGiven, decided: DecideReply): Promise<LaidView[]> {
  const laid: LaidView[] = [];
  for (const view of decided.views) {
    laid.push({ view, layout: await given.crew.ask(0, "layout", { view }) });
  }
  return laid;
}

interface MadeViews {
  /** By sink: a staging folder, or undefined where the view stands already. */
  readonly staged: ReadonlyMap<string, string | undefined>;
  readonly laid: readonly LaidView[];
  readonly files: { readonly [view: string]: FinishReply["files"] };
  readonly built: number;
  readonly reused: number;
}

async function makeViews(given: ArrangingGiven, id: string, laid: readonly LaidView[]): Promise<MadeViews> {
  const views = openViews(given.home);
  const staged = new Map<string, string | undefined>();
  for (const { view } of laid) {
    if (staged.has(view.name)) continue;
    staged.set(view.name, (await views.has({ snapshot: id, sink: view.name })) ? undefined : given.home.temporary());
  }
  const needed = laid.filter(({ view }) => staged.get(view.name) !== undefined);
  const total = laid.reduce((sum, { layout }) => sum + layout.files.length, 0);
  const built = await buildAll(given, needed, total);
  const files: Record<string, FinishReply["files"]> = {};
  for (const { view, layout } of needed) {
    const folder = join(staged.get(view.name)!, view.embodiment);
    await mkdir(folder, { recursive: true });
    const finished = await given.crew.ask(0, "finish", { view, plans: layout.plans, folder });
    files[`${view.name}/${view.embodiment}`] = finished.files;
  }
  for (const [sink, folder] of staged) if (folder !== undefined) await writeMixture(folder, sink, laid);
  return { staged, laid, files, built, reused: total - built };
}

/** Builds what is missing, one file at a time on each worker. */
async function buildAll(given: ArrangingGiven, needed: readonly LaidView[], total: number): Promise<number> {
  const queue = missingFiles(needed);
  let built = 0;
  const work = async (worker: number) => {
    for (;;) {
      given.signal.throwIfAborted();
      const next = await queue.next();
      if (next.done) return;
      await given.crew.ask(worker, "build", next.value);
      built++;
      given.emit({ type: "progress", act: "arrange", done: built, total, whole: true, rows: 0, frames: 0, bytes: 0 });
    }
  };
  await Promise.all(Array.from({ length: given.crew.pool.workers }, (_, worker) => work(worker)));
  return built;
}

async function* missingFiles(needed: readonly LaidView[]): AsyncGenerator<{ view: DecidedView; plan: FilePlan }> {
  const queued = new Set<string>();
  for (const { view, layout } of needed) {
    let index = 0;
    for await (const plan of readList<FilePlan>(layout.plans)) {
      const file = layout.files[index++]!;
      if (file.built || queued.has(file.key)) continue;
      queued.add(file.key);
      yield { view, plan };
    }
  }
}

/** What a trainer that mixes embodiments reads: where each is, its tag, and its share of the rows. */
async function writeMixture(folder: string, sink: string, laid: readonly LaidView[]): Promise<void> {
  const own = laid.filter(({ view }) => view.name === sink);
  const rows = own.reduce((sum, { view }) => sum + view.rows, 0);
  const datasets = own.map(({ view }) => ({
    path: view.embodiment,
    tag: view.embodiment,
    weight: rows === 0 ? 0 : view.rows / rows,
    rows: view.rows,
  }));
  await writeFile(join(folder, "mixture.json"), `${JSON.stringify({ datasets }, null, 2)}\n`);
}

interface Commit {
  readonly id: string;
  readonly parent: string | null;
  readonly n: number;
  readonly decided: DecideReply;
  readonly made: MadeViews;
}

async function commit({ home, sourceFindings }: ArrangingGiven, { id, parent, n, decided, made }: Commit): Promise<boolean> {
  const snapshots = openSnapshots(home);
  const views = made.laid.map(({ view, layout }) => ({
    sink: view.name,
    version: view.version,
    embodiment: view.embodiment,
    rows: view.rows,
    layout: layout.digest,
  }));
  const manifest = {
    parent,
    recipe: decided.recipe,
    steps: decided.steps,
    episodes: decided.episodesDigest,
    views,
    files: made.files,
  } as unknown as JsonObject;
  await snapshots.write(id, {
    manifest,
    lists: {
      episodes: readList(decided.episodes),
      drops: readList(decided.drops),
      findings: allFindings(sourceFindings, decided),
    },
  });
  const won = await snapshots.commit(REF, n, id);
  if (won)
    await snapshots.note(id, {
      at: new Date().toISOString(),
      host: hostname(),
      cores: availableParallelism(),
      pipeline: decided.pipeline,
    });
  return won;
}

/** Those of whole datasets first, then those of episodes. */
export async function* allFindings(
  sourceFindings: readonly Finding[],
  { findings }: DecideReply,
): AsyncGenerator<Finding & Json> {
  yield* sourceFindings as readonly (Finding & Json)[];
  yield* readList<Finding & Json>(findings);
}

async function publish(given: ArrangingGiven, id: string, made: MadeViews): Promise<View[]> {
  const views = openViews(given.home);
  const paths = new Map<string, string>();
  for (const [sink, folder] of made.staged) {
    const name = { snapshot: id, sink };
    paths.set(sink, folder === undefined ? await views.point(name) : await views.publish(name, folder));
  }
  return made.laid.map(({ view }) => {
    const made: View = {
      sink: view.name,
      version: view.version,
      embodiment: view.embodiment,
      path: join(paths.get(view.name)!, view.embodiment),
    };
    given.emit({ type: "view", view: made });
    return made;
  });
}
