import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Codecs } from "../core/codecs.ts";
import type { BaseContext, Context, SourceContext } from "../core/context.ts";
import { TendonError } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import type { Pipeline } from "../core/pipeline.ts";
import type { Registry } from "../core/registry.ts";
import { type Home, openHome } from "../dataset/home.ts";
import { openReceipts, type Receipts } from "../dataset/receipts.ts";
import type { Said } from "./gather.ts";
import type { BeginArguments, RunHome } from "./protocol.ts";
import { type MadeSource, makeRecipe, type Recipe } from "./recipe.ts";
import { loadModules } from "./useModules.ts";

/** What the worker's entry hands to the engine, which knows no format and no plug-in. */
export interface WorkerKit {
  readonly registry: Registry;
  openCodecs(): Promise<Codecs>;
}

/** What a worker keeps while one run lasts. */
export interface WorkerRun extends AsyncDisposable {
  readonly id: string;
  readonly worker: number;
  readonly base: string;
  readonly recipe: Recipe;
  readonly registry: Registry;
  readonly codecs: Codecs;
  readonly signal: AbortSignal;
  /** From now on the run may write. */
  enterHome(home: RunHome): Promise<void>;
  /** `scratch` is a folder of this run on the home's disk. Throws where the run has no home (yet). */
  stores(): Stores;
  context(step: string, episode: string, said: Said): Context;
  /** For a source as a whole. */
  sourceContext(source: Pick<MadeSource, "path" | "source">, find: (finding: Finding) => void): SourceContext;
  /** For what comes behind the gather pass. */
  baseContext(step: string): BaseContext;
}

interface Stores {
  readonly home: Home;
  readonly receipts: Receipts;
  readonly scratch: string;
}

type Log = Context["log"];

/** Rebuilds the pipeline in this worker, and opens the dataset's home where there is one yet. */
export async function beginRun(
  kit: WorkerKit,
  given: BeginArguments,
  held: Map<string, Promise<object>>,
  signal: AbortSignal,
  log: Log,
): Promise<WorkerRun> {
  const modules = await loadModules(given.pipeline.use, given.base, kit.registry);
  const pipeline = resolvePaths(given.pipeline, modules.registry, given.base);
  const recipe = await makeRecipe(pipeline, modules.registry, { file: fileDigest, module: (plugin) => modules.digestOf(plugin) });
  let stores: Stores | undefined;
  let looking: string | undefined;
  let scratch: string | undefined;
  const enterHome = async ({ path, scratch }: RunHome) => {
    const home = await openHome(path);
    stores = { home, scratch, receipts: await openReceipts(home, `${given.run}-${given.worker}`) };
  };
  if (given.home) await enterHome(given.home);
  const seed = BigInt(pipeline.seed);
  const base = (step: string, episode: string): BaseContext => ({
    signal,
    seed: derivedSeed(seed, episode, step),
    log,
    get scratch() {
      if (!stores) {
        looking ??= mkdtempSync(join(tmpdir(), "tendon-look-"));
        return looking;
      }
      scratch ??= madeFolder(join(stores.scratch, `worker-${given.worker}`));
      return scratch;
    },
    hold: <T extends object>(key: string, open: () => Promise<T>) => hold(held, key, open),
  });
  return {
    id: given.run,
    worker: given.worker,
    base: given.base,
    recipe,
    registry: modules.registry,
    codecs: lazyCodecs(kit),
    signal,
    enterHome,
    stores() {
      if (!stores) throw new TendonError("internal", "a plan has no home");
      return stores;
    },
    context: (step, episode, said) =>
      Object.assign(base(step, episode), {
        find: (finding: Finding) => said.find(finding),
        drop: (({ episode: of, row }, reason, score) => {
          said.drop({ episode: of, reason, ...(row !== undefined && { row }), ...(score !== undefined && { score }) });
        }) satisfies Context["drop"],
      }),
    sourceContext: ({ path, source }, find) => Object.assign(base(path, source), { find }),
    baseContext: (step) => base(step, step),
    async [Symbol.asyncDispose]() {
      await stores?.receipts[Symbol.asyncDispose]();
      if (looking !== undefined) await rm(looking, { recursive: true, force: true });
    },
  };
}

/** Once a run: whoever copies a context asks for it. */
function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

function hold<T extends object>(held: Map<string, Promise<object>>, key: string, open: () => Promise<T>): Promise<T> {
  const found = held.get(key);
  if (found) return found as Promise<T>;
  const opening = open();
  held.set(key, opening);
  opening.catch(() => held.delete(key));
  return opening;
}

/** Nothing is loaded, and nothing asked for, until a picture is wanted. */
function lazyCodecs(kit: WorkerKit): Codecs {
  let opening: Promise<Codecs> | undefined;
  const open = () => {
    opening ??= kit.openCodecs();
    return opening;
  };
  return {
    decoder: async (config, wants) => (await open()).decoder(config, wants),
    encoder: async (encoding, size, rateHz) => (await open()).encoder(encoding, size, rateHz),
  };
}

/** The first 8 bytes of SHA-256, so that a seed depends on the run's seed, the episode and the step alone. */
function derivedSeed(seed: bigint, episode: string, step: string): bigint {
  return createHash("sha256").update(`${seed}\n${episode}\n${step}`).digest().readBigUInt64LE(0);
}

async function fileDigest(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new TendonError("bad-pipeline", "cannot be read; check the path in the pipeline", { place: { file: path }, cause });
  });
  return createHash("sha256").update(bytes).digest("hex");
}

/** Paths in a pipeline start at the pipeline file: a source's `path`, and every option that is an input file. */
function resolvePaths(pipeline: Pipeline, registry: Registry, base: string): Pipeline {
  const at = (path: unknown): unknown => {
    if (Array.isArray(path)) return path.map(at);
    return typeof path === "string" && !/^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? resolve(base, path) : path;
  };
  const sources = Object.fromEntries(
    Object.entries(pipeline.sources).map(([name, source]) => {
      const resolved = Object.entries(source).map(([plugin, options]) => {
        if (plugin === "tier" || options === null || typeof options !== "object" || !("path" in options))
          return [plugin, options];
        return [plugin, { ...options, path: at(options.path) }];
      });
      return [name, Object.fromEntries(resolved)];
    }),
  ) as Pipeline["sources"];
  const stages = pipeline.stages.map((step) =>
    Object.fromEntries(
      Object.entries(step).map(([name, options]) => {
        const shape = registry.names("stage").includes(name) ? registry.get("stage", name, "").options.shape : {};
        const files = Object.entries(options).map(([key, value]) => [
          key,
          shape[key]?.meta?.()?.fingerprint === "content" ? at(value) : value,
        ]);
        return [name, Object.fromEntries(files)];
      }),
    ),
  );
  return { ...pipeline, sources, stages };
}
